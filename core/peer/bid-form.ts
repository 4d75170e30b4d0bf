import { canonical, type Field } from "#core/identity/canonical-writer.ts";
import { fromHex } from "#core/identity/hexadecimal.ts";
import { type Signer, signingDigest } from "#core/identity/signature.ts";
import {
  type BidMessage,
  bidMessageLimit,
  bidVerdicts,
  bidVersion,
  type SignedBid,
  type Surcharge,
  type UnsignedBid,
  type UnsignedSurcharge,
} from "./bid.ts";

/** Their numbers on the wire, beyond those of billing (1 to 6) and of routes (32 to 36). */
export const bidMessageKinds = { BID: 40, SURCHARGE: 41 } as const;

/** A message about a bid as a datagram. @throws RangeError above {@link bidMessageLimit}. */
export function encodeBidMessage(message: BidMessage): Uint8Array {
  const head = [bidVersion, bidMessageKinds[message.type]];
  const bytes = canonical([...head, ...fieldsOf(message), message.signature]);
  if (bytes.length > bidMessageLimit) {
    throw new RangeError(
      `a message about a bid of ${bytes.length} bytes, at most ${bidMessageLimit}`,
    );
  }
  return bytes;
}

/** What is signed: every field, under a domain of each of the two. */
export function bidDigest(message: UnsignedBid | UnsignedSurcharge): Uint8Array {
  const domain = message.type === "BID" ? "bid" : "surcharge";
  return signingDigest(domain, fieldsOf(message), bidVersion);
}

/** A bid, signed by whoever makes it. */
export function signBid(signer: Signer, bid: Omit<UnsignedBid, "type" | "bidder">): SignedBid {
  const whole: UnsignedBid = { type: "BID", bidder: signer.id, ...bid };
  return { ...whole, signature: signer.sign(bidDigest(whole)) };
}

/** The answer to a bid, signed by the seller. */
export function signSurcharge(
  signer: Signer,
  surcharge: Omit<UnsignedSurcharge, "type" | "seller">,
): Surcharge {
  const whole: UnsignedSurcharge = { type: "SURCHARGE", seller: signer.id, ...surcharge };
  return { ...whole, signature: signer.sign(bidDigest(whole)) };
}

function fieldsOf(message: UnsignedBid | UnsignedSurcharge): readonly Field[] {
  const { bid, number } = message;
  const amounts = [bid.send, bid.receive];
  switch (message.type) {
    case "BID":
      return [fromHex(message.bidder), fromHex(message.seller), number, ...amounts];
    case "SURCHARGE": {
      const verdict = bidVerdicts.indexOf(message.verdict);
      const parties = [fromHex(message.seller), fromHex(message.bidder)];
      return [...parties, number, verdict, ...amounts, message.prices];
    }
  }
}
