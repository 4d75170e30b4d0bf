import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { auditJournal } from "#core/audit/journal-audit.ts";
import type { Wish } from "#core/node/input.ts";
import { addressOf } from "#core/settlement/address.ts";
import type { Channel } from "#core/settlement/channel.ts";
import { finalDigest, permitDigest } from "#core/settlement/typed-data.ts";
import { tokenUnits } from "#core/units/money.ts";
import { refusalsOf } from "../simulator/books.ts";
import {
  channelOf,
  crash,
  deliver,
  deliverAll,
  drain,
  feed,
  type LineWorld,
  lineWorld,
  lose,
  loseDisk,
  nodeAt,
  smallTerms,
  traffic,
} from "../simulator/line-world.ts";
import { modelledCheck } from "../simulator/test-signer.ts";

/** Node 0 pays node 1, each with a deposit of 1000 units, and has paid something by now. */
function paid(deposit = 1000n): LineWorld {
  const world = lineWorld({
    terms: smallTerms,
    deposit,
    grainsPerUnit: 1n,
    prices: [2n, 3n],
  });
  drain(world);
  use(world, 20);
  return world;
}

/** Traffic both ways, and all of it paid. */
function use(world: LineWorld, rounds: number): void {
  for (let i = 0; i < rounds; i++) {
    traffic(world, 0, 0, 2n, 0n);
    traffic(world, 0, 1, 1n, 0n);
    drain(world, 1);
  }
  drain(world);
}

const ledgerOf = (world: LineWorld, index: number) => {
  const ledger = nodeAt(world, index).node.ledger.neighbours[0];
  if (ledger === undefined) throw new Error("no neighbour");
  return ledger;
};
const dealingsOf = (world: LineWorld, index: number) => ledgerOf(world, index).dealings;
const addressAt = (world: LineWorld, index: number) =>
  addressOf(nodeAt(world, index).signer.id) ?? "";

type ToWhom<W> = W extends unknown ? Omit<W, "neighbour"> : never;
function wish(world: LineWorld, index: number, what: ToWhom<Wish>): void {
  feed(world, index, { type: "Wish", wish: { ...what, neighbour: 0 } as Wish });
}

function tell(world: LineWorld, index: number, change: Partial<Channel>): void {
  const [end] = nodeAt(world, index).ends;
  if (end === undefined) throw new Error("no end");
  const channel = { ...channelOf(world, end), ...change };
  feed(world, index, { type: "ChannelFact", neighbour: 0, channel });
}

/** Everything that both journals say follows from the rules. */
function expectSound(world: LineWorld): void {
  for (const node of world.nodes) {
    expect(auditJournal(node.journal, modelledCheck).findings).toEqual([]);
    expect(node.alarms).toEqual([]);
  }
}

const free = (world: LineWorld, index: number) => {
  const { channel, signed, credited } = ledgerOf(world, index);
  return (channel?.depositOut ?? 0n) + (credited?.cumulative ?? 0n) - (signed?.cumulative ?? 0n);
};

describe("taking money out of a channel that goes on", () => {
  test("what is free is permitted, with a signature that the contract accepts", () => {
    const world = paid();
    const total = tokenUnits(free(world, 0));
    wish(world, 0, { type: "Withdraw", total });
    drain(world);
    const { permit, asked } = dealingsOf(world, 0);
    expect([asked, permit?.total]).toEqual([total, total]);
    expect(dealingsOf(world, 1).permitted).toBe(total);
    const { channel } = ledgerOf(world, 1);
    if (channel === undefined || permit === undefined) throw new Error("no permit");
    const digest = permitDigest(channel, addressAt(world, 0), total);
    expect(modelledCheck(nodeAt(world, 1).signer.id, digest, permit.signature)).toBe(true);
    expectSound(world);
  });

  test("what is not free is not asked for, and not permitted to whoever asks", () => {
    const world = paid();
    wish(world, 0, { type: "Withdraw", total: tokenUnits(free(world, 0) + 1n) });
    expect(dealingsOf(world, 0).asked).toBe(0n);
    expect(refusalsOf(world, 0)["withdrawal beyond what is free"]).toBe(1);
    // A cheat asks all the same: it says that it deposited more than the ledger of the other knows.
    tell(world, 0, { depositOut: tokenUnits(10_000n) });
    wish(world, 0, { type: "Withdraw", total: tokenUnits(free(world, 0)) });
    drain(world);
    expect(dealingsOf(world, 1).permitted).toBe(0n);
    expect(refusalsOf(world, 1)["withdrawal beyond what is free"]).toBeGreaterThan(0);
    expectSound(world);
  });

  test("what was permitted no longer covers vouchers: they wait for a deposit", () => {
    const world = paid(100n);
    wish(world, 0, { type: "Withdraw", total: tokenUnits(free(world, 0)) });
    drain(world);
    const before = ledgerOf(world, 1).credited?.cumulative ?? 0n;
    traffic(world, 0, 0, 12n, 0n);
    drain(world);
    expect(ledgerOf(world, 0).signed?.cumulative).toBe(before);
    tell(world, 0, { depositOut: tokenUnits(1000n) });
    tell(world, 1, { depositIn: tokenUnits(1000n) });
    use(world, 5);
    expect(ledgerOf(world, 1).credited?.cumulative).toBeGreaterThan(before);
    expectSound(world);
  });

  test("asked again, or told twice, nothing is permitted twice", () => {
    const world = paid();
    const total = tokenUnits(40n);
    for (let i = 0; i < 3; i++) wish(world, 0, { type: "Withdraw", total });
    for (let i = 0; i < 30 && world.air.length > 0; i++) deliver(world, 0, i % 3 === 0);
    drain(world);
    const signed = nodeAt(world, 1).journal.filter((event) => event.type === "PermitSigned");
    expect(signed).toHaveLength(1);
  });

  test("a node that lost its disk learns of its permit from the neighbour", () => {
    const world = paid();
    wish(world, 0, { type: "Withdraw", total: tokenUnits(40n) });
    drain(world);
    loseDisk(world, 1);
    drain(world);
    expect(dealingsOf(world, 1).permitted).toBe(0n);
    wish(world, 0, { type: "Withdraw", total: tokenUnits(41n) });
    drain(world);
    expect(dealingsOf(world, 1).permitted).toBe(41n);
    expectSound(world);
  });
});

describe("closing together", () => {
  const signature = (world: LineWorld, by: number) => {
    const final = dealingsOf(world, 0).final;
    const channel = ledgerOf(world, 0).channel;
    if (final === undefined || channel === undefined) throw new Error("nothing final");
    const isA = addressAt(world, 0) < addressAt(world, 1);
    const totals = isA ? ([final.out, final.in] as const) : ([final.in, final.out] as const);
    return { digest: finalDigest(channel, totals), signer: nodeAt(world, by).signer.id };
  };

  test("both pay what they owe, and hold the other's signature under the same totals", () => {
    const world = paid();
    traffic(world, 0, 0, 3n, 0n);
    wish(world, 0, { type: "EndChannel" });
    drain(world);
    const [one, other] = [dealingsOf(world, 0), dealingsOf(world, 1)];
    expect(one.final).toEqual({ out: other.final?.in, in: other.final?.out });
    expect(one.final?.out).toBe(ledgerOf(world, 1).credited?.cumulative);
    for (const [index, by] of [
      [0, 1],
      [1, 0],
    ] as const) {
      const { digest, signer } = signature(world, by);
      const taken = dealingsOf(world, index).finalTaken ?? new Uint8Array(65);
      expect(modelledCheck(signer, digest, taken)).toBe(true);
    }
    expectSound(world);
  });

  test("whatever is lost, repeated and crashes meanwhile, it ends, with books that agree", () => {
    const fate = fc.record({
      steps: fc.array(fc.nat(99), { maxLength: 60 }),
      both: fc.boolean(),
      bytes: fc.nat(8),
    });
    fc.assert(
      fc.property(fate, ({ steps, both, bytes }) => {
        const world = paid();
        traffic(world, 0, 0, BigInt(bytes), 0n);
        wish(world, 0, { type: "EndChannel" });
        if (both) wish(world, 1, { type: "EndChannel" });
        for (const one of steps) {
          if (one < 40) deliver(world, one, one % 3 === 0);
          else if (one < 60) lose(world, one);
          else if (one < 90) feed(world, one % 2, { type: "Poke" });
          else crash(world, one % 2);
        }
        drain(world);
        expect(dealingsOf(world, 0).finalTaken).toBeDefined();
        expect(dealingsOf(world, 1).finalTaken).toBeDefined();
        expect(dealingsOf(world, 0).final?.out).toBe(dealingsOf(world, 1).final?.in);
        expectSound(world);
      }),
      { numRuns: 60 },
    );
  });

  test("nothing is signed after it began, and nothing credited after the totals were signed", () => {
    const world = paid();
    wish(world, 0, { type: "EndChannel" });
    drain(world);
    const final = dealingsOf(world, 0).final;
    traffic(world, 0, 0, 12n, 0n);
    drain(world);
    expect(ledgerOf(world, 0).signed?.cumulative ?? 0n).toBe(final?.out);
    expect(ledgerOf(world, 1).credited?.cumulative ?? 0n).toBe(final?.out);
    expect(refusalsOf(world, 0)["channel is closing"]).toBeGreaterThan(0);
  });
});

describe("a channel after another one", () => {
  const closeAndReopen = (world: LineWorld, settledOut: bigint, settledIn: bigint) => {
    const next = { channelId: "ee".repeat(32) };
    tell(world, 0, { open: false });
    tell(world, 1, { open: false });
    const [out, into] = [tokenUnits(settledOut), tokenUnits(settledIn)];
    tell(world, 0, { ...next, settledOut: out, settledIn: into });
    tell(world, 1, { ...next, settledOut: into, settledIn: out });
    deliverAll(world);
  };
  const totals = (world: LineWorld) => {
    const { signed, credited } = ledgerOf(world, 0);
    return [signed?.cumulative ?? 0n, credited?.cumulative ?? 0n] as const;
  };

  test("what was settled is not paid again, what goes beyond is", () => {
    const world = paid();
    const [out, into] = totals(world);
    closeAndReopen(world, out, into);
    expect(totals(world)[0]).toBe(0n);
    use(world, 10);
    expect(totals(world)[0]).toBe(60n);
    const { outbound } = ledgerOf(world, 0);
    expect(outbound[0]?.signed).toBe(out + 60n);
    expect(ledgerOf(world, 1).inbound[0]?.credited).toBe(out + 60n);
    expectSound(world);
  });

  test("what was credited and never registered can be claimed from the new one", () => {
    const world = paid();
    const [out, into] = totals(world);
    closeAndReopen(world, out - 25n, into);
    drain(world);
    expect(ledgerOf(world, 1).credited?.cumulative).toBe(25n);
    use(world, 2);
    expect(ledgerOf(world, 1).inbound[0]?.credited).toBe(out + 12n);
    expectSound(world);
  });

  test("a disk lost after that heals, and nobody is throttled or pays twice", () => {
    for (const victim of [0, 1]) {
      const world = paid();
      const [out, into] = totals(world);
      closeAndReopen(world, out, into);
      drain(world);
      world.air.length = 0;
      loseDisk(world, victim);
      const next = { channelId: "ee".repeat(32) };
      const [mine, theirs] = victim === 0 ? [out, into] : [into, out];
      tell(world, victim, {
        ...next,
        settledOut: tokenUnits(mine),
        settledIn: tokenUnits(theirs),
      });
      use(world, 10);
      expect(nodeAt(world, victim).throttles).toBe(0);
      expect(ledgerOf(world, 0).outbound[0]?.signed).toBe(ledgerOf(world, 1).inbound[0]?.credited);
      expect(ledgerOf(world, 1).credited?.cumulative).toBeLessThanOrEqual(60n + 60n);
    }
  });
});
