import fc from "fast-check";
import { expect, test } from "vitest";
import { auditJournal } from "#core/audit/journal-audit.ts";
import type { Input } from "#core/node/input.ts";
import { type Node, replay } from "#core/node/node.ts";
import { step } from "#core/node/step.ts";
import type { MessageHead } from "#core/peer/message.ts";
import { encodeMessage } from "#core/peer/message-form.ts";
import { money } from "#core/units/money.ts";
import {
  books,
  channelOf,
  configured,
  drain,
  greeting,
  headBetween,
  type LineWorld,
  lineWorld,
  loseDisk,
  nodeAt,
  recreate,
  smallTerms,
  traffic,
} from "../simulator/line-world.ts";
import { type Op, ops, run, setPrice } from "../simulator/op.ts";
import { modelledCheck } from "../simulator/test-signer.ts";
import { classesOf } from "../simulator/world.ts";
import { runs } from "./law-runs.ts";

const pair = (classes = 1): LineWorld =>
  lineWorld({
    terms: smallTerms,
    deposit: 1_000_000n,
    grainsPerUnit: 1n,
    prices: [2n, 3n],
    classes,
  });

/** A disk is lost while nothing is on the way, with or without the kernel's counters. */
function disaster(world: LineWorld, index: number, reboots: boolean): void {
  world.air.length = 0;
  if (reboots) for (const end of nodeAt(world, index).ends) recreate(world, end);
  loseDisk(world, index);
}

/** Both sides work, nobody is accused, throttled or stopped, and new traffic is paid. */
function expectWorking(world: LineWorld): void {
  drain(world);
  for (const paidClass of classesOf(world)) {
    const before = books(world, 0, 0, paidClass);
    const sentBefore = before.way.sent;
    for (let i = 0; i < 10; i++) {
      traffic(world, 0, 0, 2n, 0n, paidClass);
      drain(world, 1);
    }
    const after = books(world, 0, 0, paidClass);
    expect(after.way.sent - sentBefore).toBe(20n);
    expect(after.v).toBe(after.payerF(after.way.tx));
    expect(after.w).toBe(after.v);
    expect(after.g).toBe(after.G);
  }
  for (const node of world.nodes) {
    expect([node.alarms, node.throttles]).toEqual([[], 0]);
    expect(node.node.ledger.neighbours[0]?.frauds).toEqual([]);
    expect(node.node.ledger.neighbours[0]?.broken).toBeUndefined();
  }
}

const life = (classes: number): fc.Arbitrary<readonly Op[]> => ops(2, 120, true, classes);

test.each([
  [1, true],
  [1, false],
  [2, true],
  [2, false],
])(
  "a payer that loses its disk resumes at G and pays at most L more for it: %i classes, counters lost %s",
  (classes, reboots) => {
    fc.assert(
      fc.property(life(classes), (list) => {
        const world = pair(classes);
        drain(world, 3);
        for (const op of list) run(world, op);
        // What is owed and not yet on the other side would be the payee's loss, not the payer's.
        drain(world, 3);
        const before = classesOf(world).map((paidClass) => books(world, 0, 0, paidClass));
        disaster(world, 0, reboots);
        drain(world);
        before.forEach((then, i) => {
          const now = books(world, 0, 0, i + 1);
          expect(now.v - then.v).toBeLessThanOrEqual(smallTerms.creditLimit);
          expect(now.v).toBeGreaterThanOrEqual(then.v);
        });
        expectWorking(world);
      }),
      { numRuns: runs(20) },
    );
  },
);

test.each([
  [1, true],
  [1, false],
  [2, true],
  [2, false],
])(
  "a payee that loses its disk gets its leases and totals back from the payer: %i classes, counters lost %s",
  (classes, reboots) => {
    fc.assert(
      fc.property(life(classes), (list) => {
        const world = pair(classes);
        drain(world, 3);
        for (const op of list) run(world, op);
        drain(world, 3);
        const before = classesOf(world).map((paidClass) => books(world, 0, 0, paidClass));
        disaster(world, 1, reboots);
        drain(world);
        before.forEach((then, i) => {
          const now = books(world, 0, 0, i + 1);
          expect(now.G).toBeGreaterThanOrEqual(then.g);
          expect(now.w).toBe(then.w);
          // Its reading is never ahead of what was sent (T1, T6).
          expect(now.y).toBeLessThanOrEqual(now.way.tx);
        });
        expectWorking(world);
      }),
      { numRuns: runs(20) },
    );
  },
);

test("a payee without a disk knows where to resume whatever prices were: T1 and T6 hold after a rise", () => {
  const world = pair();
  setPrice(world, 1, 1n);
  for (let i = 0; i < 10; i++) {
    drain(world, 1);
    traffic(world, 0, 0, 3n, 0n);
  }
  setPrice(world, 1, 9n);
  for (let i = 0; i < 14; i++) {
    drain(world, 1);
    traffic(world, 0, 0, 1n, 0n);
  }
  drain(world);
  disaster(world, 1, false);
  drain(world);
  const { y, way, G, payeeF, w } = books(world, 0, 0);
  expect(y).toBeLessThanOrEqual(way.tx);
  // What it cannot know it was paid for costs at most L (T7).
  expect(payeeF(G) - w).toBeLessThanOrEqual(smallTerms.creditLimit);
  expectWorking(world);
});

/** How the payer, node 0, begins a message to a node. */
function headTo(world: LineWorld, node: Node): MessageHead {
  return { ...headBetween(world, 0, 1), to: node.ledger.journal };
}

/** A node 1 without a memory, once the payer has greeted it. */
function met(world: LineWorld, node: Node): Node {
  const after = step(node, greeting(world, 0, node));
  expect(after.events.map((event) => event.type)).toEqual(["NeighbourMet"]);
  return after.node;
}

test("a payee without a disk believes no lease before its channel is known: the order of facts is no fault", () => {
  const world = pair();
  for (let i = 0; i < 30; i++) {
    traffic(world, 0, 0, 3n, 0n);
    drain(world, 1);
  }
  const { latest, schedule } = nodeAt(world, 0).node.ledger.neighbours[0]?.outbound[0] ?? {};
  expect(schedule?.endDue).toBeGreaterThan(smallTerms.creditLimit);
  const voucher = nodeAt(world, 0).node.ledger.neighbours[0]?.signed;
  const [end] = nodeAt(world, 1).ends;
  if (end === undefined) throw new Error("no neighbour");
  nodeAt(world, 1).journals += 1;
  const blank = replay(nodeAt(world, 1).signer, [], modelledCheck);
  const started = met(world, step(blank, configured(world, 1, true)).node);
  const head = headTo(world, started);
  const bytes = encodeMessage({ type: "VOUCHER", ...head, voucher, held: [latest] });
  const early = step(started, { type: "Datagram", neighbour: 0, bytes });
  expect(early.events).toEqual([]);
  expect(early.node.live[0]?.refusals).toEqual({ "no channel": 1 });
  const channel = channelOf(world, end);
  const told = step(early.node, { type: "ChannelFact", neighbour: 0, channel }).node;
  const late = step(told, { type: "Datagram", neighbour: 0, bytes });
  expect(late.events.map((event) => event.type).slice(0, 2)).toEqual([
    "PayeeRestored",
    "VoucherCredited",
  ]);
  expect(late.node.ledger.neighbours[0]?.broken).toBeUndefined();
});

test("a payee without a disk believes leases and the total that backs them together, or neither", () => {
  const world = pair();
  for (let i = 0; i < 30; i++) {
    traffic(world, 0, 0, 3n, 0n);
    drain(world, 1);
  }
  const payer = nodeAt(world, 0);
  const { latest } = payer.node.ledger.neighbours[0]?.outbound[0] ?? {};
  const voucher = payer.node.ledger.neighbours[0]?.signed;
  const [end] = nodeAt(world, 1).ends;
  if (end === undefined || voucher === undefined) throw new Error("nothing paid");
  nodeAt(world, 1).journals += 1;
  const said = (shown: typeof voucher | undefined): Input => {
    const head = { type: "VOUCHER", ...headTo(world, woken(60n, true)) } as const;
    const bytes = encodeMessage({ ...head, voucher: shown, held: [latest] });
    return { type: "Datagram", neighbour: 0, bytes };
  };
  const woken = (limit: bigint, open: boolean) => {
    const input = configured(world, 1, true);
    if (input.type !== "Configured") throw new Error("no configuration");
    const terms = { ...smallTerms, creditLimit: money(limit) };
    const neighbours = input.neighbours.map((one) => ({ ...one, terms }));
    const blank = replay(nodeAt(world, 1).signer, [], modelledCheck);
    const channel = { ...channelOf(world, end), open };
    const node = met(world, step(blank, { ...input, neighbours }).node);
    return step(node, { type: "ChannelFact", neighbour: 0, channel }).node;
  };
  const forged = { ...voucher, signature: new Uint8Array(65) };
  const bad = [
    [woken(60n, true), said(undefined)],
    [woken(60n, true), said(forged)],
    [woken(60n, false), said(voucher)],
    [woken(1n, true), said(voucher)],
  ] as const;
  for (const [node, input] of bad) {
    const after = step(node, input);
    expect(after.events).toEqual([]);
    expect(after.outputs).toEqual([]);
    expect(after.node.ledger).toEqual(node.ledger);
    expect(after.node.live[0]?.refusals["credit limit below what is leased"]).toBe(1);
    // Nothing is leased on top of leases that are not back: that would look like fraud.
    expect(step(after.node, { type: "Poke" }).events).toEqual([]);
  }
  const worn = step(woken(60n, true), said(undefined)).node;
  expect(step(worn, said(voucher)).events.map((event) => event.type)).toContain("VoucherCredited");
});

test("the audit of a node that lost its disk finds nothing wrong with it", () => {
  for (const [index, classes] of [
    [0, 1],
    [1, 1],
    [0, 2],
    [1, 2],
  ] as const) {
    const world = pair(classes);
    for (let i = 0; i < 30; i++) {
      for (const paidClass of classesOf(world)) traffic(world, 0, 0, 3n, 100n, paidClass);
      drain(world, 1);
    }
    disaster(world, index, true);
    expectWorking(world);
    for (const node of world.nodes) {
      expect(auditJournal(node.journal, modelledCheck).findings).toEqual([]);
    }
  }
});

test("a payer without a disk never signs more than its channel or its operator allows", () => {
  const world = lineWorld({
    terms: smallTerms,
    deposit: 200n,
    grainsPerUnit: 1n,
    prices: [2n, 3n],
  });
  for (let i = 0; i < 60; i++) {
    traffic(world, 0, 0, 3n, 0n);
    drain(world, 1);
  }
  disaster(world, 0, true);
  drain(world);
  const { v } = books(world, 0, 0);
  expect(v).toBeLessThanOrEqual(200n);
  expect(nodeAt(world, 0).alarms).toEqual([]);
});
