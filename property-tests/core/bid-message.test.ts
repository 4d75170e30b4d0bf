import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonical } from "#core/identity/canonical-writer.ts";
import { fromHex } from "#core/identity/hexadecimal.ts";
import {
  type BidMessage,
  bidMessageLimit,
  bidNumberLimit,
  bidVerdicts,
  surchargePriceLimit,
} from "#core/peer/bid.ts";
import { encodeBidMessage, signBid, signSurcharge } from "#core/peer/bid-form.ts";
import { decodeBidMessage, isBidMessage, isSigned, readBidMessage } from "#core/peer/bid-reader.ts";
import { decodeMessage } from "#core/peer/message-reader.ts";
import { bidLimit } from "#core/queue/bids.ts";
import { isRouteMessage } from "#core/route/route-message.ts";
import { priceLimit } from "#core/units/price.ts";
import { testSigner } from "../simulator/test-signer.ts";

const payer = testSigner(1);
const seller = testSigner(2);
const stranger = testSigner(3);

const bid = fc.record({ send: fc.bigInt(0n, bidLimit), receive: fc.bigInt(0n, bidLimit) });
const number = fc.bigInt(0n, bidNumberLimit);
const bids = fc
  .record({ number, bid })
  .map((one): BidMessage => signBid(payer, { seller: seller.id, ...one }));
const surcharges = fc
  .record({
    number,
    bid,
    verdict: fc.constantFrom(...bidVerdicts),
    prices: fc.array(fc.bigInt(0n, priceLimit), { maxLength: surchargePriceLimit }),
  })
  .map((one): BidMessage => signSurcharge(payer, { bidder: seller.id, ...one }));
const messages = fc.oneof(bids, surcharges);

const one = signBid(payer, { seller: seller.id, number: 7n, bid: { send: 5n, receive: 3n } });

describe("a message about a bid", () => {
  test("is read as it was written, within its limit, from its sender to its recipient and from and to nobody else", () => {
    fc.assert(
      fc.property(messages, (message) => {
        const bytes = encodeBidMessage(message);
        expect(bytes.length).toBeLessThanOrEqual(bidMessageLimit);
        expect(isBidMessage(bytes)).toBe(true);
        expect(readBidMessage(bytes, payer.id, seller.id)).toEqual(message);
        expect(isSigned(message)).toBe(true);
        expect(readBidMessage(bytes, stranger.id, seller.id)).toBe("of another node");
        expect(readBidMessage(bytes, payer.id, stranger.id)).toBe("for another node");
      }),
      { numRuns: 40 },
    );
  });

  test("is none of billing and none about routes, whose readers count it and go on", () => {
    fc.assert(
      fc.property(messages, (message) => {
        const bytes = encodeBidMessage(message);
        expect(isRouteMessage(bytes)).toBe(false);
        expect(typeof decodeMessage(bytes)).toBe("string");
      }),
      { numRuns: 20 },
    );
  });

  test("at every limit at once fits", () => {
    const whole = signSurcharge(seller, {
      bidder: payer.id,
      number: bidNumberLimit,
      verdict: "too soon",
      bid: { send: bidLimit, receive: bidLimit },
      prices: Array.from({ length: surchargePriceLimit }, () => priceLimit),
    });
    expect(encodeBidMessage(whole).length).toBe(241);
  });

  test("with any bit changed is not its sender's", () => {
    const bytes = encodeBidMessage(one);
    const flip = fc.integer({ min: 0, max: bytes.length * 8 - 1 });
    fc.assert(
      fc.property(flip, (bit) => {
        const flipped = Uint8Array.from(bytes);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const read = readBidMessage(flipped, payer.id, seller.id);
        return typeof read === "string" || !isSigned(read);
      }),
      { numRuns: 200 },
    );
  });

  test("signed as a bid is no answer, and by somebody else it is forged", () => {
    expect(isSigned({ ...one, bidder: stranger.id })).toBe(false);
    const { signature } = one;
    const answer = signSurcharge(payer, {
      bidder: seller.id,
      number: 7n,
      verdict: "granted",
      bid: one.bid,
      prices: [],
    });
    expect(isSigned(answer)).toBe(true);
    expect(isSigned({ ...answer, signature })).toBe(false);
  });

  test("never makes the reader throw, whatever bytes come", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        return typeof decodeBidMessage(bytes) === "string";
      }),
    );
  });

  test("beyond a limit is refused: number, bids, prices, how many, verdict, kind, length and version", () => {
    const { signature } = one;
    const [from, to] = [fromHex(payer.id), fromHex(seller.id)];
    const written = (...fields: readonly unknown[]) =>
      decodeBidMessage(canonical([...fields, signature] as never));
    expect(typeof written(1, 40, from, to, 1n, bidLimit, bidLimit)).toBe("object");
    expect(written(1, 40, from, to, bidNumberLimit + 1n, 0n, 0n)).toBe("malformed");
    expect(written(1, 40, from, to, 1n, bidLimit + 1n, 0n)).toBe("malformed");
    expect(written(1, 40, from, to, 1n, 0n, bidLimit + 1n)).toBe("malformed");
    expect(written(1, 40, from, to, 1n, 0n, 1n << 80n)).toBe("malformed");
    expect(written(1, 42, from, to, 1n, 0n, 0n)).toBe("malformed");
    expect(written(2, 40, from, to, 1n, 0n, 0n)).toBe("unknown version");
    expect(typeof written(1, 41, from, to, 1n, 0, 0n, 0n, [1n])).toBe("object");
    expect(written(1, 41, from, to, 1n, bidVerdicts.length, 0n, 0n, [])).toBe("malformed");
    expect(written(1, 41, from, to, 1n, 0, 0n, 0n, [priceLimit + 1n])).toBe("malformed");
    const nine = Array.from({ length: surchargePriceLimit + 1 }, () => 1n);
    expect(written(1, 41, from, to, 1n, 0, 0n, 0n, nine)).toBe("malformed");
    expect(decodeBidMessage(new Uint8Array(bidMessageLimit + 1))).toBe("oversized");
  });
});
