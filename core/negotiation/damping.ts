import { millionth } from "./purchase-window.ts";

/** How slowly an asked price follows what it should be. Shares are parts per million of the price. */
export interface Damping {
  /** Nearer than this to the target nothing changes. */
  readonly band: bigint;
  /** A change is at most so large. Not below `band`. */
  readonly step: bigint;
  /** So many bytes lie between two changes: carried, or such as could have been. */
  readonly pause: bigint;
  /** After so many bytes without a change the step is whole again. Not below `pause`. */
  readonly calm: bigint;
}

/** An asked price, and how it came to be. Kept while the agent runs; a new one begins with a whole step. */
export interface Damped {
  /** Grains a byte, at least 1. */
  readonly price: bigint;
  /** Where it went last. */
  readonly direction: "up" | "down" | undefined;
  /** How often it turned: each time the step is halved. */
  readonly turns: number;
  /** Bytes since the last change. */
  readonly passed: bigint;
  /** Whether nothing is sold at all. */
  readonly isWithheld: boolean;
}

/** Between what a price has to stay, and where it should go: grains a byte. */
export interface Aim {
  readonly least: bigint;
  /** Not below `least`. */
  readonly most: bigint;
  readonly target: bigint;
}

/** Why a price changed or stayed. */
export type Movement =
  | "rose to cover its cost"
  | "fell to the ceiling"
  | "rises"
  | "falls"
  | "is near enough"
  | "waits for more bytes"
  | "turned too often";

/** How often a step can be halved at most: it is then below every band that is allowed. */
const turnLimit = 20;

/** A price at which nothing has happened yet. @param price grains a byte. */
export function damped(price: bigint): Damped {
  return { price, direction: undefined, turns: 0, passed: 0n, isWithheld: false };
}

/** Nothing is sold, for so many more bytes: to begin with that is a turn. */
export function withheld(before: Damped, bytes: bigint): Damped {
  if (before.isWithheld) return { ...before, passed: before.passed + bytes };
  const turns = before.turns < turnLimit ? before.turns + 1 : turnLimit;
  return { ...before, turns, passed: 0n, isWithheld: true };
}

/**
 * Whether sales that were stopped may begin again: after a pause, and after a calm where there were too many turns.
 * Else two who resell each other would stop and begin for ever, each because the other did.
 */
export function mayResume(
  { turns, passed }: Damped,
  { band, step, pause, calm }: Damping,
): boolean {
  return passed >= calm || (passed >= pause && step >> BigInt(turns) >= band);
}

/**
 * The next price after so many more bytes. Half of the way to the target, and at most a step; a price that
 * turns back takes half the step from then on, and below the dead band none: so however a market answers,
 * it is changed only a bounded number of times between `least` and `most` ({@link changeBound}). Only
 * what lies outside of the two is mended at once: nobody waits while selling below cost.
 */
export function moved(
  before: Damped,
  damping: Damping,
  { least, most, target }: Aim,
  bytes: bigint,
): { readonly next: Damped; readonly movement: Movement } {
  const waited = before.passed + bytes;
  const turns = waited >= damping.calm ? 0 : before.turns;
  const now: Damped = { ...before, turns, passed: waited };
  const { price } = now;
  // A band more than needed: a cost that creeps up is not followed grain by grain.
  if (price < least) {
    const ample = least + partOf(least, damping.band);
    return changed(now, ample < most ? ample : most, "rose to cover its cost");
  }
  if (price > most) return changed(now, most, "fell to the ceiling");
  const wanted = target < least ? least : target > most ? most : target;
  const way = wanted > price ? wanted - price : price - wanted;
  if (way <= partOf(price, damping.band)) return { next: now, movement: "is near enough" };
  if (waited < damping.pause) return { next: now, movement: "waits for more bytes" };
  const direction = wanted > price ? "up" : "down";
  const isTurn = now.direction !== undefined && now.direction !== direction;
  const halvings = isTurn && turns < turnLimit ? turns + 1 : turns;
  const share = damping.step >> BigInt(halvings);
  if (share < damping.band) {
    return { next: { ...now, turns: halvings }, movement: "turned too often" }; // either way, till a calm
  }
  const half = (way + 1n) >> 1n;
  const step = partOf(price, share);
  const distance = half < step ? half : step > 0n ? step : 1n;
  const next = direction === "up" ? price + distance : price - distance;
  const movement = direction === "up" ? "rises" : "falls";
  return { next: { ...now, price: next, direction, turns: halvings, passed: 0n }, movement };
}

function changed(now: Damped, price: bigint, movement: Movement) {
  const direction: Damped["direction"] = price > now.price ? "up" : "down";
  return { next: { ...now, price, direction, passed: 0n }, movement };
}

function partOf(price: bigint, share: bigint): bigint {
  return (price * share) / millionth;
}

/**
 * How often {@link moved} changes a price at most within one calm, as long as `least` and `most` stay: whatever
 * the market answers. Each run in one direction takes its smallest steps, half a band, from one end to the
 * other; there are as many runs as a step can be halved before it is below the band, and two.
 */
export function changeBound({ band, step }: Damping, least: bigint, most: bigint): bigint {
  let run = 0n;
  for (let price = least; price < most; run += 1n) {
    const smallest = (partOf(price, band) + 1n) >> 1n;
    price += smallest > 0n ? smallest : 1n;
  }
  let runs = 2n;
  for (let share = step; share > 0n && share >= band && runs < BigInt(turnLimit) + 2n; runs += 1n)
    share >>= 1n;
  return 1n + run * runs;
}
