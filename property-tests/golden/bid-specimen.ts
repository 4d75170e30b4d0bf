import { type BidMessage, bidNumberLimit, bidVerdicts } from "#core/peer/bid.ts";
import { signBid, signSurcharge } from "#core/peer/bid-form.ts";
import { bidLimit } from "#core/queue/bids.ts";
import { priceLimit } from "#core/units/price.ts";
import { testSigner } from "../simulator/test-signer.ts";

const payer = testSigner(1);
const seller = testSigner(2);

const answers = bidVerdicts.map((verdict, i): readonly [string, BidMessage] => {
  const bid = { send: 1_000_000n, receive: BigInt(i) };
  const prices = i === 0 ? [60_000_000n, 0n, priceLimit] : [];
  const words = { bidder: payer.id, number: 0x1_00_00_07n, verdict, bid, prices };
  return [`SURCHARGE, ${verdict}`, signSurcharge(seller, words)];
});

/** Messages about bids. The names never change; new ones come at the end. */
export const bidSpecimens: Readonly<Record<string, BidMessage>> = {
  BID: signBid(payer, {
    seller: seller.id,
    number: 0x1_00_00_07n,
    bid: { send: 1_000_000n, receive: 5n },
  }),
  "BID, nothing": signBid(payer, {
    seller: seller.id,
    number: 0n,
    bid: { send: 0n, receive: 0n },
  }),
  "BID, the most": signBid(payer, {
    seller: seller.id,
    number: bidNumberLimit,
    bid: { send: bidLimit, receive: bidLimit },
  }),
  ...Object.fromEntries(answers),
};
