import * as Result from "effect/Result";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { linkEventsOf } from "#adapters/counters/netlink-link-events.ts";
import { deviceReadings } from "#adapters/counters/wireguard-device.ts";
import {
  attribute as encodeAttribute,
  nest,
  readAttributes,
  readText,
  readUnsigned,
} from "#adapters/netlink/attribute.ts";
import { NetlinkError } from "#adapters/netlink/netlink-error.ts";
import { messageBytes, readMessages } from "#adapters/netlink/netlink-message.ts";
import { attribute, deviceParts, message } from "./pretend-kernel.ts";
import { recorded } from "./recorded-netlink.ts";

const bytes = (size: number) => fc.uint8Array({ maxLength: size });
const runs = { numRuns: 500 };

/** A parser's failure is a value, with words. */
function expectRefusal(result: Result.Result<unknown, unknown>): void {
  const failure = Result.isFailure(result) ? result.failure : undefined;
  expect(failure).toBeInstanceOf(NetlinkError);
  expect((failure as NetlinkError).problem).toBe("malformed");
  expect((failure as NetlinkError).words.length).toBeGreaterThan(10);
}

describe("the netlink codec", () => {
  test("writes what an encoder of its own standing writes", () => {
    fc.assert(
      fc.property(
        fc.nat(0xffff),
        fc.nat(0xffff),
        fc.nat(),
        bytes(200),
        (type, flags, sequence, body) => {
          const ours = messageBytes({ type, flags, sequence, body });
          expect(Buffer.from(ours)).toEqual(message(type, flags, sequence, Buffer.from(body)));
          const one = encodeAttribute(type & 0x3fff, body);
          expect(Buffer.from(one)).toEqual(attribute(type & 0x3fff, Buffer.from(body)));
          expect(Buffer.from(nest(5, one, one))).toEqual(
            attribute(0x8005, Buffer.concat([one, one])),
          );
        },
      ),
      runs,
    );
  });

  test("reads what was written, in order", () => {
    const form = fc.record({
      type: fc.nat(0xffff),
      flags: fc.nat(0xffff),
      sequence: fc.nat(0xffff_ffff),
      body: bytes(60),
    });
    fc.assert(
      fc.property(fc.array(form, { maxLength: 8 }), (messages) => {
        const all = Buffer.concat(
          messages.map((one) => message(one.type, one.flags, one.sequence, Buffer.from(one.body))),
        );
        expect(Result.getOrThrow(readMessages(new Uint8Array(all)))).toEqual(messages);
        const attributes = messages.map(({ type, body }) => ({ type: type & 0x3fff, value: body }));
        const nested = Buffer.concat(
          messages.map((one) => attribute(one.type, Buffer.from(one.body))),
        );
        expect(Result.getOrThrow(readAttributes(new Uint8Array(nested)))).toEqual(attributes);
      }),
      runs,
    );
  });

  test("garbage is read or refused, and never thrown", () => {
    fc.assert(
      fc.property(bytes(300), (garbage) => {
        const results: readonly Result.Result<unknown, NetlinkError>[] = [
          readMessages(garbage),
          readAttributes(garbage),
        ];
        for (const result of results) if (Result.isFailure(result)) expectRefusal(result);
        expect(linkEventsOf(garbage).length).toBeLessThanOrEqual(1 + garbage.length / 16);
      }),
      runs,
    );
  });

  test("a length of nothing, of too little and of too much is refused", () => {
    for (const length of [0, 1, 15, 25, 0xffff_ffff]) {
      const all = new Uint8Array(message(20, 0, 1, Buffer.alloc(8)));
      new DataView(all.buffer).setUint32(0, length, true);
      expectRefusal(readMessages(all));
    }
    for (const length of [0, 3, 13, 0xffff]) {
      const all = new Uint8Array(attribute(1, Buffer.alloc(8)));
      new DataView(all.buffer).setUint16(0, length, true);
      expectRefusal(readAttributes(all));
    }
    expectRefusal(readMessages(new Uint8Array(15)));
    expectRefusal(readAttributes(new Uint8Array(3)));
  });

  test("an attribute that its length cannot say is refused before it is written", () => {
    expect(encodeAttribute(1, new Uint8Array(65_531)).length).toBe(65_536);
    expect(() => encodeAttribute(1, new Uint8Array(65_532))).toThrow("65532 bytes; at most 65531");
  });

  test("a number of another size, and a text of another form, are refused", () => {
    expect(readUnsigned(new Uint8Array(8).fill(255), 8)).toEqual(Result.succeed((1n << 64n) - 1n));
    for (const size of [0, 1, 3, 7, 9]) expectRefusal(readUnsigned(new Uint8Array(size), 8));
    const text = (one: string) => readText(new Uint8Array(Buffer.from(one, "latin1")), 15);
    expect(text("wg0\0")).toEqual(Result.succeed("wg0"));
    for (const wrong of ["", "wg0", "wg 0\0", "w\0g0\0", "wgü\0", "sixteen-letters-\0", "wg\n\0"]) {
      expectRefusal(text(wrong));
    }
  });
});

describe("what this kernel sent", () => {
  test("its controller has number 16", () => {
    const [answer] = Result.getOrThrow(readMessages(recorded("controller")));
    expect(answer).toMatchObject({ type: 16, sequence: 7 });
    const body = answer?.body.subarray(4) ?? new Uint8Array();
    const attributes = Result.getOrThrow(readAttributes(body));
    const id = attributes.find(({ type }) => type === 1)?.value ?? new Uint8Array();
    expect(Result.getOrThrow(readUnsigned(id, 2))).toBe(16n);
  });

  test("an interface that was deleted vanished; one that left a bridge did not", () => {
    expect(linkEventsOf(recorded("deleted"))).toEqual([
      { kind: "Link", interfaceName: "h2v0", interfaceIndex: 3, presence: "vanished", up: false },
    ]);
    expect(linkEventsOf(recorded("leftBridge"))).toEqual([]);
  });

  test("cut off anywhere, it asks for another look or tells nothing wrong", () => {
    const whole = recorded("deleted");
    for (let length = 1; length < whole.length; length++) {
      expect(linkEventsOf(whole.slice(0, length))).toEqual([{ kind: "Resync" }]);
    }
  });

  test("with any byte changed, it is an event, nothing, or another look", () => {
    const whole = recorded("deleted");
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, value) => {
        const changed = whole.slice();
        changed[at] = value;
        for (const event of linkEventsOf(changed)) expect(["Link", "Resync"]).toContain(event.kind);
      }),
      runs,
    );
  });
});

describe("an answer of the kernel's WireGuard", () => {
  const peerForm = fc.record({
    key: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    received: fc.bigInt(0n, (1n << 64n) - 1n),
    sent: fc.bigInt(0n, (1n << 64n) - 1n),
    handshake: fc.bigInt(0n, 1n << 40n),
    furtherParts: fc.nat(3),
  });
  const peersForm = fc.uniqueArray(peerForm, {
    maxLength: 12,
    selector: ({ key }) => Buffer.from(key).toString("hex"),
  });
  const answerOf = (parts: readonly Uint8Array[]) =>
    parts.map((part) => ({
      command: part[0] ?? 0,
      attributes: Result.getOrThrow(readAttributes(new Uint8Array(part.subarray(4)))),
    }));

  test("in however many parts, gives every peer once, to the byte", () => {
    fc.assert(
      fc.property(peersForm, fc.integer({ min: 1, max: 9 }), (peers, peersInPart) => {
        const parts = deviceParts("wg0", { index: 12, peers }, peersInPart);
        const readings = Result.getOrThrow(deviceReadings("wg0", answerOf(parts)));
        expect(readings).toEqual(
          peers.map(({ key, received, sent, handshake }) => ({
            interfaceName: "wg0",
            interfaceIndex: 12,
            peerKey: Buffer.from(key).toString("base64"),
            received,
            sent,
            lastHandshake: handshake,
          })),
        );
      }),
      runs,
    );
  });

  const peer = { key: new Uint8Array(32), received: 1n, sent: 2n, handshake: 3n, furtherParts: 0 };
  const whole = answerOf(deviceParts("wg0", { index: 12, peers: [peer] }, 3));

  test("about another interface, of another command, or of nothing, is refused", () => {
    expectRefusal(deviceReadings("wg1", whole));
    expectRefusal(deviceReadings("wg0", []));
    expectRefusal(
      deviceReadings(
        "wg0",
        whole.map((one) => ({ ...one, command: 1 })),
      ),
    );
    expectRefusal(deviceReadings("wg0", [{ command: 0, attributes: [] }]));
  });

  test("with a peer twice, or the rest of a peer that never began, is refused", () => {
    const twice = deviceParts("wg0", { index: 12, peers: [peer, peer] }, 9);
    expectRefusal(deviceReadings("wg0", answerOf(twice)));
    const [first, rest] = answerOf(
      deviceParts("wg0", { index: 12, peers: [{ ...peer, furtherParts: 1 }] }, 1),
    );
    const stranger = { ...peer, key: new Uint8Array(32).fill(1), furtherParts: 1 };
    const [, strange] = answerOf(deviceParts("wg0", { index: 12, peers: [stranger] }, 1));
    if (first === undefined || rest === undefined || strange === undefined)
      throw new Error("parts");
    expect(Result.getOrThrow(deviceReadings("wg0", [first, rest])).length).toBe(1);
    expectRefusal(deviceReadings("wg0", [first, strange]));
  });

  test("above 4096 peers is refused", () => {
    const peers = Array.from({ length: 4097 }, (_, i) => {
      const key = new Uint8Array(32);
      new DataView(key.buffer).setUint32(0, i);
      return { ...peer, key };
    });
    const of = (count: number) =>
      deviceReadings(
        "wg0",
        answerOf(deviceParts("wg0", { index: 1, peers: peers.slice(0, count) }, 50)),
      );
    expect(Result.getOrThrow(of(4096)).length).toBe(4096);
    const above = of(4097);
    expect(Result.isFailure(above) && above.failure.problem).toBe("too much");
  });

  test("cut off or changed anywhere, is read or refused, and never thrown", () => {
    const peers = [peer, { ...peer, key: new Uint8Array(32).fill(9), furtherParts: 1 }];
    const [part = Buffer.alloc(0)] = deviceParts("wg0", { index: 12, peers }, 9);
    fc.assert(
      fc.property(
        fc.nat(part.length),
        fc.nat(part.length - 1),
        fc.nat(255),
        (length, at, value) => {
          const changed = new Uint8Array(part);
          changed[at] = value;
          const attributes = readAttributes(changed.slice(4, Math.max(4, length)));
          if (Result.isFailure(attributes)) return expectRefusal(attributes);
          const readings = deviceReadings("wg0", [{ command: 0, attributes: attributes.success }]);
          if (Result.isFailure(readings)) expectRefusal(readings);
          else expect(readings.success.length).toBeLessThanOrEqual(2);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
