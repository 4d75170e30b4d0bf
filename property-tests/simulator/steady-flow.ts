import type { Terms } from "#core/account/terms.ts";
import { money } from "#core/units/money.ts";
import { price } from "#core/units/price.ts";
import { traffic } from "./kernel.ts";
import { deliver, drain, type LineWorld, lineWorld, read } from "./line-world.ts";
import { setPrice } from "./op.ts";

/** A payer that sends without a pause, over a network that needs a fixed number of bytes. */
export interface SteadyFlow {
  /** T, grains, and L. */
  readonly payThreshold: bigint;
  readonly creditLimit: bigint;
  /** Grains a byte. */
  readonly price: bigint;
  /** U: the payer's counter is read every so many bytes. */
  readonly readEvery: number;
  /** D: bytes that are sent while a message and its answer travel. */
  readonly roundTrip: number;
  /** What a byte costs at first, and after how many bytes it costs `price`. */
  readonly cheapAtFirst?: { readonly price: bigint; readonly bytes: number };
}

/** L >= T - 1 + P(U + D + 1), T14. */
export function sufficientLimit(flow: Omit<SteadyFlow, "creditLimit">): bigint {
  const window = BigInt(flow.readEvery + flow.roundTrip + 1);
  return flow.payThreshold - 1n + flow.price * window;
}

/** Sends so many bytes, one by one; says how many of them could not go as paid. */
export function degradedBytes(flow: SteadyFlow, bytes: number): number {
  const terms: Terms = {
    payThreshold: money(flow.payThreshold),
    creditLimit: money(flow.creditLimit),
    reservation: BigInt(4 * (flow.readEvery + flow.roundTrip + 1)),
    readChunk: BigInt(flow.readEvery),
    priceCap: price(flow.price),
    allowance: 0n,
  };
  const world = lineWorld({
    terms,
    deposit: 1n << 60n,
    grainsPerUnit: 1n,
    prices: [1n, flow.cheapAtFirst?.price ?? flow.price],
  });
  drain(world, 2);
  const there = Math.ceil(flow.roundTrip / 2);
  const arrivals: number[] = [];
  const path = world.wires[0]?.classes[0]?.[0];
  if (path === undefined) throw new Error("no wire");
  for (let sent = 1; sent <= bytes; sent++) {
    if (sent === flow.cheapAtFirst?.bytes) setPrice(world, 1, flow.price);
    traffic(world, 0, 0, 1n, 0n);
    if (sent % flow.readEvery === 0) {
      read(world, 0);
      read(world, 1);
    }
    travel(world, arrivals, sent, there, flow.roundTrip - there);
  }
  return Number(path.degraded);
}

/** Everything that has been on the way for its time arrives; what is new sets out. */
function travel(
  world: LineWorld,
  arrivals: number[],
  now: number,
  there: number,
  back: number,
): void {
  for (let moved = true; moved; ) {
    moved = false;
    while (arrivals.length < world.air.length) {
      const to = world.air[arrivals.length]?.to;
      arrivals.push(now + (to === 1 ? there : back));
    }
    const due = arrivals.findIndex((at) => at <= now);
    if (due >= 0) {
      arrivals.splice(due, 1);
      deliver(world, due, false);
      moved = true;
    }
  }
}
