import type { Signature } from "#core/identity/signature.ts";
import type { TokenUnits } from "#core/units/money.ts";

/**
 * What two neighbours agreed about their channel beside vouchers: who may take out how much, and
 * whether they close it together. Of the channel in use: a new one begins with {@link noDealings}.
 */
export interface Dealings {
  /** What we signed that the neighbour may take out, in all. Counts as taken from then on. */
  readonly permitted: TokenUnits;
  /** What we asked to take out, in all. Counts as taken from then on. */
  readonly asked: TokenUnits;
  /** What the neighbour signed that we may take out. */
  readonly permit: Permit | undefined;
  /** We sign nothing more on this channel: it is being closed together. */
  readonly ending: boolean;
  /** The totals with which we signed that it may be closed at once; nothing is credited after. */
  readonly final: Final | undefined;
  /** The neighbour's signature under the same totals. */
  readonly finalTaken: Signature | undefined;
}

/** A party's leave for the other one to take so much out of the channel, in all. */
export interface Permit {
  readonly total: TokenUnits;
  readonly signature: Signature;
}

/** What both parties signed to each other on a channel, as one of them sees it. */
export interface Final {
  readonly out: TokenUnits;
  readonly in: TokenUnits;
}

/** Of a channel that is only paid over: new ones, because two nodes in lockstep share no memory. */
export function noDealings(): Dealings {
  return {
    permitted: 0n as TokenUnits,
    asked: 0n as TokenUnits,
    permit: undefined,
    ending: false,
    final: undefined,
    finalTaken: undefined,
  };
}

/** Whether there are none. */
export function isWithoutDealings(dealings: Dealings): boolean {
  const { permitted, asked, permit, ending, final, finalTaken } = dealings;
  const nothing = permit === undefined && final === undefined && finalTaken === undefined;
  return permitted + asked === 0n && !ending && nothing;
}
