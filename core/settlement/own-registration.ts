import type { ChannelBooks } from "./cover.ts";
import type { Outlook } from "./outlook.ts";

/**
 * How much of what we credited a close would leave unsettled because the contract lacks our own
 * voucher; 0 where it needs none of ours. What we signed covers what the neighbour signed (see
 * `coverOfTheirs`); a neighbour that keeps our voucher from the contract is paid less, and its own
 * count for less. On the next channel it could claim ours, and never sign its own again. So in the
 * notice, after the neighbour's best voucher, ours is registered where this is above 0: it costs
 * nothing but gas, since what we signed we owe.
 */
export function leftUnsettled(books: ChannelBooks, outlook: Outlook): bigint {
  const { channel, signed, credited } = books;
  if ((signed?.cumulative ?? 0n) <= outlook.registeredOut) return 0n;
  const theirs = channel.depositIn + outlook.registeredOut - channel.withdrawnIn;
  const left = (credited?.cumulative ?? 0n) - theirs;
  return left > 0n ? left : 0n;
}
