import type { Wishes } from "#core/negotiation/wishes.ts";

/** Wishes that hold, for tests that change a part of them. Prices are some hundred grains a byte. */
export const soundWishes: Wishes = {
  mode: "automatic",
  profit: 100_000n,
  window: 10_000n,
  floor: 50n,
  ceiling: 800n,
  scarce: 800_000n,
  idle: 400_000n,
  damping: { band: 20_000n, step: 125_000n, pause: 1000n, calm: 100_000_000n },
};
