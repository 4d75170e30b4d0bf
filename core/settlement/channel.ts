import { isHex } from "#core/units/hex-digits.ts";
import { type TokenUnits, tokenUnitsLimit } from "#core/units/money.ts";
import { positionLimit } from "#core/units/position.ts";

/**
 * A payment channel between two neighbours, as far as billing needs it: facts told by the
 * settlement port, every amount a total, so that a fact told twice changes nothing.
 */
export interface Channel {
  /** 32 bytes, 64 lower-case hexadecimal digits. */
  readonly channelId: string;
  readonly chainId: bigint;
  /** The contract's address: 20 bytes, 40 lower-case hexadecimal digits. */
  readonly contract: string;
  /** How many grains one unit of the token is. */
  readonly grainsPerUnit: bigint;
  /** What the neighbour has deposited, in all. */
  readonly depositIn: TokenUnits;
  /** What we have deposited, in all. */
  readonly depositOut: TokenUnits;
  /** What the neighbour has taken out of this channel, in all. */
  readonly withdrawnIn: TokenUnits;
  /** What we have taken out of it, in all. */
  readonly withdrawnOut: TokenUnits;
  /**
   * What the neighbour's vouchers on channels of before were settled for when those were closed.
   * Totals of accounts are for life; a voucher on this channel stands for what goes beyond.
   */
  readonly settledIn: TokenUnits;
  /** The same of ours. */
  readonly settledOut: TokenUnits;
  /** False once it is closing: nothing new is signed or credited. */
  readonly open: boolean;
}

/** Whether a fact has the form and the limits that the journal and the contract demand. */
export function isPossibleChannel(channel: Channel): boolean {
  return (
    channel.channelId.length === 64 &&
    isHex(channel.channelId) &&
    channel.contract.length === 40 &&
    isHex(channel.contract) &&
    within(channel.chainId, 0n, positionLimit) &&
    within(channel.grainsPerUnit, 1n, positionLimit) &&
    within(channel.depositIn, 0n, tokenUnitsLimit) &&
    within(channel.depositOut, 0n, tokenUnitsLimit) &&
    within(channel.withdrawnIn, 0n, tokenUnitsLimit) &&
    within(channel.withdrawnOut, 0n, tokenUnitsLimit) &&
    within(channel.settledIn, 0n, tokenUnitsLimit) &&
    within(channel.settledOut, 0n, tokenUnitsLimit)
  );
}

function within(value: bigint, least: bigint, most: bigint): boolean {
  return value >= least && value <= most;
}

/** A channel of which nothing was taken out, and which is the first of its two neighbours. */
export const untouched = {
  withdrawnIn: 0n as TokenUnits,
  withdrawnOut: 0n as TokenUnits,
  settledIn: 0n as TokenUnits,
  settledOut: 0n as TokenUnits,
} as const;

/** Whether a channel is as {@link untouched} says. */
export function isUntouched(channel: Channel): boolean {
  const { withdrawnIn, withdrawnOut, settledIn, settledOut } = channel;
  return withdrawnIn + withdrawnOut + settledIn + settledOut === 0n;
}

/** Whether two facts say the same. */
export function sameChannel(a: Channel, b: Channel): boolean {
  return (
    a.channelId === b.channelId &&
    a.chainId === b.chainId &&
    a.contract === b.contract &&
    a.grainsPerUnit === b.grainsPerUnit &&
    a.depositIn === b.depositIn &&
    a.depositOut === b.depositOut &&
    a.withdrawnIn === b.withdrawnIn &&
    a.withdrawnOut === b.withdrawnOut &&
    a.settledIn === b.settledIn &&
    a.settledOut === b.settledOut &&
    a.open === b.open
  );
}
