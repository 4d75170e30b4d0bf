import { integers } from "#core/rules/algebra.ts";
import { capacity as capacityRule } from "#core/rules/channel-rules.ts";
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
  /** False once it is closing: nothing new is signed or credited. */
  readonly open: boolean;
}

/** Whether a fact has the form and the limits that the journal and the contract demand. */
export function isPossibleChannel(channel: Channel): boolean {
  return (
    /^[0-9a-f]{64}$/.test(channel.channelId) &&
    /^[0-9a-f]{40}$/.test(channel.contract) &&
    within(channel.chainId, 0n, positionLimit) &&
    within(channel.grainsPerUnit, 1n, positionLimit) &&
    within(channel.depositIn, 0n, tokenUnitsLimit) &&
    within(channel.depositOut, 0n, tokenUnitsLimit)
  );
}

function within(value: bigint, least: bigint, most: bigint): boolean {
  return value >= least && value <= most;
}

/**
 * How much a party's vouchers are good for in all: what it deposited and what the other party has
 * signed to it. Deposits recirculate: two neighbours who pay each other need no new ones. Never
 * more than a voucher can carry.
 */
export function capacity(deposit: TokenUnits, cumulativeOfTheOther: TokenUnits): TokenUnits {
  return capacityRule(integers, deposit, cumulativeOfTheOther, tokenUnitsLimit) as TokenUnits;
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
    a.open === b.open
  );
}
