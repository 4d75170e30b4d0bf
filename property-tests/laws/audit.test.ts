import fc from "fast-check";
import { expect, test } from "vitest";
import { auditJournal } from "#core/audit/journal-audit.ts";
import { compareJournals } from "#core/audit/network-audit.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import { drain, lineWorld, nodeAt, smallTerms } from "../simulator/line-world.ts";
import { ops, run } from "../simulator/op.ts";
import { modelledCheck } from "../simulator/test-signer.ts";
import { runs } from "./law-runs.ts";

const line = () =>
  lineWorld({
    terms: smallTerms,
    deposit: 1_000_000n,
    grainsPerUnit: 1n,
    prices: [2n, { fee: 2n }, 3n],
  });

test("the audit finds nothing wrong with honest journals, whatever happened to the nodes", () => {
  fc.assert(
    fc.property(ops(3, 150), (list) => {
      const world = line();
      for (const op of list) run(world, op);
      drain(world);
      const audits = world.nodes.map((node) => auditJournal(node.journal, modelledCheck));
      expect(audits.flatMap((audit) => audit.findings)).toEqual([]);
      const { hops, findings } = compareJournals(audits);
      expect(findings).toEqual([]);
      expect(hops.length).toBe(4);
      for (const hop of hops) {
        expect(hop.drained).toBe(true);
        expect(hop.signed).toBe(hop.owed);
        expect(hop.exposure).toBeLessThanOrEqual(hop.exposureBound);
      }
    }),
    { numRuns: runs(150) },
  );
});

/** One changed number in one event, as a liar or a flipped bit would leave it. */
function forged(event: LedgerEvent): LedgerEvent | undefined {
  switch (event.type) {
    case "BytesReserved":
      return { ...event, reserved: (event.reserved + 1000n) as never };
    case "LeaseGranted":
      return { ...event, lease: { ...event.lease, price: (event.lease.price + 1n) as never } };
    case "VoucherCredited": {
      const totals = event.voucher.totals.map((total) => (total + 1n) as never);
      return { ...event, voucher: { ...event.voucher, totals } };
    }
    case "BytesRead":
      return { ...event, read: (event.read + 1n) as never };
    default:
      return undefined;
  }
}

test("the audit finds every single forged reservation, lease, credit and reading", () => {
  const world = line();
  drain(world);
  fc.sample(ops(3, 300, false), { numRuns: 3, seed: 7 }).forEach((list) => {
    for (const op of list) run(world, op);
  });
  drain(world);
  let forgeries = 0;
  for (const [n, node] of world.nodes.entries()) {
    node.journal.forEach((event, i) => {
      const forgery = forged(event);
      if (forgery === undefined) return;
      forgeries += 1;
      const journal = nodeAt(world, n).journal.with(i, forgery);
      const { found } = auditJournal(journal, modelledCheck);
      expect(found, `event ${i} ${event.type}`).toBeGreaterThan(0);
    });
  }
  expect(forgeries).toBeGreaterThan(20);
});
