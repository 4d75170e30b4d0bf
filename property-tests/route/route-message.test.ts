import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeMessage } from "#core/peer/message-reader.ts";
import { type Attenuation, opaque } from "#core/route/attenuation.ts";
import {
  covers,
  type Prefix,
  parsePrefix,
  prefixBytes,
  readPrefixBytes,
} from "#core/route/prefix.ts";
import {
  decodeRouteMessage,
  encodeRouteMessage,
  isRouteMessage,
  lineLimit,
  lineRoom,
  lineSize,
  type RouteMessage,
  routeDatagramLimit,
} from "#core/route/route-message.ts";
import { delayLimit, vectorPriceLimit } from "#core/route/vector.ts";
import { priceClass } from "#core/units/price-class.ts";

const counter = fc.bigInt(0n, (1n << 64n) - 1n);

const v4 = fc
  .tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 }))
  .map(([address, bits]) => masked(address, bits));
const v6 = fc
  .tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 }))
  .map(([address, bits]) => masked(address, bits));
const prefixes = fc.oneof(v4, v6).filter((one) => one !== undefined) as fc.Arbitrary<Prefix>;

/** The prefix without the bits behind its length. */
function masked(address: string, bits: number): Prefix | undefined {
  const whole = parsePrefix(`${address}/${address.includes(":") ? 128 : 32}`);
  if (whole === undefined) return undefined;
  const bytes = prefixBytes(whole).slice(0, 2 + ((bits + 7) >> 3));
  bytes[1] = bits;
  if (bits % 8 !== 0) {
    const last = bytes.length - 1;
    bytes[last] = (bytes[last] ?? 0) & (0xff << (8 - (bits % 8)));
  }
  return readPrefixBytes(bytes);
}

const lines = fc.record({
  prefix: prefixes,
  offer: fc.option(
    fc.record({
      class: fc.integer({ min: 0, max: 7 }).map(priceClass),
      vector: fc.record({
        price: fc.bigInt(0n, vectorPriceLimit),
        attenuation: fc.bigInt(0n, opaque) as fc.Arbitrary<Attenuation>,
        delay: fc.bigInt(0n, delayLimit),
      }),
    }),
    { nil: undefined },
  ),
});

const messages: fc.Arbitrary<RouteMessage> = fc.oneof(
  fc.record({
    type: fc.constant("TARIFF" as const),
    epoch: counter,
    tariff: fc.uint8Array({ minLength: 1, maxLength: 400 }),
  }),
  fc.record({
    type: fc.constant("PROBE" as const),
    epoch: counter,
    number: counter,
    sent: counter,
    at: counter,
  }),
  fc.record({
    type: fc.constant("ECHO" as const),
    epoch: counter,
    number: counter,
    at: counter,
    held: counter,
    received: counter,
    sent: counter,
  }),
  fc.record({
    type: fc.constant("OFFERS" as const),
    epoch: counter,
    number: counter,
    lines: fc.array(lines, { maxLength: 20 }),
  }),
  fc.record({ type: fc.constant("TAKEN" as const), epoch: counter, of: counter, number: counter }),
);

describe("messages about routes", () => {
  test("come back as they were said, and billing takes none of them for its own", () => {
    fc.assert(
      fc.property(messages, (message) => {
        const bytes = encodeRouteMessage(message);
        expect(decodeRouteMessage(bytes)).toEqual(message);
        expect(isRouteMessage(bytes)).toBe(true);
        expect(typeof decodeMessage(bytes)).toBe("string");
      }),
    );
  });

  test("any bytes are a message in its one form, or refused; none throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1300 }), (bytes) => {
        const message = decodeRouteMessage(bytes);
        if (message !== undefined) expect(encodeRouteMessage(message)).toEqual(bytes);
      }),
    );
  });

  test("a message with one byte changed is another message in its one form, or refused", () => {
    fc.assert(
      fc.property(messages, fc.nat(), fc.integer({ min: 1, max: 255 }), (message, at, flip) => {
        const bytes = encodeRouteMessage(message);
        const place = at % bytes.length;
        bytes[place] = (bytes[place] ?? 0) ^ flip;
        const read = decodeRouteMessage(bytes);
        if (read !== undefined) expect(encodeRouteMessage(read)).toEqual(bytes);
      }),
    );
  });

  test("more lines, or more bytes, than are allowed are refused", () => {
    const line = { prefix: parsePrefix("10.0.0.0/8") as Prefix, offer: undefined };
    const offers = (count: number): RouteMessage => ({
      type: "OFFERS",
      epoch: 1n,
      number: 1n,
      lines: Array.from({ length: count }, () => line),
    });
    expect(decodeRouteMessage(encodeRouteMessage(offers(lineLimit)))).toEqual(offers(lineLimit));
    expect(decodeRouteMessage(encodeRouteMessage(offers(lineLimit + 1)))).toBeUndefined();
    expect(() => encodeRouteMessage(offers(1000))).toThrow(RangeError);
    expect(decodeRouteMessage(new Uint8Array(routeDatagramLimit + 1).fill(0x94))).toBeUndefined();
  });

  test("as many lines as the room for them holds fit a datagram, beside the largest numbers", () => {
    fc.assert(
      fc.property(fc.array(lines, { maxLength: lineLimit }), (all) => {
        let room = lineRoom;
        const some = all.filter((line) => {
          room -= lineSize(line);
          return room >= 0;
        });
        const huge = (1n << 64n) - 1n;
        const bytes = encodeRouteMessage({
          type: "OFFERS",
          epoch: huge,
          number: huge,
          lines: some,
        });
        expect(bytes.length).toBeLessThanOrEqual(routeDatagramLimit);
      }),
    );
  });
});

describe("prefixes", () => {
  test("have one text each, and bytes that lead back to it", () => {
    fc.assert(
      fc.property(prefixes, (prefix) => {
        expect(parsePrefix(prefix)).toBe(prefix);
        expect(readPrefixBytes(prefixBytes(prefix))).toBe(prefix);
      }),
    );
    expect(parsePrefix("FD00:0:0:0::/32")).toBe("fd00::/32");
    expect(parsePrefix("::ffff:10.0.0.1/128")).toBe("::ffff:a00:1/128");
    expect(parsePrefix("0:1:0:0:2:0:0:0/128")).toBe("0:1:0:0:2::/128");
    expect(parsePrefix("1:0:2:3:4:5:6:7/128")).toBe("1:0:2:3:4:5:6:7/128");
  });

  test("anything else is none", () => {
    for (const text of [
      "",
      "10.0.0.0",
      "10.0.0.0/33",
      "10.0.0.1/8",
      "10.0.0/8",
      "256.0.0.0/8",
      "010.0.0.0/8",
      "::1::/128",
      "1:2:3:4:5:6:7:8:9/128",
      "1:2:3:4:5:6:7::8/128 ",
      "g::/16",
      "fd00::/129",
      "fd00::/08",
      `${"1".repeat(70)}/8`,
    ]) {
      expect([text, parsePrefix(text)]).toEqual([text, undefined]);
    }
    // A family alone names no range, least of all every address.
    for (const family of [4, 6]) expect(readPrefixBytes(Uint8Array.of(family))).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
        const prefix = readPrefixBytes(bytes);
        if (prefix !== undefined) expect(prefixBytes(prefix)).toEqual(bytes);
      }),
    );
  });

  test("a range covers what lies in it, and itself", () => {
    const p = (text: string) => parsePrefix(text) as Prefix;
    expect(covers(p("0.0.0.0/0"), p("10.1.2.3/32"))).toBe(true);
    expect(covers(p("10.1.2.0/23"), p("10.1.3.0/24"))).toBe(true);
    expect(covers(p("10.1.2.0/23"), p("10.1.4.0/24"))).toBe(false);
    expect(covers(p("10.1.2.0/24"), p("10.1.2.0/23"))).toBe(false);
    expect(covers(p("::/0"), p("10.1.2.0/23"))).toBe(false);
    expect(covers(p("fd00::/8"), p("fd12::/16"))).toBe(true);
  });
});
