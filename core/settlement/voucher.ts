import { keccak_256 } from "@noble/hashes/sha3.js";
import { fromHex } from "#core/identity/hexadecimal.ts";
import type { Signature, SignatureCheck, Signer } from "#core/identity/signature.ts";
import { type Money, noMoney, type TokenUnits, toTokenUnits } from "#core/units/money.ts";
import type { NodeId } from "#core/units/node-id.ts";
import type { Channel } from "./channel.ts";

/**
 * A payment: the signer's total to its neighbour, ever. The largest one counts, so loss, repetition
 * and order of vouchers change nothing (T4). Only `cumulative` is signed, as the contract demands;
 * `totals` says how it divides over the price classes, and must add up to it exactly.
 */
export interface Voucher {
  /** Grains signed on each paid class, class 1 first. */
  readonly totals: readonly Money[];
  /** The sum of the totals, rounded up once, in token units (T13). */
  readonly cumulative: TokenUnits;
  /** Over the EIP-712 digest of channel and cumulative. */
  readonly signature: Signature;
}

/** The sum of the totals of a voucher, in grains. */
export function sum(totals: readonly Money[]): Money {
  return totals.reduce<Money>((all, total) => (all + total) as Money, noMoney);
}

/** A voucher for totals, signed. */
export function signVoucher(channel: Channel, totals: readonly Money[], signer: Signer): Voucher {
  const cumulative = toTokenUnits(sum(totals), channel.grainsPerUnit);
  return { totals, cumulative, signature: signer.sign(voucherDigest(channel, cumulative)) };
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
 * Whether the division over the classes adds up to what was signed. Total: totals that are too
 * large for any token amount do not.
 */
export function addsUp(channel: Channel, voucher: Voucher): boolean {
  const total = sum(voucher.totals);
  const signed = voucher.cumulative * channel.grainsPerUnit;
  return total <= signed && signed - total < channel.grainsPerUnit;
}

const domainType = keccak_256(
  ascii("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
);
const voucherType = keccak_256(ascii("Voucher(bytes32 channelId,uint128 cumulative)"));
const contractName = keccak_256(ascii("MeshChannels"));
const contractVersion = keccak_256(ascii("1"));

/** EIP-712: keccak256(0x1901 || domain separator || hash of the struct). */
export function voucherDigest(channel: Channel, cumulative: TokenUnits): Uint8Array {
  const domain = keccak_256(
    join([domainType, contractName, contractVersion, word(channel.chainId), address(channel)]),
  );
  const struct = keccak_256(join([voucherType, fromHex(channel.channelId), word(cumulative)]));
  return keccak_256(join([Uint8Array.of(0x19, 0x01), domain, struct]));
}

function address(channel: Channel): Uint8Array {
  return fromHex(channel.contract.padStart(64, "0"));
}

/** An unsigned 256-bit word, big-endian (the ABI's static types). */
function word(value: bigint): Uint8Array {
  return fromHex(value.toString(16).padStart(64, "0"));
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
