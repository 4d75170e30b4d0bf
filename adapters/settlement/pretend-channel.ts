import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { NodeId } from "#core/units/node-id.ts";

/** The facts that all channels of one settlement share. */
export interface SettlementPlace {
  /** The chain, or a number no chain has when there is none. */
  readonly chainId: bigint;
  /** The contract: 20 bytes, 40 lower-case hexadecimal digits. */
  readonly contract: string;
  readonly grainsPerUnit: bigint;
}

/**
 * The id of a channel that no chain knows: follows from the place and the two nodes, in either
 * order, so that two processes which have never spoken agree on it. The words in front keep it
 * apart from every id a contract computes.
 */
export function pretendChannelId(place: SettlementPlace, one: NodeId, other: NodeId): string {
  const [first, second] = one < other ? [one, other] : [other, one];
  const words = ["meshtoll channel without a chain", place.chainId, place.contract, first, second];
  return bytesToHex(keccak_256(utf8ToBytes(words.join("\n"))));
}
