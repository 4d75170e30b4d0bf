import { integers } from "#core/rules/algebra.ts";
import { capacity, mayPermit } from "#core/rules/channel-rules.ts";
import { type TokenUnits, tokenUnitsLimit } from "#core/units/money.ts";
import type { Channel } from "./channel.ts";
import type { Dealings } from "./dealings.ts";
import type { Voucher } from "./voucher.ts";

/** Everything that decides what vouchers on a channel are good for. */
export interface ChannelBooks {
  readonly channel: Channel;
  readonly dealings: Dealings;
  /** Our best voucher, and the neighbour's that is credited, on this channel. */
  readonly signed: Voucher | undefined;
  readonly credited: Voucher | undefined;
  /** A better one of the neighbour's, which the channel does not cover yet. */
  readonly held?: Voucher | undefined;
}

const none = 0n as TokenUnits;

/** Q1: what the neighbour's vouchers on the channel are good for, in all. */
export function coverOfTheirs({ channel, dealings, signed }: ChannelBooks): TokenUnits {
  const taken = larger(dealings.permitted, channel.withdrawnIn);
  return cover(channel.depositIn, taken, signed?.cumulative ?? none);
}

/** P3: what ours are good for. What we asked to take out may be permitted by now. */
export function coverOfOurs({ channel, dealings, credited }: ChannelBooks): TokenUnits {
  const taken = larger(dealings.asked, channel.withdrawnOut);
  return cover(channel.depositOut, taken, credited?.cumulative ?? none);
}

function cover(deposit: TokenUnits, taken: TokenUnits, received: TokenUnits): TokenUnits {
  return capacity(integers, deposit - taken, received, tokenUnitsLimit) as TokenUnits;
}

/** What we may still take out, in all, without touching what our vouchers promise. */
export function mostToWithdraw({ channel, signed, credited }: ChannelBooks): TokenUnits {
  const part = channel.depositOut + (credited?.cumulative ?? none) - (signed?.cumulative ?? none);
  return (part > 0n ? part : 0n) as TokenUnits;
}

/** The permit rule: whether what we credited stays in the channel. */
export function mayPermitTotal(books: ChannelBooks, total: TokenUnits): boolean {
  const view = {
    deposit: books.channel.depositIn,
    signed: books.signed?.cumulative ?? none,
    credited: books.credited?.cumulative ?? none,
  };
  return mayPermit(integers, view, total);
}

/** What would be ours, were the channel closed now, less what we asked to take out before. */
export function freePart({ channel, dealings, signed, credited }: ChannelBooks): TokenUnits {
  const taken = larger(dealings.asked, channel.withdrawnOut);
  const part =
    channel.depositOut - taken + (credited?.cumulative ?? none) - (signed?.cumulative ?? none);
  return (part > 0n ? part : none) as TokenUnits;
}

function larger(a: TokenUnits, b: TokenUnits): TokenUnits {
  return a > b ? a : b;
}
