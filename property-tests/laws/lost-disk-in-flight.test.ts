import fc from "fast-check";
import { expect, test } from "vitest";
import { auditJournal } from "#core/audit/journal-audit.ts";
import { decodeMessage } from "#core/peer/message-reader.ts";
import {
  books,
  deliver,
  deliverAll,
  drain,
  feed,
  type LineWorld,
  lineWorld,
  loseDisk,
  nodeAt,
  read,
  recreate,
  smallTerms,
  traffic,
} from "../simulator/line-world.ts";
import { type Op, ops, run, setPrice } from "../simulator/op.ts";
import { modelledCheck } from "../simulator/test-signer.ts";
import { classesOf, type Datagram } from "../simulator/world.ts";
import { runs } from "./law-runs.ts";

// Disks are lost while messages are on their way, which arrive later, in any order and again: what
// was said to or by a journal that is no more must not speak for the one that followed it.

const pair = (classes = 1): LineWorld =>
  lineWorld({
    terms: smallTerms,
    deposit: 1_000_000n,
    grainsPerUnit: 1n,
    prices: [2n, 3n],
    classes,
  });

/** Nobody was accused, throttled or stopped, the books agree, and new traffic is paid. */
function expectWorking(world: LineWorld): void {
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
    expect([after.w, after.g]).toEqual([after.v, after.G]);
    expect(after.y).toBeLessThanOrEqual(after.way.tx);
  }
  for (const node of world.nodes) {
    expect([node.alarms, node.throttles]).toEqual([[], 0]);
    expect(node.node.ledger.neighbours[0]?.frauds).toEqual([]);
    expect(node.node.ledger.neighbours[0]?.broken).toBeUndefined();
    expect(auditJournal(node.journal, modelledCheck).findings).toEqual([]);
  }
}

/** What happens, or a disk is lost, with the counters of the kernel or without. */
type Life = Op | { readonly op: "lose disk"; readonly node: 0 | 1; readonly reboots: boolean };

const lives = (classes: number): fc.Arbitrary<readonly Life[]> =>
  fc
    .tuple(
      ops(2, 80, true, classes),
      fc.constantFrom(0 as const, 1 as const),
      fc.boolean(),
      ops(2, 40, true, classes),
    )
    .map(([before, node, reboots, after]) => [
      ...before,
      { op: "lose disk", node, reboots },
      ...after,
    ]);

function live(world: LineWorld, life: readonly Life[]): void {
  for (const op of life) {
    if (op.op !== "lose disk") {
      run(world, op);
      continue;
    }
    if (op.reboots) for (const end of nodeAt(world, op.node).ends) recreate(world, end);
    loseDisk(world, op.node);
  }
}

test.each([1, 2])(
  "T5, T6, T23: a disk is lost and old messages arrive late, in any order and again: nobody is accused, throttled or stopped, and the books agree (%i classes)",
  (classes) => {
    fc.assert(
      fc.property(lives(classes), (life) => {
        const world = pair(classes);
        drain(world, 3);
        live(world, life);
        drain(world);
        expectWorking(world);
      }),
      { numRuns: runs(60) },
    );
  },
);

test("disks are lost again and again on both sides, never both at once, while everything may come late", () => {
  const losses = fc.array(fc.tuple(fc.constantFrom(0, 1), fc.boolean(), ops(2, 30, true)), {
    minLength: 2,
    maxLength: 5,
  });
  fc.assert(
    fc.property(losses, (list) => {
      const world = pair();
      drain(world, 3);
      for (const [node, reboots, between] of list) {
        for (const op of between) run(world, op);
        const late = [...world.air];
        // The other side still has what this one lost; then it may lose its own.
        drain(world, 3);
        if (reboots) for (const end of nodeAt(world, node).ends) recreate(world, end);
        loseDisk(world, node);
        world.air.push(...late);
        drain(world, 3);
      }
      drain(world);
      expectWorking(world);
    }),
    { numRuns: runs(60) },
  );
});

test("everything that was ever said, said again after a lost disk, changes nothing of what is owed", () => {
  for (const lost of [0, 1] as const) {
    const world = pair();
    const said: Datagram[] = [];
    const listen = (): void => void said.push(...world.air);
    for (let i = 0; i < 40; i++) {
      if (i % 9 === 0) setPrice(world, 1, BigInt(1 + (i % 5)));
      traffic(world, 0, 0, 3n, 100n);
      for (const index of [0, 1]) {
        feed(world, index, { type: "Poke" });
        listen();
      }
      drain(world, 1);
    }
    loseDisk(world, lost);
    world.air.push(...said);
    deliverAll(world);
    drain(world);
    expectWorking(world);
    world.air.push(...said);
    loseDisk(world, lost);
    world.air.push(...said.toReversed());
    deliverAll(world);
    drain(world);
    expectWorking(world);
  }
});

test("a lease on its way while its payee loses its disk, then a price change: the late lease accuses nobody", () => {
  const world = pair();
  for (let i = 0; i < 20; i++) {
    traffic(world, 0, 0, 3n, 0n);
    drain(world, 1);
  }
  traffic(world, 0, 0, 6n, 0n);
  read(world, 0);
  feed(world, 0, { type: "Wish", wish: { type: "Settle" } });
  while (world.air.some(({ to }) => to === 1)) {
    deliver(
      world,
      world.air.findIndex(({ to }) => to === 1),
      false,
    );
  }
  const late = [...world.air];
  expect(late.map(({ bytes }) => decodeMessage(bytes))).toMatchObject([
    { type: "LEASE" },
    ...late.slice(1).map(() => ({})),
  ]);
  world.air.length = 0;
  loseDisk(world, 1);
  setPrice(world, 1, 9n);
  drain(world);
  world.air.push(...late);
  drain(world);
  expectWorking(world);
});

test("the first lease of all, come again to a payer that lost its disk, is not taken for the first", () => {
  const world = pair();
  const first: Datagram[] = [];
  for (let i = 0; i < 4; i++) {
    feed(world, 0, { type: "Poke" });
    feed(world, 1, { type: "Poke" });
    first.push(...world.air);
    drain(world, 1);
  }
  for (let i = 0; i < 40; i++) {
    traffic(world, 0, 0, 3n, 0n);
    drain(world, 1);
  }
  loseDisk(world, 0);
  world.air.length = 0;
  world.air.push(...first.filter(({ to }) => to === 0));
  deliverAll(world);
  drain(world);
  expectWorking(world);
});
