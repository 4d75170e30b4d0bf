import { expect, test } from "vitest";
import { decodeMessage } from "#core/peer/message-reader.ts";
import type { Money } from "#core/units/money.ts";
import { money, tokenUnits } from "#core/units/money.ts";
import { flood } from "../simulator/kernel.ts";
import {
  books,
  channelOf,
  crash,
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
import { setPrice } from "../simulator/op.ts";
import { wayAt } from "../simulator/world.ts";

// Anna (node 0) sends bytes over Ben (node 1), who charges 3 grains a byte, L = 60, T = 10, c = 6.

const neighbours = (change: Partial<Parameters<typeof lineWorld>[0]> = {}): LineWorld =>
  lineWorld({
    terms: smallTerms,
    deposit: 1_000_000n,
    grainsPerUnit: 1n,
    prices: [2n, 3n],
    ...change,
  });

/** Both have met, and leases are held. */
function met(change: Partial<Parameters<typeof lineWorld>[0]> = {}): LineWorld {
  const world = neighbours(change);
  drain(world, 2);
  return world;
}

/** Anna sends bytes in portions; everybody reads, everything arrives, but nobody settles. */
function send(world: LineWorld, portions: number, bytes = 2n): void {
  for (let i = 0; i < portions; i++) {
    traffic(world, 0, 0, bytes, 0n);
    for (const node of [0, 1]) read(world, node);
    deliverAll(world);
  }
}

const eventsOf = (world: LineWorld, node: number) =>
  nodeAt(world, node).journal.map((event) => event.type);

test("given two strangers with real keys, when they say hello, then leases, bytes and the first payment follow, message by message", () => {
  const world = neighbours({ keys: "real" });
  const said: string[] = [];
  const hear = () => {
    while (world.air.length > 0) {
      const [next] = world.air;
      const message = next === undefined ? "nothing" : decodeMessage(next.bytes);
      if (typeof message === "string") throw new Error(message);
      said.push(`${next?.to === 1 ? "Anna" : "Ben"} ${message.type}`);
      deliver(world, 0, false);
    }
  };
  // When both agents start, each says HELLO, in both its forms; each answers with what it has signed
  // and charges.
  expect(world.air.length).toBe(4);
  hear();
  const hello = ["Anna HELLO", "Anna HELLO", "Ben HELLO", "Ben HELLO"];
  expect(said.slice(0, 4).sort()).toEqual(hello);
  expect(said).toContain("Anna VOUCHER");
  expect(said).toContain("Ben LEASE");
  expect(said).toContain("Ben ADVERT");
  // Then Ben has leased 20 bytes: all that 60 grains of credit pay at 3 grains a byte.
  expect(books(world, 0, 0)).toMatchObject({ g: 20n, G: 20n, v: 0n, w: 0n });
  // When Anna's agent reads the kernel, it reserves one chunk, and the kernel may send that much.
  read(world, 0);
  expect(books(world, 0, 0)).toMatchObject({ r: 6n, x: 0n });
  expect(wayAt(world, 0, 0).quota).toBe(6n);
  // When 4 bytes are sent, 12 grains are owed: more than T. Anna pays; Ben credits and leases on.
  traffic(world, 0, 0, 4n, 0n);
  said.length = 0;
  for (const node of [0, 1]) read(world, node);
  hear();
  expect(said.slice(0, 2)).toEqual(["Anna VOUCHER", "Ben LEASE"]);
  expect(books(world, 0, 0)).toMatchObject({ v: 12n, w: 12n, g: 24n, G: 24n, x: 4n });
  expect(eventsOf(world, 1)).toContain("VoucherCredited");
});

test("given a fresh newcomer that pays nothing, when it sends as much as it can, then it gets L and not a byte more", () => {
  const world = met();
  flood(world, 0, 0, 10_000n, 0n);
  for (let i = 0; i < 3; i++) read(world, 1);
  expect(wayAt(world, 0, 0).forwarded).toBe(20n);
  expect(wayAt(world, 0, 0).standing).toBe("throttled");
  expect(books(world, 0, 0).w).toBe(0n);
});

test("given traffic in full flow, when the price rises, then leased bytes keep the old price and later ones cost the new one", () => {
  const world = met();
  send(world, 10);
  const before = books(world, 0, 0);
  setPrice(world, 1, 7n);
  send(world, 30);
  drain(world, 1);
  const after = books(world, 0, 0);
  const old = before.G;
  expect(after.payerF(old)).toBe(before.payeeF(old));
  expect(after.way.tx).toBe(80n);
  expect(after.way.degraded).toBe(0n);
  expect(after.v).toBe(before.payeeF(old) + 7n * (80n - old));
  expect(after.w).toBe(after.v);
});

test("given a price above Anna's cap, when Ben asks it, then nothing is leased at it; when he lowers it, all goes on", () => {
  const world = met();
  send(world, 5);
  setPrice(world, 1, 51n);
  send(world, 40);
  drain(world, 2);
  const dear = books(world, 0, 0);
  expect(dear.way.degraded).toBeGreaterThan(0n);
  expect(dear.g).toBe(dear.G);
  expect([dear.v, dear.w]).toEqual([dear.payerF(dear.g), dear.payerF(dear.g)]);
  const refusals = nodeAt(world, 1).node.live[0]?.refusals ?? {};
  expect(refusals["price above the neighbour's cap"]).toBeGreaterThan(0);
  setPrice(world, 1, 50n);
  drain(world, 2);
  const { degraded } = books(world, 0, 0).way;
  send(world, 10, 1n);
  expect(books(world, 0, 0).way.degraded).toBe(degraded);
});

test("given an agent that is killed in full flow, when it starts again, then not a byte is counted twice or lost", () => {
  const world = met();
  send(world, 10);
  for (const node of [0, 1]) {
    traffic(world, 0, 0, 2n, 0n);
    crash(world, node);
    world.air.length = 0;
    send(world, 5);
  }
  drain(world, 2);
  const { way, v, w, payerF, y } = books(world, 0, 0);
  expect([way.sent, way.tx]).toEqual([44n, 44n]);
  expect([v, w, y]).toEqual([payerF(44n), payerF(44n), 44n]);
});

test("given counters that start from zero again, when the agents read them, then Anna pays at most one chunk more and Ben forgives at most what was unread", () => {
  const world = met();
  send(world, 10);
  for (const node of [0, 1]) for (const end of nodeAt(world, node).ends) recreate(world, end);
  send(world, 10);
  drain(world, 2);
  const { way, v, payerF } = books(world, 0, 0);
  expect(way.payerResets).toBe(1n);
  expect(v).toBeGreaterThan(payerF(way.sent));
  expect(v).toBeLessThanOrEqual(payerF(way.sent + smallTerms.reservation));
  expect(way.forgiven).toBeLessThanOrEqual(smallTerms.readChunk);
  expect(nodeAt(world, 1).throttles).toBe(0);
});

test("given a payer whose deposit is used up, when it goes on sending, then it falls back to the free tier; when it deposits more, it pays and goes on as paid", () => {
  const world = met({ deposit: 40n });
  const tell = (deposit: bigint) => {
    for (const node of [0, 1]) {
      const [end] = nodeAt(world, node).ends;
      if (end === undefined) throw new Error("no neighbour");
      const amount = tokenUnits(deposit);
      const channel = { ...channelOf(world, end), depositIn: amount, depositOut: amount };
      feed(world, node, { type: "ChannelFact", neighbour: 0, channel });
    }
  };
  send(world, 40);
  const poor = books(world, 0, 0);
  expect(poor.v).toBeLessThanOrEqual(40n);
  expect(poor.way.degraded).toBeGreaterThan(0n);
  expect(wayAt(world, 0, 0).standing).toBe("open");
  tell(1000n);
  drain(world, 1);
  const degraded = books(world, 0, 0).way.degraded;
  send(world, 20);
  drain(world, 1);
  const rich = books(world, 0, 0);
  expect(rich.way.degraded).toBe(degraded);
  expect(rich.v).toBe(rich.payerF(rich.way.tx));
  expect(rich.w).toBe(rich.v);
});

test("given a payer that stops paying, when it owes more than L, then it is throttled; when it pays all, it is opened at once", () => {
  const world = met();
  // Anna's agent is gone and her kernel knows no quota.
  flood(world, 0, 0, 60n, 0n);
  for (let i = 0; i < 2; i++) read(world, 1);
  expect(wayAt(world, 0, 0).standing).toBe("throttled");
  // Her agent is back: it counts what its kernel sent and pays as far as leases reach, again and again.
  for (let i = 0; i < 30 && wayAt(world, 0, 0).standing === "throttled"; i++) drain(world, 1);
  expect(wayAt(world, 0, 0).standing).toBe("open");
  const { v, w, payerF, way } = books(world, 0, 0);
  expect(v).toBe(payerF(way.tx));
  expect(w).toBe(v);
});

test("given Anna's disk is lost, when she starts with nothing but her key, then she goes on where Ben's lease ends, for at most L", () => {
  const world = met();
  send(world, 20);
  drain(world, 1);
  const before = books(world, 0, 0);
  world.air.length = 0;
  loseDisk(world, 0);
  drain(world, 2);
  expect(eventsOf(world, 0)).toContain("PayerRestored");
  const after = books(world, 0, 0);
  expect(after.v - before.v).toBeLessThanOrEqual(smallTerms.creditLimit);
  expect(after.v).toBe(after.w);
  send(world, 10);
  drain(world, 1);
  expect(books(world, 0, 0).way.sent).toBe(60n);
  expect(books(world, 0, 0).way.degraded).toBe(0n);
});

test("given Ben's disk is lost, when Anna shows his own leases and her voucher, then he knows again what he was paid", () => {
  const world = met();
  send(world, 20);
  drain(world, 1);
  const before = books(world, 0, 0);
  world.air.length = 0;
  loseDisk(world, 1);
  expect(books(world, 0, 0).w).toBe(0n);
  drain(world, 2);
  expect(eventsOf(world, 1)).toContain("PayeeRestored");
  const after = books(world, 0, 0);
  expect(after.w).toBe(before.w);
  expect(after.G).toBeGreaterThanOrEqual(before.g);
  send(world, 10);
  drain(world, 1);
  expect(books(world, 0, 0).way.degraded).toBe(0n);
  expect(nodeAt(world, 1).throttles).toBe(0);
});

test("given Ben knows of a smaller deposit than Anna has, when she pays above it, then her voucher is kept and credited when he learns of the rest", () => {
  const world = met();
  const [end] = nodeAt(world, 1).ends;
  if (end === undefined) throw new Error("no neighbour");
  const fact = (deposit: bigint) => {
    const channel = { ...channelOf(world, end), depositIn: tokenUnits(deposit) };
    feed(world, 1, { type: "ChannelFact", neighbour: 0, channel });
  };
  fact(30n);
  send(world, 12);
  expect(eventsOf(world, 1)).toContain("VoucherHeld");
  const poor = books(world, 0, 0);
  expect(poor.w).toBeLessThanOrEqual(30n);
  expect(poor.v).toBeGreaterThan(30n);
  fact(1000n);
  expect(books(world, 0, 0).w).toBeGreaterThan(30n);
  drain(world, 2);
  expect(books(world, 0, 0).w).toBe(books(world, 0, 0).v);
});

test("given Anna limits her spending, when the limit is reached, then she signs no more; when she raises it, she pays on", () => {
  const world = met();
  const limit = (grains: Money) =>
    feed(world, 0, { type: "Wish", wish: { type: "LimitSpending", neighbour: 0, limit: grains } });
  limit(money(50n));
  send(world, 40);
  drain(world, 2);
  const limited = books(world, 0, 0);
  expect(limited.v).toBeLessThanOrEqual(50n);
  // To the last byte that the limit pays for.
  expect(limited.v).toBeGreaterThan(50n - 3n);
  expect(limited.way.degraded).toBeGreaterThan(0n);
  limit(money(500n));
  drain(world, 2);
  const sent = books(world, 0, 0).way.sent;
  send(world, 10);
  drain(world, 1);
  const after = books(world, 0, 0);
  expect(after.way.sent - sent).toBe(20n);
  expect(after.w).toBe(after.payerF(after.way.tx));
});

test("given traffic in both directions, when all is settled, then each owes the other's price and deposits recirculate", () => {
  // Each deposited 30, far less than will pass between them.
  const world = met({ deposit: 30n });
  for (let i = 0; i < 60; i++) {
    traffic(world, 0, 0, 2n, 0n);
    traffic(world, 0, 1, 3n, 0n);
    for (const node of [0, 1]) read(world, node);
    deliverAll(world);
  }
  drain(world, 2);
  const [there, back] = [books(world, 0, 0), books(world, 0, 1)];
  expect([there.way.degraded, back.way.degraded]).toEqual([0n, 0n]);
  expect(there.v).toBe(3n * 120n);
  expect(back.v).toBe(2n * 180n);
  expect([there.w, back.w]).toEqual([there.v, back.v]);
});
