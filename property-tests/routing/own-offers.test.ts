import { describe, expect, test } from "vitest";
import { askedPrices } from "#agent/routing/asked-prices.ts";
import { offersTo } from "#agent/routing/own-offers.ts";
import type { Choice } from "#agent/routing/route-choice.ts";
import type { Node } from "#core/node/node.ts";
import { type Prefix, parsePrefix } from "#core/route/prefix.ts";
import { here } from "#core/route/vector.ts";
import { nodeId } from "#core/units/node-id.ts";

const [buyer, seller] = [nodeId(`02${"aa".repeat(32)}`), nodeId(`02${"dd".repeat(32)}`)];
const prefix = (text: string) => parsePrefix(text) as Prefix;

/** A node that resells to one neighbour what the other one leased it at these prices. */
function node(leased: readonly bigint[], fee: bigint, priceOfLast: bigint): Node {
  const segments = leased.map((price, i) => ({ from: BigInt(100 * i), due: 0n, price }));
  const schedule = { segments, end: BigInt(100 * leased.length) };
  return {
    ledger: {
      neighbours: [
        { id: buyer, inbound: [{ price: priceOfLast }], outbound: [] },
        { id: seller, inbound: [{ price: 7n }], outbound: [{ schedule, sent: 0n }] },
      ],
    },
    live: [
      { policy: { prices: [{ kind: "resale", via: seller, fee }] }, paths: [] },
      { policy: { prices: [{ kind: "fixed", price: 20n }] }, paths: [{ sent: 150n }] },
    ],
  } as unknown as Node;
}

describe("what a neighbour is asked for", () => {
  test("a resale costs the fee and the dearest lease still to be used, not what the last lease was", () => {
    expect(askedPrices(node([90n, 50n, 60n], 10n, 140n), 0)).toEqual([70n]);
    expect(askedPrices(node([90n, 50n], 1n, 140n), 0)).toEqual([51n]);
  });

  test("what is not held cannot be resold; a price of our own is what is configured now", () => {
    expect(askedPrices(node([], 10n, 140n), 0)).toEqual([undefined]);
    expect(askedPrices(node([50n], 10n, 140n), 1)).toEqual([20n]);
  });
});

describe("what a neighbour is offered", () => {
  const choice = (text: string, hop: string, price: bigint): readonly [Prefix, Choice] => {
    const candidate = { vector: { ...here, price, delay: 5n } };
    return [prefix(text), { taken: { hop: { id: hop }, candidate } } as unknown as Choice];
  };

  test("our own addresses for nothing, our networks and chosen ways at the price of a class", () => {
    const own = [
      { prefix: prefix("10.1.0.1/32"), isSelf: true },
      { prefix: prefix("10.1.0.0/24"), isSelf: false },
    ];
    const offers = offersTo(buyer, [70n], own, new Map([choice("10.9.0.0/16", seller, 60n)]));
    expect(
      [...offers].map(([where, { class: sold, vector }]) => [
        where,
        sold,
        vector.price,
        vector.delay,
      ]),
    ).toEqual([
      ["10.1.0.1/32", 0, 0n, 0n],
      ["10.1.0.0/24", 1, 70n, 0n],
      ["10.9.0.0/16", 1, 70n, 5n],
    ]);
  });

  test("nothing back through itself, nothing at a loss, nothing that has no way", () => {
    const ways = [choice("10.9.0.0/16", buyer, 1n), choice("10.8.0.0/16", seller, 71n)];
    expect(offersTo(buyer, [70n], [], new Map(ways)).size).toBe(0);
    expect(
      offersTo(buyer, [undefined], [], new Map([choice("10.7.0.0/16", seller, 1n)])).size,
    ).toBe(0);
  });
});
