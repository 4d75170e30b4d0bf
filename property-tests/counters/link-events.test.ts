import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { eventLimit, type LinkEvent, LinkEventsError } from "#adapters/counters/link-events.ts";
import { memoryLinkEvents } from "#adapters/counters/memory-link-events.ts";
import { linkEventsOf, netlinkLinkEvents } from "#adapters/counters/netlink-link-events.ts";
import {
  linkDifference,
  linkLimit,
  type SpawnedLink,
  spawnedLinks,
} from "#adapters/counters/spawned-link-events.ts";
import { memoryNetlink, memoryQueueLimit } from "#adapters/netlink/memory-netlink.ts";
import { attribute, datagram, message, pretendKernel } from "./pretend-kernel.ts";

function link(type: 16 | 17, index: number, name: string, flags: number, family = 0): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt8(family, 0);
  head.writeInt32LE(index, 4);
  head.writeUInt32LE(flags, 8);
  const body = Buffer.concat([
    head,
    attribute(13, Buffer.alloc(4)),
    attribute(3, Buffer.from(`${name}\0`)),
  ]);
  return message(type, 0, 0, body);
}

const event = (presence: "appeared" | "vanished", up: boolean): LinkEvent => ({
  kind: "Link",
  interfaceName: "wg0",
  interfaceIndex: 9,
  presence,
  up,
});

const bytes = (...messages: readonly Buffer[]) => new Uint8Array(Buffer.concat([...messages]));

/** What the kernel says of an interface's end: its kind, and bytes received and sent. */
function ended(kind: string, counters: Buffer): Buffer {
  const head = Buffer.alloc(16);
  head.writeInt32LE(9, 4);
  const body = Buffer.concat([
    head,
    attribute(3, Buffer.from("wg0\0")),
    attribute(18, attribute(1, Buffer.from(`${kind}\0`))),
    attribute(23, counters),
  ]);
  return message(17, 0, 0, body);
}

function statistics(received: bigint, sent: bigint): Buffer {
  const bytes = Buffer.alloc(24 * 8);
  bytes.writeBigUInt64LE(3n, 0);
  bytes.writeBigUInt64LE(received, 16);
  bytes.writeBigUInt64LE(sent, 24);
  return bytes;
}

describe("link events by netlink", () => {
  test("an interface of the kernel's WireGuard ends with its last counters, 64 bits of each", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, (1n << 64n) - 1n), fc.bigInt(0n, (1n << 64n) - 1n), (rx, tx) => {
        expect(linkEventsOf(bytes(ended("wireguard", statistics(rx, tx))))).toEqual([
          { ...event("vanished", false), final: { received: rx, sent: tx } },
        ]);
      }),
    );
  });

  test("what a tunnel of another kind, or too short a record, counted at its end is not believed", () => {
    for (const one of [
      ended("tun", statistics(5n, 6n)),
      ended("", statistics(5n, 6n)),
      ended("wireguard", Buffer.alloc(31)),
    ]) {
      expect(linkEventsOf(bytes(one))).toEqual([event("vanished", false)]);
    }
  });

  test("up is switched on and with a carrier; what vanished is not up", () => {
    const [switchedOn, carrier] = [0x1, 0x1_0000];
    expect(linkEventsOf(bytes(link(16, 9, "wg0", switchedOn | carrier)))).toEqual([
      event("appeared", true),
    ]);
    expect(linkEventsOf(bytes(link(16, 9, "wg0", switchedOn)))).toEqual([event("appeared", false)]);
    expect(linkEventsOf(bytes(link(16, 9, "wg0", carrier)))).toEqual([event("appeared", false)]);
    expect(linkEventsOf(bytes(link(17, 9, "wg0", switchedOn | carrier)))).toEqual([
      event("vanished", false),
    ]);
  });

  test("other families and other messages are nothing; one that cannot be read is another look", () => {
    expect(linkEventsOf(bytes(link(17, 9, "wg0", 1, 7)))).toEqual([]);
    expect(linkEventsOf(bytes(message(20, 0, 0, Buffer.alloc(8))))).toEqual([]);
    for (const body of [
      Buffer.alloc(15),
      Buffer.alloc(16),
      Buffer.concat([Buffer.alloc(16), Buffer.from([9])]),
    ]) {
      expect(linkEventsOf(bytes(message(16, 0, 0, body)))).toEqual([{ kind: "Resync" }]);
    }
    expect(linkEventsOf(bytes(link(16, 9, "sixteen-letters-", 1)))).toEqual([{ kind: "Resync" }]);
  });

  test("wait for nothing, come in order, and what overran is one call to look again", async () => {
    const kernel = pretendKernel();
    const events = await Effect.runPromise(
      Effect.gen(function* () {
        const { drain } = yield* netlinkLinkEvents;
        const tell = (...all: readonly Buffer[]) => {
          for (const hear of kernel.listeners) hear(datagram(...all));
        };
        const quiet = yield* drain;
        tell(link(16, 9, "wg0", 0x1_0001));
        tell(link(17, 9, "wg0", 0));
        const two = yield* drain;
        for (let i = 0; i < memoryQueueLimit + 50; i++) tell(link(16, 9, "wg0", 1));
        const overrun = yield* drain;
        const many = Array.from({ length: eventLimit + 1 }, () => link(16, 9, "wg0", 1));
        tell(...many);
        return { quiet, two, overrun, crowded: yield* drain, after: yield* drain };
      }).pipe(Effect.provide(memoryNetlink(kernel)), Effect.scoped),
    );
    expect(events.quiet).toEqual([]);
    expect(events.two).toEqual([event("appeared", true), event("vanished", false)]);
    expect(events.overrun.length).toBe(memoryQueueLimit + 1);
    expect(events.overrun.at(-1)).toEqual({ kind: "Resync" });
    expect(events.crowded).toEqual([{ kind: "Resync" }]);
    expect(events.after).toEqual([]);
    expect(kernel.listeners.size).toBe(0);
  });
});

describe("link events in memory", () => {
  test("are drained once, and above the limit become one call to look again", async () => {
    const { service, push } = memoryLinkEvents();
    const drain = () => Effect.runPromise(service.drain);
    for (let i = 0; i < eventLimit; i++) push(event("appeared", true));
    expect((await drain()).length).toBe(eventLimit);
    expect(await drain()).toEqual([]);
    for (let i = 0; i < eventLimit + 1; i++) push(event("appeared", true));
    expect(await drain()).toEqual([{ kind: "Resync" }]);
  });
});

describe("link events by asking ip", () => {
  const linkForm: fc.Arbitrary<SpawnedLink> = fc.record({
    interfaceName: fc.constantFrom("wg0", "wg1", "eth0"),
    interfaceIndex: fc.integer({ min: 1, max: 12 }),
    up: fc.boolean(),
  });
  const linksForm = fc.uniqueArray(linkForm, { selector: ({ interfaceIndex }) => interfaceIndex });

  test("lead from what was to what is, and tell nothing where nothing changed", () => {
    fc.assert(
      fc.property(linksForm, linksForm, (before, now) => {
        const known = new Map(before.map((one) => [one.interfaceIndex, one]));
        for (const one of linkDifference(before, now)) {
          if (one.kind === "Resync") throw new Error("so few are no reason");
          const { interfaceName, interfaceIndex, up, presence } = one;
          const is = { interfaceName, interfaceIndex, up };
          if (presence === "appeared") {
            expect(known.get(interfaceIndex)).not.toEqual(is);
            known.set(interfaceIndex, is);
          } else expect(known.delete(interfaceIndex)).toBe(true);
        }
        const byIndex = (a: SpawnedLink, b: SpawnedLink) => a.interfaceIndex - b.interfaceIndex;
        expect([...known.values()].sort(byIndex)).toEqual([...now].sort(byIndex));
      }),
    );
  });

  test("above the limit become one call to look again", () => {
    const links = Array.from({ length: eventLimit + 1 }, (_, i) => ({
      interfaceName: "x",
      interfaceIndex: i + 1,
      up: true,
    }));
    expect(linkDifference([], links.slice(1)).length).toBe(eventLimit);
    expect(linkDifference([], links)).toEqual([{ kind: "Resync" }]);
    expect(linkDifference(links, [])).toEqual([{ kind: "Resync" }]);
  });

  const good = { ifindex: 9, ifname: "wg0", flags: ["POINTOPOINT", "UP", "LOWER_UP"], mtu: 1420 };

  test("what ip prints is read; another form is refused, with words", () => {
    expect(Result.getOrThrow(spawnedLinks(JSON.stringify([good])))).toEqual([
      { interfaceName: "wg0", interfaceIndex: 9, up: true },
    ]);
    const bad = [
      { ...good, ifindex: 0 },
      { ...good, ifindex: 1.5 },
      { ...good, ifindex: "9" },
      { ...good, ifname: "" },
      { ...good, ifname: "sixteen-letters-" },
      { ...good, ifname: 7 },
      { ...good, flags: "UP" },
      null,
      [],
    ];
    const texts = ["", "{", "{}", "null", ...bad.map((one) => JSON.stringify([good, one]))];
    for (const text of texts) {
      const result = spawnedLinks(text);
      expect(Result.isFailure(result) && result.failure, text).toBeInstanceOf(LinkEventsError);
      expect(Result.isFailure(result) && result.failure.words).toContain("ip -j link printed");
    }
  });

  test(`${linkLimit} interfaces are read, and one more is refused`, () => {
    const many = (count: number) => JSON.stringify(Array.from({ length: count }, () => good));
    expect(Result.getOrThrow(spawnedLinks(many(linkLimit))).length).toBe(linkLimit);
    const above = spawnedLinks(many(linkLimit + 1));
    expect(Result.isFailure(above) && above.failure.words).toContain(`at most ${linkLimit}`);
  });
});
