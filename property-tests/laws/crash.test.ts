import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeCommit, encodeCommits } from "#core/journal/commit.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import { emptyLedger, evolve, type Ledger } from "#core/journal/ledger.ts";
import { money } from "#core/units/money.ts";
import {
  books,
  crash,
  drain,
  type LineWorld,
  lineWorld,
  nodeAt,
  smallTerms,
} from "../simulator/line-world.ts";
import { type Op, ops, run } from "../simulator/op.ts";
import { runs } from "./law-runs.ts";

const fold = (events: readonly LedgerEvent[], from: Ledger = emptyLedger) =>
  events.reduce(evolve, from);

/** Limits so wide that no quota binds: what the kernel lets pass is then the same in both runs. */
const wideTerms = { ...smallTerms, creditLimit: money(100_000n), reservation: 5000n };

const wide = (): LineWorld =>
  lineWorld({ terms: wideTerms, deposit: 10_000_000n, grainsPerUnit: 1n, prices: [2n, 3n] });

/** What both sides durably hold about both directions, once everything has been said. */
function settled(world: LineWorld) {
  drain(world);
  return ([0, 1] as const).map((side) => {
    const { v, w, y, r, way } = books(world, 0, side);
    expect(r).toBeGreaterThanOrEqual(way.tx);
    return { v, w, y, tx: way.tx, rx: way.rx, degraded: way.degraded };
  });
}

/** The same life in which the agent is never killed; the messages it had not sent are lost. */
function without(op: Op): readonly Op[] {
  return op.op === "crash" || op.op === "torn" ? [] : [op];
}

test("T9: a life with agents killed at any instant settles to the grain as the life without", () => {
  const calm = ops(2, 120).map((list) =>
    list.filter(({ op }) => op !== "reboot" && op !== "recreate" && op !== "price"),
  );
  fc.assert(
    fc.property(calm, (list) => {
      const [killed, spared] = [wide(), wide()];
      for (const world of [killed, spared]) drain(world, 3);
      for (const op of list) run(killed, op);
      for (const op of list.flatMap(without)) run(spared, op);
      expect(settled(killed)).toEqual(settled(spared));
    }),
    { numRuns: runs(30) },
  );
});

test("T9: a crash before any output is the loss of all its messages, and nothing else", () => {
  fc.assert(
    fc.property(ops(2, 60, false), fc.nat(1), (list, index) => {
      const world = wide();
      drain(world, 3);
      for (const op of list) run(world, op);
      const before = nodeAt(world, index).ledger;
      crash(world, index);
      const { ledger } = nodeAt(world, index);
      // Durable state is untouched but for the number of the run.
      expect({ ...ledger, run: before.run }).toEqual(before);
    }),
    { numRuns: runs(60) },
  );
});

test("T9: what a running node believes is the fold of its journal, after every step and every crash", () => {
  fc.assert(
    fc.property(ops(3, 150), (list) => {
      const world = lineWorld({
        terms: smallTerms,
        deposit: 1_000_000n,
        grainsPerUnit: 1n,
        prices: [2n, { fee: 2n }, 3n],
      });
      for (const op of list) {
        run(world, op);
        for (const node of world.nodes) expect(node.node.ledger).toEqual(node.ledger);
      }
      for (const node of world.nodes) expect(fold(node.journal)).toEqual(node.ledger);
    }),
    { numRuns: runs(30) },
  );
});

/** A journal with everything in it that a life with every fault leads to. */
function longJournal(): readonly LedgerEvent[] {
  const world = lineWorld({
    terms: smallTerms,
    deposit: 1_000_000n,
    grainsPerUnit: 3n,
    prices: [2n, { fee: 2n }, 3n],
    classes: 2,
  });
  drain(world, 2);
  for (const list of fc.sample(ops(3, 400, true, 2), { numRuns: 14, seed: 99 })) {
    for (const op of list) run(world, op);
  }
  drain(world, 3);
  return nodeAt(world, 1).journal;
}

test("T9: replaying any prefix of the journal any number of times, and going on, gives the same state", () => {
  const journal = longJournal();
  const whole = fold(journal);
  expect(journal.length).toBeGreaterThan(200);
  for (let cut = 0; cut <= journal.length; cut += 7) {
    const prefix = journal.slice(0, cut);
    expect(fold(prefix)).toEqual(fold(prefix));
    expect(fold(journal.slice(cut), fold(prefix))).toEqual(whole);
  }
});

test("T9: encoding, decoding and evolving is evolving", () => {
  const journal = longJournal();
  const commits = encodeCommits(journal);
  expect(commits.length).toBeGreaterThan(1);
  const again = commits.flatMap((commit) => decodeCommit(commit));
  expect(again).toEqual(journal);
  expect(fold(again)).toEqual(fold(journal));
});
