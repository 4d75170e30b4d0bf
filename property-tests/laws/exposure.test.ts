import fc from "fast-check";
import { expect, test } from "vitest";
import type { Hello, VoucherMessage } from "#core/peer/message.ts";
import { encodeMessage, helloDigest } from "#core/peer/message-form.ts";
import { signLease } from "#core/schedule/lease.ts";
import { signVoucher } from "#core/settlement/voucher.ts";
import { journalId } from "#core/units/journal-id.ts";
import { type Money, noMoney } from "#core/units/money.ts";
import type { Position } from "#core/units/position.ts";
import { price } from "#core/units/price.ts";
import { priceClass } from "#core/units/price-class.ts";
import { appear, flood } from "../simulator/kernel.ts";
import {
  books,
  channelOf,
  crash,
  deliverAll,
  drain,
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
import { ops, run } from "../simulator/op.ts";
import { wayAt } from "../simulator/world.ts";
import { runs } from "./law-runs.ts";

const bytePrice = 3n;
const pair = (terms = smallTerms): LineWorld =>
  lineWorld({ terms, deposit: 1_000_000n, grainsPerUnit: 1n, prices: [2n, bytePrice] });

test("T6: whoever stays within its leases is never throttled, with no assumption about the network", () => {
  fc.assert(
    fc.property(ops(2, 200), (list) => {
      const world = pair();
      for (const op of list) {
        run(world, op);
        for (const side of [0, 1] as const) {
          const { payeeF, y, w, way } = books(world, 0, side);
          expect(payeeF(y)).toBeLessThanOrEqual(w + smallTerms.creditLimit);
          expect(way.standing).toBe("open");
        }
      }
    }),
    { numRuns: runs(50) },
  );
});

/** What a payer may do that knows no rule. `take` is how much of the lease a lie claims. */
type Cheat =
  | { readonly do: "flood"; readonly bytes: number; readonly lost: number }
  | { readonly do: "say"; readonly total: number; readonly held: number }
  | { readonly do: "replay"; readonly at: number }
  | { readonly do: "forge"; readonly to: number }
  /** Another run of its agent, or another journal: a reboot loop, or a disk that it says was lost. */
  | { readonly do: "greet"; readonly run: number; readonly another: boolean }
  | { readonly do: "junk"; readonly bytes: Uint8Array }
  | { readonly do: "read" | "poke" | "crash" | "reboot" };

const cheats: fc.Arbitrary<readonly Cheat[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant("flood" as const),
        bytes: fc.integer({ min: 1, max: 40 }),
        lost: fc.constantFrom(0, 0, 300),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant("say" as const),
        total: fc.integer({ min: 0, max: 400 }),
        held: fc.integer({ min: -1, max: 5 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("replay" as const), at: fc.nat(50) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("forge" as const), to: fc.nat(500) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant("greet" as const),
        run: fc.nat(9),
        another: fc.boolean(),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant("junk" as const),
        bytes: fc.uint8Array({ maxLength: 80 }),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constantFrom("read" as const, "poke" as const) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constantFrom("crash" as const, "reboot" as const) }),
    },
  ),
  { minLength: 20, maxLength: 120, size: "max" },
);

/** A payer without rules at node 0, in front of an honest payee at node 1. */
function cheater(world: LineWorld) {
  const { signer } = nodeAt(world, 0);
  const payee = nodeAt(world, 1);
  const [end] = payee.ends;
  if (end === undefined) throw new Error("no neighbour");
  const channel = channelOf(world, end);
  const id = { payer: signer.id, payee: payee.signer.id, class: priceClass(1) };
  const past: Uint8Array[] = [];
  const leases = () =>
    payee.journal.flatMap((event) => (event.type === "LeaseGranted" ? [event.lease] : []));
  const say = (message: VoucherMessage | Hello): void => {
    const bytes = encodeMessage(message);
    past.push(bytes);
    feed(world, 1, { type: "Datagram", neighbour: 0, bytes });
  };
  const greetAgain = (run: bigint): void => {
    const { ledger } = payee.node;
    const hello = {
      type: "HELLO",
      ...between(),
      recipient: payee.signer.id,
      meetings: 1n,
      answers: ledger.neighbours[0]?.meetings ?? 0n,
      met: true,
      run,
      heard: ledger.run,
      classes: 1,
      terms: smallTerms,
      tunnelKey: new Uint8Array(32),
      channelId: "00".repeat(32),
    } as const;
    say({ ...hello, signature: signer.sign(helloDigest(hello)) });
  };
  greet(world);
  let { from } = headBetween(world, 0, 1);
  const between = () => ({ ...headBetween(world, 0, 1), from });
  return (cheat: Cheat): void => {
    world.air.length = 0;
    switch (cheat.do) {
      case "flood":
        flood(world, 0, 0, BigInt(cheat.bytes), BigInt(cheat.lost));
        return;
      case "say": {
        const voucher = signVoucher(channel, [BigInt(cheat.total) as Money], signer);
        return say({ type: "VOUCHER", ...between(), voucher, held: [leases()[cheat.held]] });
      }
      case "replay": {
        const bytes = past[cheat.at % Math.max(1, past.length)];
        if (bytes !== undefined) feed(world, 1, { type: "Datagram", neighbour: 0, bytes });
        return;
      }
      case "forge": {
        const to = BigInt(cheat.to + 1) as Position;
        const place = { number: 99n, from: 0n as Position, to, settled: 0n as Position };
        const made = { payerJournal: from, payeeJournal: journalId(1 + (cheat.to % 3)) };
        const terms = { ...place, price: price(1n), due: noMoney, ...made };
        const held = [signLease(id, terms, signer)];
        return say({ type: "VOUCHER", ...between(), voucher: undefined, held });
      }
      case "greet":
        if (cheat.another) from = journalId(from + 1);
        return greetAgain(BigInt(cheat.run));
      case "junk":
        return feed(world, 1, { type: "Datagram", neighbour: 0, bytes: cheat.bytes });
      case "read":
        return read(world, 1);
      case "poke":
        return feed(world, 1, { type: "Poke" });
      case "crash":
        return crash(world, 1);
      case "reboot":
        return reboot(world, 1);
    }
  };
}

test("T7, T22: a payer that cheats in every way gets at most L in credit, and P for each byte the payee forgave", () => {
  let most = 0n;
  fc.assert(
    fc.property(cheats, (list) => {
      const world = pair();
      drain(world, 2);
      const act = cheater(world);
      for (const cheat of list) {
        act(cheat);
        const { way, y, G, w, payeeF } = books(world, 0, 0);
        const bound = smallTerms.creditLimit + bytePrice * way.forgiven;
        const exposure = payeeF(y < G ? y : G) - w;
        expect(exposure).toBeLessThanOrEqual(smallTerms.creditLimit);
        // The truth: everything that was forwarded as paid, whatever was read or forgotten of it.
        const forwarded = bytePrice * way.forwarded - w;
        expect(forwarded).toBeLessThanOrEqual(bound);
        if (forwarded > most) most = forwarded;
      }
      const { alarms } = nodeAt(world, 1);
      expect(alarms.filter((words) => words !== "voucher beyond the schedule")).toEqual([]);
    }),
    { numRuns: runs(250) },
  );
  // The bound is met: a law about cheats that never got anything would say nothing.
  expect(most).toBeGreaterThanOrEqual(smallTerms.creditLimit - bytePrice);
});

test("T7: a payer that stops paying is throttled, and opened again at once when it pays", () => {
  const world = pair();
  drain(world, 2);
  flood(world, 0, 0, 100n, 0n);
  for (let i = 0; i < 3; i++) read(world, 1);
  expect(wayAt(world, 0, 0).standing).toBe("throttled");
  const { G, payeeF } = books(world, 0, 0);
  cheater(world)({ do: "say", total: Number(payeeF(G)), held: 0 });
  // Paid up to its lease: another lease is due, and beyond the old one it used 80 bytes.
  expect(wayAt(world, 0, 0).standing).toBe("throttled");
  for (let i = 0; i < 20 && wayAt(world, 0, 0).standing === "throttled"; i++) {
    const now = books(world, 0, 0);
    cheater(world)({ do: "say", total: Number(now.payeeF(now.G)), held: i + 1 });
  }
  expect(wayAt(world, 0, 0).standing).toBe("open");
});

test("T19: what the payee counts beside paid traffic, up to the allowance, throttles nobody", () => {
  const allowance = 20n;
  fc.assert(
    fc.property(
      ops(2, 150, false),
      fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 4 }),
      (list, extras) => {
        const world = pair({ ...smallTerms, allowance });
        for (const [i, op] of list.entries()) {
          const extra = i % 30 === 0 ? extras[i / 30] : undefined;
          if (extra !== undefined) appear(world, 0, 0, BigInt(extra));
          run(world, op);
          expect(nodeAt(world, 1).throttles).toBe(0);
        }
        expect(nodeAt(world, 1).alarms).toEqual([]);
      },
    ),
    { numRuns: runs(80) },
  );
});

test("T19: one byte beyond the allowance, at the end of the lease, does throttle: the band is exact", () => {
  for (const [extra, standing] of [
    [5n, "open"],
    [6n, "throttled"],
  ] as const) {
    const world = pair({ ...smallTerms, allowance: 5n, reservation: 1000n });
    drain(world, 3);
    traffic(world, 0, 0, 1000n, 0n);
    // Nothing the payer says arrives any more: it has used its lease to the last byte.
    appear(world, 0, 0, extra);
    for (let i = 0; i < 3; i++) read(world, 1);
    const { way, G } = books(world, 0, 0);
    expect(way.tx).toBe(G);
    expect(way.standing).toBe(standing);
  }
});

test("T19: a constant tolerance is passed by accumulating doubles, whatever it is, so counters must agree", () => {
  const allowance = 50n;
  const world = pair({ ...smallTerms, allowance });
  drain(world, 2);
  let sent = 0n;
  for (; wayAt(world, 0, 0).standing === "open" && sent < 100_000n; sent += 3n) {
    traffic(world, 0, 0, 3n, 0n);
    appear(world, 0, 0, 1n);
    drain(world, 1);
    deliverAll(world);
  }
  expect(wayAt(world, 0, 0).standing).toBe("throttled");
  expect(sent).toBeLessThan(1000n);
});
