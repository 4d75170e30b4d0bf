/**
 * How long somebody who failed is left alone: counted in bytes that others carried meanwhile, because
 * without traffic there is nothing to try. Twice as long at each failure, and half at each stretch
 * without one.
 */
export interface Backoff {
  /** Failures that are not forgotten yet, at most {@link strikeLimit}. */
  readonly strikes: bigint;
  /** Bytes that others have yet to carry before it is tried again. */
  readonly rest: bigint;
  /** Bytes that it carried well since it was tried again, towards the forgetting of a failure. */
  readonly served: bigint;
}

/** Nothing is held against it. */
export const noBackoff: Backoff = { strikes: 0n, rest: 0n, served: 0n };

/** After so many failures in a row the rest grows no more: 2 MB, 4 MB, and so on to 512 MB. */
export const strikeLimit = 9n;

/** The rest after the first failure, in bytes. */
export const firstRest = 2_000_000n;

/** It failed: it rests, twice as long as the last time. */
export function afterFailure({ strikes }: Backoff): Backoff {
  const more = strikes < strikeLimit ? strikes + 1n : strikeLimit;
  return { strikes: more, rest: firstRest << (more - 1n), served: 0n };
}

/** Others carried so many bytes. */
export function afterOthers(backoff: Backoff, bytes: bigint): Backoff {
  if (bytes <= 0n || backoff.rest === 0n) return backoff;
  return { ...backoff, rest: bytes < backoff.rest ? backoff.rest - bytes : 0n };
}

/** It carried so many bytes well: as many as its last rest, and a failure is forgotten. */
export function afterService(backoff: Backoff, bytes: bigint): Backoff {
  let { strikes } = backoff;
  let served = strikes === 0n || bytes <= 0n ? 0n : backoff.served + bytes;
  while (strikes > 0n && served >= firstRest << (strikes - 1n)) {
    served -= firstRest << (strikes - 1n);
    strikes -= 1n;
  }
  return { ...backoff, strikes, served: strikes === 0n ? 0n : served };
}
