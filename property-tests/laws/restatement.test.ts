import fc from "fast-check";
import { expect, test } from "vitest";
import { auditJournal, journalAuditor } from "#core/audit/journal-audit.ts";
import { encodeCommits } from "#core/journal/commit.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import { emptyLedger, evolve } from "#core/journal/ledger.ts";
import { restatement } from "#core/journal/restatement.ts";
import { decodeSnapshot, encodeSnapshot } from "#core/journal/snapshot-form.ts";
import {
  crash,
  drain,
  type LineWorld,
  lineWorld,
  nodeAt,
  smallTerms,
} from "../simulator/line-world.ts";
import { type Op, ops, run } from "../simulator/op.ts";
import { modelledCheck } from "../simulator/test-signer.ts";
import { runs } from "./law-runs.ts";

const worldOf = (): LineWorld =>
  lineWorld({
    terms: smallTerms,
    deposit: 300n,
    grainsPerUnit: 7n,
    prices: [2n, { fee: 2n }, 3n],
    classes: 2,
  });

/** How often counters began anew by the events so far, as an audit counts them. */
function resetsIn(journal: readonly LedgerEvent[]) {
  const { leaps, forgiven } = auditJournal(journal, modelledCheck);
  return {
    leaps: ({ neighbour, class: one }: { neighbour: number; class: number }) =>
      leaps[neighbour]?.[one - 1] ?? 0n,
    forgiven: ({ neighbour, class: one }: { neighbour: number; class: number }) =>
      forgiven[neighbour]?.[one - 1] ?? 0n,
  };
}

/** The node's journal begins anew with what it comes down to. */
function restate(world: LineWorld, index: number): void {
  const self = nodeAt(world, index);
  const kept = restatement(self.ledger, resetsIn(self.journal));
  self.journal.splice(0, self.journal.length, ...kept);
}

test("T9: a restatement gives the same ledger from nothing, and changes nothing after its history", () => {
  fc.assert(
    fc.property(ops(3, 150, true, 2), (list) => {
      const world = worldOf();
      for (const op of list) run(world, op);
      for (const { ledger, journal } of world.nodes) {
        const kept = restatement(ledger, resetsIn(journal));
        expect(kept.reduce(evolve, emptyLedger)).toEqual(ledger);
        expect(kept.reduce(evolve, ledger)).toEqual(ledger);
        expect(kept.slice(0, kept.length >> 1).reduce(evolve, ledger)).toEqual(ledger);
        expect(encodeCommits(kept).length).toBeGreaterThan(0);
        const bytes = encodeSnapshot(ledger, resetsIn(journal));
        expect(decodeSnapshot(bytes)).toEqual(kept);
        for (const events of [kept, [...journal, ...kept]]) {
          expect(auditJournal(events, modelledCheck).findings).toEqual([]);
        }
      }
    }),
    { numRuns: runs(40) },
  );
});

test("T9: a life in which journals begin anew, and agents start from that, is the same life", () => {
  const lives = fc.array(fc.tuple(ops(3, 40, true, 2), fc.nat(2)), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(lives, (parts) => {
      const [plain, rolled] = [worldOf(), worldOf()];
      const both = (op: Op): void => {
        run(plain, op);
        run(rolled, op);
      };
      for (const [list, index] of parts) {
        for (const op of list) both(op);
        restate(rolled, index);
        crash(plain, index);
        crash(rolled, index);
      }
      drain(plain);
      drain(rolled);
      for (const [i, node] of plain.nodes.entries()) {
        const twin = nodeAt(rolled, i);
        expect(twin.ledger).toEqual(node.ledger);
        expect(twin.journal.reduce(evolve, emptyLedger)).toEqual(node.ledger);
        expect(auditJournal(twin.journal, modelledCheck).findings).toEqual([]);
        const [one, other] = [resetsIn(node.journal), resetsIn(twin.journal)];
        for (const neighbour of twin.ledger.neighbours.keys()) {
          for (const paidClass of [1, 2]) {
            const key = { neighbour, class: paidClass };
            expect(other.leaps(key)).toBe(one.leaps(key));
            expect(other.forgiven(key)).toBe(one.forgiven(key));
          }
        }
      }
    }),
    { numRuns: runs(40) },
  );
});

test("a history that was restated differently is objected to, by either auditor", () => {
  const world = worldOf();
  drain(world, 4);
  const { ledger, journal } = nodeAt(world, 1);
  const kept = restatement(ledger, resetsIn(journal));
  const raised = kept.map((event): LedgerEvent => {
    if (event.type !== "PayeeKept") return event;
    return { ...event, account: { ...event.account, read: (event.account.read + 1n) as never } };
  });
  expect(auditJournal([...journal, ...raised], modelledCheck).found).toBeGreaterThan(0);
  const forged = kept.map((event): LedgerEvent => {
    if (event.type !== "PayeeKept" || event.account.latest === undefined) return event;
    const latest = { ...event.account.latest, price: (event.account.latest.price + 1n) as never };
    return { ...event, account: { ...event.account, latest } };
  });
  const auditor = journalAuditor(modelledCheck);
  for (const event of forged) auditor.add(event);
  expect(auditor.result().findings.map((one) => one.rule)).toContain("E4");
});

test("a snapshot that was cut, damaged, or is of another format is refused, and never half used", () => {
  const world = worldOf();
  drain(world, 4);
  const { ledger, journal } = nodeAt(world, 1);
  const bytes = encodeSnapshot(ledger, resetsIn(journal));
  for (let length = 0; length < bytes.length; length += 7) {
    expect(() => decodeSnapshot(bytes.subarray(0, length))).toThrow();
  }
  const later = bytes.slice();
  later[1] = 2;
  expect(() => decodeSnapshot(later)).toThrow("a snapshot of format 2");
});
