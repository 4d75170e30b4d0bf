import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { offerBook, renewTime } from "#agent/routing/offer-book.ts";
import { messagesPerSecond, offerSender, refreshTime } from "#agent/routing/offer-sender.ts";
import { type Prefix, parsePrefix } from "#core/route/prefix.ts";
import { encodeRouteMessage, type Offer, type Offers } from "#core/route/route-message.ts";
import { here } from "#core/route/vector.ts";
import { priceClass } from "#core/units/price-class.ts";

const prefix = (n: number) =>
  parsePrefix(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}/32`) as Prefix;
const offer = (price: bigint): Offer => ({ class: priceClass(1), vector: { ...here, price } });
const many = (count: number, price: bigint): ReadonlyMap<Prefix, Offer> =>
  new Map(Array.from({ length: count }, (_, i) => [prefix(i), offer(price)]));

/** A sender and a book with a link between them that loses, doubles and reorders as it is told. */
function pair(fate: (n: number) => "deliver" | "lose" | "double" | "later" = () => "deliver") {
  const sender = offerSender(7n);
  const book = offerBook(() => 100_000);
  sender.meet(1n);
  let now = 0;
  let messages = 0;
  let late: Offers[] = [];
  const arrive = (message: Offers): void => {
    book.take(message, now);
    sender.taken(message.epoch, message.number);
  };
  const pass = (milliseconds: number): void => {
    for (let t = 0; t < milliseconds; t += 100) {
      now += 100;
      const waiting = late;
      late = [];
      for (const message of sender.due(now)) {
        messages += 1;
        encodeRouteMessage(message); // fits a datagram, or throws
        const what = fate(messages);
        if (what === "later") late.push(message);
        else if (what !== "lose") arrive(message);
        if (what === "double") arrive(message);
      }
      for (const message of waiting) arrive(message);
    }
  };
  return { sender, book, pass, now: () => now, messages: () => messages };
}

describe("offers between neighbours", () => {
  test("arrive whole over a link that loses, doubles and reorders", () => {
    const fates = fc.array(fc.constantFrom("deliver", "lose", "double", "later"), {
      minLength: 1,
      maxLength: 30,
    });
    const steps = fc.array(fc.tuple(fc.nat({ max: 200 }), fc.bigInt(0n, 3n)), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(fates, steps, (fate, changes) => {
        const link = pair((n) => (n < fate.length ? (fate[n] ?? "deliver") : "deliver"));
        for (const [count, price] of changes) {
          link.sender.offer(many(count, price));
          link.pass(300);
        }
        link.pass(20_000);
        const [count, price] = changes[changes.length - 1] ?? [0, 0n];
        expect(link.book.size()).toBe(count);
        for (let i = 0; i < 200; i++) {
          expect(link.book.offer(prefix(i))).toEqual(i < count ? offer(price) : undefined);
        }
        expect(link.sender.waiting()).toBe(0);
      }),
    );
  });

  test("only what changed is said, and nothing where nothing did", () => {
    const link = pair();
    link.sender.offer(many(500, 5n));
    link.pass(5000);
    const before = link.messages();
    link.sender.offer(new Map([...many(500, 5n), [prefix(3), offer(6n)]]));
    link.pass(5000);
    expect(link.messages()).toBe(before + 1);
    link.pass(60_000);
    expect(link.messages()).toBe(before + 1);
    expect(link.book.offer(prefix(3))).toEqual(offer(6n));
  });

  test("everything is said again after a while, and to a neighbour that began anew", () => {
    const link = pair();
    link.sender.offer(many(100, 5n));
    link.pass(5000);
    const once = link.messages();
    link.pass(refreshTime);
    expect(link.messages()).toBe(2 * once);
    link.sender.meet(2n);
    link.pass(5000);
    expect(link.messages()).toBe(3 * once);
  });

  test("never more at a time than the rate, and nothing to a neighbour that never spoke", () => {
    const link = pair(() => "lose");
    link.sender.offer(many(10_000, 5n));
    link.pass(10_000);
    expect(link.messages()).toBeLessThanOrEqual(10 * messagesPerSecond + 8);
    const alone = offerSender(7n);
    alone.offer(many(3, 1n));
    expect(alone.due(1000)).toEqual([]);
  });

  test("beyond its limit a book takes nothing new, and still learns of what it holds", () => {
    const book = offerBook(() => 2);
    const say = (number: bigint, ...lines: readonly (readonly [number, bigint])[]): Offers => ({
      type: "OFFERS",
      epoch: 1n,
      number,
      lines: lines.map(([n, price]) => ({ prefix: prefix(n), offer: offer(price) })),
    });
    book.take(say(1n, [1, 5n], [2, 5n], [3, 5n]), 0);
    expect([book.size(), book.refused(), book.offer(prefix(3))]).toEqual([2, 1, undefined]);
    book.take(say(2n, [1, 9n]), 0);
    expect(book.dearest(1)).toBe(9n);
    expect(book.take(say(2n, [1, 4n]), 0)).toBe(false); // not newer
  });

  test("what a neighbour that began anew does not offer again is forgotten, after it had time", () => {
    const book = offerBook(() => 10);
    const say = (epoch: bigint, n: number): Offers => ({
      type: "OFFERS",
      epoch,
      number: 1n,
      lines: [{ prefix: prefix(n), offer: offer(5n) }],
    });
    book.take(say(1n, 1), 0);
    book.take(say(2n, 2), 1000);
    expect(book.expire(1000 + renewTime - 1)).toBe(false);
    expect(book.offer(prefix(1))).toEqual(offer(5n));
    expect(book.expire(1000 + renewTime)).toBe(true);
    expect([book.offer(prefix(1)), book.offer(prefix(2))]).toEqual([undefined, offer(5n)]);
  });
});
