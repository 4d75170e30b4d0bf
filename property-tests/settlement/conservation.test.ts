import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { balances } from "#core/settlement/channel-contract.ts";
import type { SettlementPolicy, SettlementStep } from "#core/settlement/plan.ts";
import { tokenUnits } from "#core/units/money.ts";
import {
  crash,
  deliver,
  deliverAll,
  drain,
  feed,
  lose,
  nodeAt,
  read,
  traffic,
  type WorldOptions,
} from "../simulator/line-world.ts";
import {
  crashWhile,
  latest,
  type SettlingPair,
  settlingPair,
  tell,
  tend,
} from "./settling-pair.ts";

type Side = 0 | 1;

/** Everything that can happen, by a number. */
function happen(pair: SettlingPair, number: number): void {
  const { world } = pair;
  const side = (number & 1) as Side;
  const rest = number >> 1;
  const more = rest >> 4;
  switch (rest & 15) {
    case 0:
    case 1:
      traffic(world, 0, side, BigInt(more % 8), BigInt(more % 3 === 0 ? 1 : 0));
      return read(world, side);
    case 2:
      return read(world, side);
    case 3:
    case 4:
    case 5:
      return deliver(world, more, more % 5 === 0);
    case 6:
      return lose(world, more);
    case 7:
      return crash(world, side);
    case 8:
      return crashWhile(pair, side, more % 4);
    case 9:
    case 10:
      return tell(pair, side);
    case 11:
    case 12:
      return tend(pair, side);
    case 13:
      return feed(world, side, { type: "Wish", wish: { type: "Settle" } });
    case 14:
      return wish(pair, side, more);
    default:
      pair.now += BigInt(more % 60);
      return feed(world, side, { type: "Poke" });
  }
}

/** What a person may ask for, now and then. */
function wish(pair: SettlingPair, side: Side, more: number): void {
  const policy = pair.policies[side];
  const wants = (change: Partial<SettlementPolicy>): void => {
    pair.policies[side] = { ...policy, ...change };
  };
  switch (more % 8) {
    case 0:
      return wants({ wanted: "closed together" });
    case 1:
      return wants({ wanted: "closed alone" });
    case 2:
    case 3:
      return wants({ wanted: "open", reopen: true });
    case 4:
      return wants({ mostHeld: tokenUnits(policy.deposit + 5n) });
    default: {
      const total = tokenUnits(BigInt(more % 120));
      return feed(pair.world, side, {
        type: "Wish",
        wish: { type: "Withdraw", neighbour: 0, total },
      });
    }
  }
}

/** Whatever is open is closed: by both if they still talk, by notice where not; both are awake for it. */
function windUp(pair: SettlingPair, together: boolean): void {
  const closed = { wanted: together ? "closed together" : "closed alone" } as const;
  for (const side of [0, 1] as const) {
    pair.policies[side] = { ...pair.policies[side], ...closed, reopen: false };
  }
  for (let i = 0; i < 40 && latest(pair).channel.status !== "none"; i++) {
    if (i === 20)
      for (const side of [0, 1] as const)
        pair.policies[side] = { ...pair.policies[side], wanted: "closed alone" };
    for (const side of [0, 1] as const) {
      tell(pair, side);
      tend(pair, side);
      feed(pair.world, side, { type: "Poke" });
    }
    deliverAll(pair.world);
    pair.now += 30n;
  }
}

/** Money in purses and in the contract is what there was. */
function isConserved(pair: SettlingPair): boolean {
  const { a, b } = balances(latest(pair).channel);
  return pair.purses[0] + pair.purses[1] + a + b === 0n;
}

/** What a node's books say it earned: vouchers credited less vouchers signed, ever, in units. */
function earned(pair: SettlingPair, side: Side): bigint {
  const ledger = nodeAt(pair.world, side).ledger.neighbours[0];
  if (ledger === undefined) return 0n;
  const credited = ledger.inbound.reduce((all, one) => all + one.credited, 0n);
  const signed = ledger.outbound.reduce((all, one) => all + one.signed, 0n);
  return credited - signed;
}

const sequences = fc.tuple(
  fc.constantFrom(0n, 10n, 100n, 1000n),
  fc.boolean(),
  fc.array(fc.nat(2 ** 16 - 1), { maxLength: 120, size: "max" }),
);

/** Everything that happens, and the end of it. */
function play(
  [deposit, together, numbers]: readonly [bigint, boolean, readonly number[]],
  forgets?: SettlingPair["forgets"],
): SettlingPair {
  const pair = settlingPair(deposit, forgets);
  for (const number of numbers) {
    happen(pair, number);
    if (!isConserved(pair)) throw new Error("money came or went");
  }
  windUp(pair, together);
  return pair;
}

/** A short life of a channel with everything in it: open, pay both ways, take out, pay, close together. */
function lifeWith(stops: NonNullable<WorldOptions["stops"]>): SettlingPair {
  const pair = settlingPair(60n, undefined, stops);
  const both = (act: (side: Side) => void): void => {
    act(0);
    act(1);
  };
  const settleDown = (): void => {
    for (let i = 0; i < 2; i++) {
      both((side) => {
        tell(pair, side);
        tend(pair, side);
        read(pair.world, side);
        feed(pair.world, side, { type: "Poke" });
      });
      deliverAll(pair.world);
    }
  };
  settleDown();
  for (let i = 0; i < 4; i++) {
    traffic(pair.world, 0, 0, 4n, 0n);
    traffic(pair.world, 0, 1, 2n, 0n);
    settleDown();
  }
  feed(pair.world, 0, {
    type: "Wish",
    wish: { type: "Withdraw", neighbour: 0, total: tokenUnits(7n) },
  });
  settleDown();
  windUp(pair, true);
  return pair;
}

/** What is wrong in the end. */
function complaintOf(pair: SettlingPair): string | undefined {
  if (latest(pair).channel.status !== "none") return "the channel was not closed";
  if (!isConserved(pair)) return "money came or went";
  const short = ([0, 1] as const).find((side) => pair.purses[side] < earned(pair, side));
  if (short === undefined) return undefined;
  return `node ${short} has ${pair.purses[short]}, by its books ${earned(pair, short)}`;
}

describe("two nodes, their books and the contract", () => {
  test("no unit is lost: whatever happens, each gets at least what its books say", {
    timeout: 300_000,
  }, () => {
    let closed = 0;
    fc.assert(
      fc.property(sequences, (sequence) => {
        const pair = play(sequence);
        closed += latest(pair).number;
        expect(complaintOf(pair)).toBeUndefined();
      }),
      { numRuns: 600 },
    );
    expect(closed).toBeGreaterThan(200);
  });

  test("a node that forgets to register when a close begins loses money, and this finds it", {
    timeout: 300_000,
  }, () => {
    const forgets = ({ type }: SettlementStep) => type === "Register";
    const { failed } = fc.check(
      fc.property(sequences, (sequence) => complaintOf(play(sequence, forgets)) === undefined),
      { numRuns: 300, endOnFailure: true, seed: 1 },
    );
    expect(failed).toBe(true);
  });

  test("a crash at any boundary between deciding, each write and sending, of either node, costs no unit", {
    timeout: 300_000,
  }, () => {
    let boundaries = 0;
    const count = (_: number, events: number): undefined => {
      boundaries += events + 1;
      return undefined;
    };
    const whole = lifeWith(count);
    expect(complaintOf(whole)).toBeUndefined();
    expect(boundaries).toBeGreaterThan(200);
    const all = boundaries;
    let crashes = 0;
    for (let at = 0; at < all; at++) {
      let left = at;
      const once = (_: number, events: number): number | undefined => {
        if (left < 0) return undefined;
        if (left > events) {
          left -= events + 1;
          return undefined;
        }
        const durable = left;
        left = -1;
        crashes += 1;
        return durable;
      };
      expect(complaintOf(lifeWith(once)), `a crash at boundary ${at}`).toBeUndefined();
    }
    expect(crashes).toBe(all);
  });

  test("with everything delivered, what each gets is exactly that", { timeout: 120_000 }, () => {
    for (const together of [true, false]) {
      const pair = settlingPair(1000n);
      for (let i = 0; i < 6; i++)
        for (const side of [0, 1] as const) {
          tell(pair, side);
          tend(pair, side);
        }
      drain(pair.world);
      for (let i = 0; i < 40; i++) {
        traffic(pair.world, 0, 0, 2n, 0n);
        traffic(pair.world, 0, 1, 1n, 0n);
        drain(pair.world, 1);
      }
      drain(pair.world);
      windUp(pair, together);
      expect(earned(pair, 1)).toBeGreaterThan(100n);
      expect([pair.purses[0], pair.purses[1]]).toEqual([earned(pair, 0), earned(pair, 1)]);
    }
  });
});
