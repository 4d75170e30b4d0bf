import type { Signature, SignatureCheck, Signer } from "#core/identity/signature.ts";
import { type Money, noMoney, type TokenUnits, toTokenUnits } from "#core/units/money.ts";
import type { NodeId } from "#core/units/node-id.ts";
import type { Channel } from "./channel.ts";
import { voucherDigest } from "./typed-data.ts";

/**
 * A payment: the signer's total to its neighbour, ever. The largest one counts, so loss, repetition
 * and order of vouchers change nothing (T4). Only `cumulative` is signed, as the contract demands;
 * `totals` says how it divides over the price classes, and must add up to it exactly.
 */
export interface Voucher {
  /** Grains signed on each paid class, class 1 first. */
  readonly totals: readonly Money[];
  /**
   * The sum of the totals, rounded up once, in token units (T13), less what was settled on channels
   * of before.
   */
  readonly cumulative: TokenUnits;
  /** Over the EIP-712 digest of channel and cumulative. */
  readonly signature: Signature;
}

/** The sum of the totals of a voucher, in grains. */
export function sum(totals: readonly Money[]): Money {
  return totals.reduce<Money>((all, total) => (all + total) as Money, noMoney);
}

/** A voucher of ours for totals, signed, on the channel in use. */
export function signVoucher(channel: Channel, totals: readonly Money[], signer: Signer): Voucher {
  const cumulative = onChannel(channel, totals, channel.settledOut);
  return { totals, cumulative, signature: signer.sign(voucherDigest(channel, cumulative)) };
}

/** What totals come to on a channel, beyond what was settled before it. Nothing where all was. */
export function onChannel(
  channel: Channel,
  totals: readonly Money[],
  settled: TokenUnits,
): TokenUnits {
  const all = toTokenUnits(sum(totals), channel.grainsPerUnit);
  return (all > settled ? all - settled : 0n) as TokenUnits;
}

/** Whether the node signed this voucher for this channel. */
export function voucherHolds(
  holds: SignatureCheck,
  channel: Channel,
  voucher: Voucher,
  payer: NodeId,
): boolean {
  return holds(payer, voucherDigest(channel, voucher.cumulative), voucher.signature);
}

/**
 * Whether the division over the classes adds up to what was signed, on top of what was settled
 * before. Total: totals that are too large for any token amount do not.
 */
export function addsUp(channel: Channel, voucher: Voucher, settled: TokenUnits): boolean {
  const total = sum(voucher.totals);
  const signed = (voucher.cumulative + settled) * channel.grainsPerUnit;
  if (total > signed) return false;
  return signed - total < channel.grainsPerUnit || voucher.cumulative === 0n;
}
