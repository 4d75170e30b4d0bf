import { keccak_256 } from "@noble/hashes/sha3.js";
import { fromHex, toHex } from "#core/identity/hexadecimal.ts";
import type { TokenUnits } from "#core/units/money.ts";

/** Where a signature for a channel counts: one contract on one chain. */
export interface SigningPlace {
  readonly channelId: string;
  readonly chainId: bigint;
  /** 40 hexadecimal digits. */
  readonly contract: string;
}

const domainType = keccak_256(
  ascii("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
);
const voucherType = keccak_256(ascii("Voucher(bytes32 channelId,uint128 cumulative)"));
const withdrawType = keccak_256(
  ascii("Withdraw(bytes32 channelId,address party,uint128 totalOut)"),
);
const finalType = keccak_256(ascii("Final(bytes32 channelId,uint128 cumAB,uint128 cumBA)"));
const contractName = keccak_256(ascii("MeshChannels"));
const contractVersion = keccak_256(ascii("1"));

/** What a voucher's signer signs: all that it ever paid on this channel. */
export function voucherDigest(place: SigningPlace, cumulative: TokenUnits): Uint8Array {
  return digest(place, [voucherType, fromHex(place.channelId), word(cumulative)]);
}

/**
 * What the other party signs so that `party` may take out so much in all: no expiry, and as good the
 * second time as the first.
 * @param party an address, 40 hexadecimal digits.
 */
export function permitDigest(place: SigningPlace, party: string, total: TokenUnits): Uint8Array {
  const words = [withdrawType, fromHex(place.channelId), address(party), word(total)];
  return digest(place, words);
}

/**
 * What both parties sign to close at once.
 * @param totals what the party with the smaller address signed to the other, then the reverse.
 */
export function finalDigest(
  place: SigningPlace,
  totals: readonly [TokenUnits, TokenUnits],
): Uint8Array {
  return digest(place, [finalType, fromHex(place.channelId), ...totals.map(word)]);
}

/** What a channel is made of: its id follows from it, and from nothing else. */
export interface ChannelOrigin {
  readonly chainId: bigint;
  /** Addresses: 40 hexadecimal digits each; the parties in any order. */
  readonly contract: string;
  readonly parties: readonly [string, string];
  /** All zeros for the chain's own coin. */
  readonly token: string;
  /** Seconds between the begin of a close and its end. */
  readonly notice: bigint;
  /** How many channels the two had before on these terms: each gets a new id. */
  readonly number: bigint;
}

/** The id of a channel: 64 hexadecimal digits. No block is part of it, so a reorg does not move it. */
export function channelIdOf(origin: ChannelOrigin): string {
  const [a, b] = inOrder(origin.parties);
  const words = [
    word(origin.chainId),
    address(origin.contract),
    address(a),
    address(b),
    address(origin.token),
    word(origin.notice),
    word(origin.number),
  ];
  return toHex(keccak_256(join(words)));
}

/** The contract's a and b: the smaller address first. */
export function inOrder(parties: readonly [string, string]): readonly [string, string] {
  const [one, other] = parties;
  return one < other ? [one, other] : [other, one];
}

/** EIP-712: keccak256(0x1901 || domain separator || hash of the struct). */
function digest(place: SigningPlace, struct: readonly Uint8Array[]): Uint8Array {
  const names = [domainType, contractName, contractVersion];
  const domain = keccak_256(join([...names, word(place.chainId), address(place.contract)]));
  return keccak_256(join([Uint8Array.of(0x19, 0x01), domain, keccak_256(join(struct))]));
}

function address(digits: string): Uint8Array {
  return fromHex(digits.padStart(64, "0"));
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
