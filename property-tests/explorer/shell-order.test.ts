import { expect, test } from "vitest";
import type { Input } from "#core/node/input.ts";
import {
  books,
  configured,
  crash,
  deliverAll,
  drain,
  feed,
  feedCarelessly,
  type LineWorld,
  lineWorld,
  nodeAt,
  read,
  readings,
  reboot,
  smallTerms,
  traffic,
} from "../simulator/line-world.ts";
import { setPrice } from "../simulator/op.ts";
import { broken } from "../simulator/theorem.ts";

// What the shell must never do, each shown to break the theorem that the right order keeps.

const pair = (): LineWorld => {
  const world = lineWorld({
    terms: smallTerms,
    deposit: 1_000_000n,
    grainsPerUnit: 1n,
    prices: [2n, 3n],
  });
  drain(world, 3);
  return world;
};

const settle: Input = { type: "Wish", wish: { type: "Settle" } };

/** The input arrives, the machine stops; either nothing or too much has happened by then. */
function both(world: () => LineWorld, then: (world: LineWorld, careless: boolean) => void) {
  return [false, true].map((careless) => {
    const one = world();
    then(one, careless);
    return broken(one);
  });
}

test("send before journal, voucher: the payee has credited what the payer never signed (T5)", () => {
  const [right, wrong] = both(pair, (world, careless) => {
    traffic(world, 0, 0, 3n, 0n);
    read(world, 0);
    if (careless) feedCarelessly(world, 0, settle);
    for (const { to, ...datagram } of world.air.splice(0)) {
      if (to === 1) feed(world, 1, { type: "Datagram", ...datagram });
    }
    crash(world, 0);
  });
  expect(right).toBeUndefined();
  expect(wrong).toMatch(/T5/);
});

/** A VOUCHER reaches the payee and its answer the payer; then the payee's machine stops. */
function grantedThenStopped(careless: boolean) {
  const world = pair();
  traffic(world, 0, 0, 3n, 0n);
  read(world, 0);
  feed(world, 0, settle);
  const voucher = world.air.splice(0).find((datagram) => datagram.to === 1);
  if (voucher === undefined) throw new Error("nothing paid");
  const input: Input = { type: "Datagram", neighbour: 0, bytes: voucher.bytes };
  if (careless) feedCarelessly(world, 1, input);
  deliverAll(world);
  crash(world, 1);
  world.air.length = 0;
  return { world, input };
}

test("send before journal, lease: the payer holds what the payee never granted (T1)", () => {
  expect(broken(grantedThenStopped(false).world)).toBeUndefined();
  expect(broken(grantedThenStopped(true).world)).toMatch(/T1/);
});

test("send before journal, lease: an honest payee signs two leases for one position, which proves fraud (T23)", () => {
  for (const careless of [false, true]) {
    const { world, input } = grantedThenStopped(careless);
    // The operator changes the price, and the same VOUCHER arrives again.
    setPrice(world, 1, 5n);
    feed(world, 1, input);
    deliverAll(world);
    const accused = nodeAt(world, 0).alarms.includes("two leases for one position");
    expect(accused).toBe(careless);
  }
});

test("act before journal, quota: the kernel passes what was never reserved, and a reboot forgets it (T1, T3)", () => {
  const [right, wrong] = both(pair, (world, careless) => {
    traffic(world, 0, 0, 5n, 0n);
    const input: Input = { type: "Readings", readings: readings(world, 0) };
    if (careless) feedCarelessly(world, 0, input);
    traffic(world, 0, 0, 5n, 0n);
    for (let i = 0; i < 2; i++) read(world, 1);
    reboot(world, 0);
    read(world, 0);
  });
  expect(right).toBeUndefined();
  expect(wrong).toMatch(/T1/);
});

test("uncovered resale: a forwarder that leases at a fixed price below its upstream loses without bound", () => {
  /** A forwards through B to C. B's price is fixed, or its fee on top of C's. */
  const lossOf = (own: bigint | { readonly fee: bigint }, bytes: number): bigint => {
    const world = lineWorld({
      terms: smallTerms,
      deposit: 1_000_000n,
      grainsPerUnit: 1n,
      prices: [1n, own, 3n],
    });
    drain(world, 3);
    setPrice(world, 2, 9n);
    for (let i = 0; i < bytes; i++) {
      const before = books(world, 0, 0).way.sent;
      traffic(world, 0, 0, 1n, 0n);
      traffic(world, 1, 0, books(world, 0, 0).way.sent - before, 0n);
      drain(world, 1);
    }
    return books(world, 1, 0).v - books(world, 0, 0).w;
  };
  expect(lossOf({ fee: 2n }, 150)).toBeLessThanOrEqual(smallTerms.creditLimit);
  expect(lossOf(5n, 150)).toBeGreaterThan(2n * smallTerms.creditLimit);
});

test("what the shell is told again after a crash is what it was told before: outputs are derivable", () => {
  const world = pair();
  traffic(world, 0, 0, 4n, 0n);
  read(world, 0);
  const before = books(world, 0, 0).way.quota;
  crash(world, 0);
  Object.assign(books(world, 0, 0).way, { quota: -1n });
  read(world, 0);
  expect(books(world, 0, 0).way.quota).toBe(before);
  expect(configured(world, 0, false).type).toBe("Configured");
});
