import fc from "fast-check";
import { price } from "#core/units/price.ts";
import {
  configured,
  crash,
  deliver,
  feed,
  feedAndCrash,
  type LineWorld,
  lose,
  nodeAt,
  read,
  readings,
  reboot,
  recreate,
  traffic,
} from "./line-world.ts";

/** One thing that happens in a line world. Plain data, so that a failing run prints as its cause. */
export type Op =
  | {
      readonly op: "traffic";
      readonly wire: number;
      readonly side: 0 | 1;
      readonly bytes: number;
      readonly lost: number;
      readonly class: number;
    }
  | { readonly op: "read" | "poke" | "settle" | "crash" | "reboot"; readonly node: number }
  | { readonly op: "deliver" | "repeat" | "lose"; readonly at: number }
  | { readonly op: "price"; readonly node: number; readonly price: number }
  | { readonly op: "recreate"; readonly node: number; readonly end: number }
  | {
      readonly op: "torn";
      readonly node: number;
      readonly durable: number;
      readonly poke: boolean;
    };

/** Ops for a line of so many nodes: mostly traffic, readings and messages, sometimes disaster. */
export function ops(
  nodes: number,
  length: number,
  disasters = true,
  classes = 1,
): fc.Arbitrary<readonly Op[]> {
  const node = fc.integer({ min: 0, max: nodes - 1 });
  const at = fc.integer({ min: 0, max: 30 });
  const calm: fc.WeightedArbitrary<Op>[] = [
    {
      weight: 8,
      arbitrary: fc.record({
        op: fc.constant("traffic" as const),
        wire: fc.integer({ min: 0, max: nodes - 2 }),
        side: fc.constantFrom(0 as const, 0 as const, 1 as const),
        bytes: fc.integer({ min: 1, max: 9 }),
        lost: fc.constantFrom(0, 0, 0, 200, 500, 1000),
        class: fc.integer({ min: 1, max: classes }),
      }),
    },
    { weight: 7, arbitrary: fc.record({ op: fc.constant("read" as const), node }) },
    { weight: 3, arbitrary: fc.record({ op: fc.constant("poke" as const), node }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant("settle" as const), node }) },
    { weight: 12, arbitrary: fc.record({ op: fc.constant("deliver" as const), at }) },
    { weight: 2, arbitrary: fc.record({ op: fc.constant("repeat" as const), at }) },
    { weight: 2, arbitrary: fc.record({ op: fc.constant("lose" as const), at }) },
    {
      weight: 1,
      arbitrary: fc.record({
        op: fc.constant("price" as const),
        node,
        price: fc.integer({ min: 1, max: 9 }),
      }),
    },
  ];
  const bad: fc.WeightedArbitrary<Op>[] = [
    { weight: 1, arbitrary: fc.record({ op: fc.constant("crash" as const), node }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant("reboot" as const), node }) },
    {
      weight: 1,
      arbitrary: fc.record({ op: fc.constant("recreate" as const), node, end: fc.nat(1) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        op: fc.constant("torn" as const),
        node,
        durable: fc.integer({ min: 0, max: 3 }),
        poke: fc.boolean(),
      }),
    },
  ];
  return fc.array(fc.oneof(...calm, ...(disasters ? bad : [])), {
    minLength: 1,
    maxLength: length,
    size: "max",
  });
}

/** Lets one thing happen. */
export function run(world: LineWorld, op: Op): void {
  switch (op.op) {
    case "traffic":
      traffic(world, op.wire, op.side, BigInt(op.bytes), BigInt(op.lost), op.class);
      return;
    case "read":
      return read(world, op.node);
    case "poke":
      return feed(world, op.node, { type: "Poke" });
    case "settle":
      return feed(world, op.node, { type: "Wish", wish: { type: "Settle" } });
    case "crash":
      return crash(world, op.node);
    case "reboot":
      return reboot(world, op.node);
    case "deliver":
      return deliver(world, op.at, false);
    case "repeat":
      return deliver(world, op.at, true);
    case "lose":
      return lose(world, op.at);
    case "price":
      return setPrice(world, op.node, BigInt(op.price));
    case "recreate": {
      const { ends } = nodeAt(world, op.node);
      const end = ends[op.end % ends.length];
      if (end !== undefined) recreate(world, end);
      return;
    }
    case "torn": {
      const poke = { type: "Poke" } as const;
      const input = op.poke
        ? poke
        : ({ type: "Readings", readings: readings(world, op.node) } as const);
      return feedAndCrash(world, op.node, input, op.durable);
    }
  }
}

/** The operator of a node changes its price, or its fee where it resells; class k costs k times. */
export function setPrice(world: LineWorld, index: number, grains: bigint): void {
  const self = nodeAt(world, index);
  self.prices = self.prices.map((pricing, i) => {
    const dear = price(grains * BigInt(i + 1));
    return pricing.kind === "fixed" ? { ...pricing, price: dear } : { ...pricing, fee: dear };
  });
  feed(world, index, configured(world, index, false));
}
