/** Round-trip times of the last probes, newest last, in microseconds. */
export type RoundTrips = readonly bigint[];

/** So many are kept. */
export const roundTripLimit = 15;

/**
 * One probe more: (t4 - t1) - (t3 - t2), each difference taken on one clock, so that no two clocks are
 * ever compared. What cannot be (the other end held it longer than it was away) is left out.
 * @param away t4 - t1, by our clock; @param held t3 - t2, by the other end's. In microseconds.
 */
export function withRoundTrip(trips: RoundTrips, away: bigint, held: bigint): RoundTrips {
  if (away < 0n || held < 0n || held > away) return trips;
  return [...trips, away - held].slice(-roundTripLimit);
}

/** So many of the newest are looked at for what is now. */
const recentTrips = 3;

/** The time one way as it is now: half of the least of the newest, of which some wait for a busy machine. */
export function recentDelayOf(trips: RoundTrips): bigint | undefined {
  const recent = trips.slice(-recentTrips);
  const [first, ...others] = recent;
  if (first === undefined) return undefined;
  return others.reduce((least, one) => (one < least ? one : least), first) / 2n;
}

/** The time one way: half the median, because a few probes wait for a busy machine. Nothing where none came back. */
export function delayOf(trips: RoundTrips): bigint | undefined {
  const sorted = [...trips].sort((a, b) => (a < b ? -1 : 1));
  const middle = sorted[sorted.length >> 1];
  return middle === undefined ? undefined : middle / 2n;
}
