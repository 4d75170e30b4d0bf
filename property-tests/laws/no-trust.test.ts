import fc from "fast-check";
import { expect, test } from "vitest";
import type { Message, MessageHead } from "#core/peer/message.ts";
import {
  advertDigest,
  encodeMessage,
  helloDigest,
  statementDigest,
} from "#core/peer/message-form.ts";
import { type Lease, signLease } from "#core/schedule/lease.ts";
import { signVoucher } from "#core/settlement/voucher.ts";
import { journalId } from "#core/units/journal-id.ts";
import { type Money, noMoney } from "#core/units/money.ts";
import { type Position, positionLimit } from "#core/units/position.ts";
import type { Price } from "#core/units/price.ts";
import { priceClass } from "#core/units/price-class.ts";
import {
  channelOf,
  crash,
  feed,
  greet,
  headBetween,
  type LineWorld,
  lineWorld,
  nodeAt,
  read,
  reboot,
  smallTerms,
  traffic,
} from "../simulator/line-world.ts";
import { wayAt } from "../simulator/world.ts";
import { runs } from "./law-runs.ts";

/** What a payee may do that knows no rule. */
type Lie =
  | {
      readonly do: "lease";
      readonly skip: number;
      readonly back: number;
      readonly length: number;
      readonly price: number;
      readonly more: number;
      readonly far: boolean;
    }
  | {
      readonly do: "credited";
      readonly total: number;
      readonly inflate: number;
      readonly own: boolean;
    }
  | { readonly do: "statement" | "hello" | "advert"; readonly by: number }
  | { readonly do: "replay"; readonly at: number }
  | { readonly do: "traffic"; readonly bytes: number }
  | { readonly do: "read" | "poke" | "settle" | "crash" | "reboot" };

const small = fc.integer({ min: 0, max: 3 });
const lies: fc.Arbitrary<readonly Lie[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant("lease" as const),
        skip: fc.constantFrom(0, 0, 0, 1, 2),
        back: fc.constantFrom(0, 0, 0, 1, 5),
        length: fc.integer({ min: 0, max: 20 }),
        price: fc.integer({ min: 1, max: 60 }),
        more: fc.constantFrom(0, 0, 0, 1, 40, 10_000),
        far: fc.constantFrom(false, false, false, true),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant("credited" as const),
        total: fc.nat(500),
        inflate: small,
        own: fc.boolean(),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constantFrom("statement" as const, "hello" as const, "advert" as const),
        by: fc.nat(1_000_000),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("replay" as const), at: fc.nat(50) }) },
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constant("traffic" as const), bytes: fc.nat(9) }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constantFrom("read" as const, "poke" as const, "settle" as const),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constantFrom("crash" as const, "reboot" as const) }),
    },
  ),
  { minLength: 20, maxLength: 120, size: "max" },
);

/** A payee without rules at node 1, in front of an honest payer at node 0. */
function liar(world: LineWorld): (lie: Lie) => void {
  const payer = nodeAt(world, 0);
  const { signer } = nodeAt(world, 1);
  const [end] = payer.ends;
  if (end === undefined) throw new Error("no neighbour");
  const channel = channelOf(world, end);
  const id = { payer: payer.signer.id, payee: signer.id, class: priceClass(1) };
  const past: Uint8Array[] = [];
  greet(world);
  /** From whatever journal the payer believes in. */
  const between = (): MessageHead => ({
    ...headBetween(world, 1, 0),
    from: payer.node.ledger.neighbours[0]?.journal ?? journalId(2001),
  });
  const say = (message: Message): void => {
    const bytes = encodeMessage(message);
    past.push(bytes);
    feed(world, 0, { type: "Datagram", neighbour: 0, bytes });
  };
  const leased = (leases: readonly Lease[], credited: ReturnType<typeof signVoucher> | undefined) =>
    say({ type: "LEASE", ...between(), class: priceClass(1), leases, credited });
  const head = { recipient: payer.signer.id } as const;
  const state = (what: "statement" | "hello" | "advert", by: bigint): void => {
    const counters = [{ sent: by as Position, read: positionLimit as Position }];
    const statement = { type: "STATEMENT", ...between(), ...head, counters } as const;
    const order = { run: by, count: by };
    const advert = { type: "ADVERT", ...between(), ...head, ...order, offers: [] } as const;
    const more = { classes: 1, tunnelKey: new Uint8Array(32), channelId: "00".repeat(32) };
    const hello = {
      type: "HELLO",
      ...between(),
      ...head,
      // The same journal, or another one, with an answer that is right or is not.
      ...(by % 3n === 0n ? {} : { from: journalId(7000 + Number(by % 5n)) }),
      meetings: by,
      answers: by % 2n === 0n ? (payer.node.ledger.neighbours[0]?.meetings ?? 0n) : by,
      met: by % 4n < 2n,
      run: by,
      heard: by,
      terms: smallTerms,
      ...more,
    } as const;
    if (what === "hello") say({ ...hello, signature: signer.sign(helloDigest(hello)) });
    if (what === "advert") say({ ...advert, signature: signer.sign(advertDigest(advert)) });
    if (what === "statement") {
      say({ ...statement, signature: signer.sign(statementDigest(statement)) });
    }
  };
  return (lie) => {
    world.air.length = 0;
    const account = payer.node.ledger.neighbours[0];
    const schedule = account?.outbound[0]?.schedule;
    switch (lie.do) {
      case "lease": {
        const from = (schedule?.end ?? 0n) - BigInt(lie.back);
        if (from < 0n) return;
        const to = lie.far ? positionLimit : from + BigInt(lie.length);
        const terms = {
          number: (schedule?.leases ?? 0n) + 1n + BigInt(lie.skip),
          from: from as Position,
          to: to as Position,
          price: BigInt(lie.price) as Price,
          due: ((schedule?.endDue ?? 0n) + BigInt(lie.more)) as Money,
          settled: (from > BigInt(lie.more) ? from - BigInt(lie.more) : to) as Position,
          payerJournal: journalId(lie.skip === 0 ? 1001 : 1001 - lie.skip),
          payeeJournal: between().from,
        };
        return leased([signLease(id, terms, signer)], undefined);
      }
      case "credited": {
        const ours = account?.signed;
        const made = signVoucher(channel, [BigInt(lie.total) as Money], signer);
        const voucher = lie.own && ours !== undefined ? ours : made;
        const totals = voucher.totals.map((total) => (total + BigInt(lie.inflate)) as Money);
        return leased([], { ...voucher, totals });
      }
      case "statement":
      case "hello":
      case "advert":
        return state(lie.do, BigInt(lie.by));
      case "replay": {
        const bytes = past[lie.at % Math.max(1, past.length)];
        if (bytes !== undefined) feed(world, 0, { type: "Datagram", neighbour: 0, bytes });
        return;
      }
      case "traffic":
        traffic(world, 0, 0, BigInt(lie.bytes), 0n);
        return;
      case "read":
        return read(world, 0);
      case "poke":
        return feed(world, 0, { type: "Poke" });
      case "settle":
        return feed(world, 0, { type: "Wish", wish: { type: "Settle" } });
      case "crash":
        return crash(world, 0);
      case "reboot":
        return reboot(world, 0);
    }
  };
}

const pair = (grainsPerUnit: bigint) =>
  lineWorld({ terms: smallTerms, deposit: 1_000_000n, grainsPerUnit, prices: [2n, 3n] });

test("T22: whatever a payee says, its payer signs at most P for each byte sent and chunk lost, and L at most once", () => {
  let most = 0n;
  fc.assert(
    fc.property(lies, fc.constantFrom(1n, 7n), (list, grainsPerUnit) => {
      const world = pair(grainsPerUnit);
      const act = liar(world);
      for (const lie of list) {
        act(lie);
        const [account] = nodeAt(world, 0).node.ledger.neighbours;
        const owing = account?.outbound[0];
        const way = wayAt(world, 0, 0);
        if (owing === undefined) throw new Error("no account");
        const bytes = way.sent + way.payerResets * smallTerms.reservation;
        const bound = smallTerms.priceCap * bytes + smallTerms.creditLimit;
        expect(owing.signed).toBeLessThanOrEqual(bound);
        expect(owing.reserved).toBeLessThanOrEqual(owing.schedule.end);
        expect(account?.broken).toBeUndefined();
        if (owing.signed > most) most = owing.signed;
      }
      const alarms = nodeAt(world, 0).alarms;
      expect(alarms.filter((words) => words !== "two leases for one position")).toEqual([]);
    }),
    { numRuns: runs(250) },
  );
  expect(most).toBeGreaterThan(100n);
});

test("T22: without a lease nothing is ever signed, and nothing sent, whatever else a payee says", () => {
  const talk = lies.map((list) => list.filter((lie) => lie.do !== "lease"));
  fc.assert(
    fc.property(talk, (list) => {
      const world = pair(1n);
      const act = liar(world);
      for (const lie of list) act(lie);
      expect(nodeAt(world, 0).node.ledger.neighbours[0]?.signed).toBeUndefined();
      expect(wayAt(world, 0, 0).sent).toBe(0n);
    }),
    { numRuns: runs(60) },
  );
});

test("T22: an operator's spending limit and the channel's deposit hold, whatever is leased and sent", () => {
  fc.assert(
    fc.property(
      fc.bigInt(0n, 150n),
      fc.bigInt(0n, 150n),
      fc.bigInt(1n, 9n),
      (deposit, limit, grainsPerUnit) => {
        const world = lineWorld({ terms: smallTerms, deposit, grainsPerUnit, prices: [2n, 3n] });
        feed(world, 0, {
          type: "Wish",
          wish: { type: "LimitSpending", neighbour: 0, limit: limit as Money },
        });
        for (let i = 0; i < 80; i++) {
          traffic(world, 0, 0, 3n, 0n);
          for (const node of [0, 1]) read(world, node);
          feed(world, 0, { type: "Wish", wish: { type: "Settle" } });
          while (world.air.length > 0) {
            const [next] = world.air.splice(0, 1);
            if (next !== undefined) feed(world, next.to, { type: "Datagram", ...next });
          }
        }
        const account = nodeAt(world, 0).node.ledger.neighbours[0];
        const signed = account?.outbound[0]?.signed ?? noMoney;
        expect(signed).toBeLessThanOrEqual(limit);
        expect(account?.signed?.cumulative ?? 0n).toBeLessThanOrEqual(deposit);
      },
    ),
    { numRuns: runs(40) },
  );
});
