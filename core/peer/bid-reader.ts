import { readList } from "#core/identity/canonical-list.ts";
import {
  type CanonicalReader,
  canonicalReader,
  Malformed,
} from "#core/identity/canonical-reader.ts";
import { sameBytes, toHex } from "#core/identity/hexadecimal.ts";
import { type SignatureCheck, signatureLength, signedBy } from "#core/identity/signature.ts";
import { type Bid, bidLimit } from "#core/queue/bids.ts";
import { type NodeId, nodeId } from "#core/units/node-id.ts";
import { priceLimit } from "#core/units/price.ts";
import {
  type BidMessage,
  bidMessageLimit,
  bidNumberLimit,
  bidVerdicts,
  bidVersion,
  surchargePriceLimit,
} from "./bid.ts";
import { bidDigest, bidMessageKinds, encodeBidMessage } from "./bid-form.ts";

/** Why a message about a bid is not listened to. */
export type BidMessageRefusal =
  | "oversized"
  | "malformed"
  | "unknown version"
  | "of another node"
  | "for another node"
  | "forged";

/** Whether bytes are such a message, to tell them from those of billing and of routes. Never throws. */
export function isBidMessage(bytes: Uint8Array): boolean {
  const [head = 0, , kind = 0] = bytes;
  const { BID, SURCHARGE } = bidMessageKinds;
  return (head & 0xf0) === 0x90 && (kind === BID || kind === SURCHARGE);
}

/**
 * A message about a bid from a neighbour to us, or why it is none. The signature is not looked at yet:
 * what says nothing new costs nothing. Any form but the one that is written is refused. Never throws.
 * @param from whose tunnel it came by; @param to ourselves.
 */
export function readBidMessage(
  bytes: Uint8Array,
  from: NodeId,
  to: NodeId,
): BidMessage | BidMessageRefusal {
  const message = decodeBidMessage(bytes);
  if (typeof message === "string") return message;
  const [sender, recipient] =
    message.type === "BID" ? [message.bidder, message.seller] : [message.seller, message.bidder];
  if (sender !== from) return "of another node";
  return recipient === to ? message : "for another node";
}

/** Whether the signature is that of whoever the message says it is of. */
export function isSigned(message: BidMessage, holds: SignatureCheck = signedBy): boolean {
  const signer = message.type === "BID" ? message.bidder : message.seller;
  return holds(signer, bidDigest(message), message.signature);
}

/** A message whose parties and signature nobody has looked at. Never throws. */
export function decodeBidMessage(bytes: Uint8Array): BidMessage | BidMessageRefusal {
  if (bytes.length > bidMessageLimit) return "oversized";
  try {
    const reader = canonicalReader(bytes);
    reader.array(3, 15);
    if (reader.small(255) !== bidVersion) return "unknown version";
    const message = readMessage(reader);
    reader.end();
    return sameBytes(encodeBidMessage(message), bytes) ? message : "malformed";
  } catch (error) {
    if (error instanceof Malformed || error instanceof RangeError) return "malformed";
    throw error;
  }
}

function readMessage(reader: CanonicalReader): BidMessage {
  const kind = reader.small(255);
  const { BID, SURCHARGE } = bidMessageKinds;
  if (kind !== BID && kind !== SURCHARGE) throw new Malformed(`kind ${kind} is about no bid`);
  const [first, second] = [readId(reader), readId(reader)];
  const number = reader.integer(bidNumberLimit);
  if (kind === BID) {
    const bid = readBid(reader);
    const signature = readSignature(reader);
    return { type: "BID", bidder: first, seller: second, number, bid, signature };
  }
  const verdict = bidVerdicts[reader.small(255)];
  if (verdict === undefined) throw new Malformed("a verdict that is none");
  const bid = readBid(reader);
  const prices = readList(reader, surchargePriceLimit, (one) => one.integer(priceLimit));
  const parties = { seller: first, bidder: second };
  const signature = readSignature(reader);
  return { type: "SURCHARGE", ...parties, number, verdict, bid, prices, signature };
}

function readId(reader: CanonicalReader): NodeId {
  return nodeId(toHex(reader.bytes(33, 33)));
}

function readBid(reader: CanonicalReader): Bid {
  const send = reader.integer(bidLimit);
  return { send, receive: reader.integer(bidLimit) };
}

function readSignature(reader: CanonicalReader): Uint8Array {
  return reader.bytes(signatureLength, signatureLength);
}
