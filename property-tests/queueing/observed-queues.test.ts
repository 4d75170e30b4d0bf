import * as Result from "effect/Result";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tellsOfDeletion } from "#adapters/netlink/kernel-changes.ts";
import type { NetlinkSocket, Received } from "#adapters/netlink/netlink.ts";
import { NetlinkError } from "#adapters/netlink/netlink-error.ts";
import { readQueue } from "#adapters/netlink/traffic-netlink.ts";
import { leafLimit, leafOf } from "#adapters/queueing/htb.ts";
import { observedQueues } from "#adapters/queueing/observed-queues.ts";
import { parseRules } from "#adapters/queueing/policy-routes.ts";
import { tunnelQueues } from "#adapters/queueing/tunnel-queues.ts";
import { queueDifference } from "#core/queue/queue-difference.ts";
import { attribute, message } from "../counters/pretend-kernel.ts";

const plan = {
  index: 0,
  interfaces: ["m0", "m1"],
  linkRate: 20_000_000n,
  freeRate: 1_000_000n,
  controlRate: 128_000n,
};

const thirtyTwo = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
};
const text = (value: string) => Buffer.from(`${value}\0`);

/** struct tcmsg and its attributes, written from linux/rtnetlink.h without the codec under test. */
function queue(handle: number, parent: number, kind: string, options: Buffer): Buffer {
  const header = Buffer.concat([
    Buffer.alloc(4),
    thirtyTwo(7),
    thirtyTwo(handle),
    thirtyTwo(parent),
    thirtyTwo(0),
  ]);
  return Buffer.concat([header, attribute(1, text(kind)), attribute(2, options)]);
}

/** TCA_HTB_PARMS with what a class may send, in bytes a second. */
function htbClass(rate: number, ceil: number, prio: number): Buffer {
  const parameters = Buffer.alloc(44);
  parameters.writeUInt32LE(rate, 8);
  parameters.writeUInt32LE(ceil, 20);
  parameters.writeUInt32LE(prio, 40);
  return attribute(1, parameters);
}

const root = 0xffff_ffff;
const glob = attribute(2, Buffer.concat([thirtyTwo(3), thirtyTwo(10), thirtyTwo(0x20)]));

/** A tunnel of class 1 as the kernel lists it: its root, its leaf, and the kernel's own at the ingress. */
const qdiscs = [
  queue(0x1_0000, root, "htb", Buffer.concat([glob, thirtyTwo(0)]).subarray(0, glob.length)),
  queue(0x20_0000, 0x1_0020, "bfifo", thirtyTwo(125_000)),
  queue(0xffff_0000, 0xffff_fff1, "ingress", Buffer.alloc(0)),
  queue(0, 0x1_0099, "fq_codel", Buffer.alloc(0)),
];
const classes = [
  queue(0x1_0020, 0x1_0002, "htb", htbClass(62_500, 2_500_000, 1)),
  queue(0x1_0001, root, "htb", htbClass(2_500_000, 2_500_000, 0)),
  queue(0x1_0002, 0x1_0001, "htb", htbClass(2_500_000, 2_500_000, 0)),
];

/** Answers a list of links, of disciplines and of classes. */
function socket(lists: Readonly<Record<number, readonly Buffer[]>>): NetlinkSocket {
  const waiting: Received[] = [];
  return {
    send: (bytes) => {
      const request = Buffer.from(bytes);
      const [type, sequence] = [request.readUInt16LE(4), request.readUInt32LE(8)];
      const parts = (lists[type] ?? []).map((body) => message(type - 2, 2, sequence, body));
      const done = message(3, 2, sequence, thirtyTwo(0));
      waiting.push({
        kind: "Datagram",
        bytes: new Uint8Array(Buffer.concat([...parts, done])),
      });
      return Result.void;
    },
    receive: () => Result.succeed(waiting.shift() ?? { kind: "Empty" }),
  };
}

const link = Buffer.concat([Buffer.alloc(4), thirtyTwo(7), Buffer.alloc(8)]);
const links = [Buffer.concat([link, attribute(3, text("m1"))])];

describe("the queues that the kernel lists", () => {
  test("are those that were wanted, so that nothing is to be done", () => {
    const found = Result.getOrThrow(
      observedQueues(socket({ 18: links, 38: qdiscs, 42: classes }), ["m1", "nowhere"]),
    );
    expect([...found.keys()]).toEqual(["m1"]);
    const wanted = tunnelQueues(false, plan, "open", "bfifo");
    expect(queueDifference(found.get("m1") ?? [], wanted)).toEqual([]);
    const throttled = tunnelQueues(false, plan, "throttled", "bfifo");
    expect(queueDifference(found.get("m1") ?? [], throttled).map(({ type }) => type)).toEqual([
      "change",
      "change",
    ]);
  });

  test("a part that is missing is the only one to be made", () => {
    const found = Result.getOrThrow(
      observedQueues(socket({ 18: links, 38: [...qdiscs.slice(0, 1)], 42: classes }), ["m1"]),
    );
    const wanted = tunnelQueues(false, plan, "open", "bfifo");
    const leaf = leafOf("20:", "1:20", "bfifo", leafLimit(plan.linkRate));
    expect(queueDifference(found.get("m1") ?? [], wanted)).toEqual([{ type: "add", part: leaf }]);
  });

  test("whatever else a kernel of another version says is read or refused in words, never thrown", () => {
    const bytes = fc.uint8Array({ maxLength: 120 });
    fc.assert(
      fc.property(
        bytes,
        fc.constantFrom("htb", "bfifo", "sfq", "fq_codel", "cake", "new"),
        (garbage, kind) => {
          const options = Buffer.from(garbage);
          const lists = {
            18: links,
            38: [queue(0x1_0000, root, "htb", glob), queue(0x2_0000, 0x1_0001, kind, options)],
            42: [queue(0x1_0001, root, kind, options)],
          };
          const results: readonly Result.Result<unknown, NetlinkError>[] = [
            observedQueues(socket(lists), ["m1"]),
            readQueue(garbage),
          ];
          for (const result of results) {
            if (Result.isSuccess(result)) continue;
            expect(result.failure).toBeInstanceOf(NetlinkError);
            expect(result.failure.words.length).toBeGreaterThan(10);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("what the kernel tells of deletions", () => {
  const watched = { routeProtocol: 201, table: "meshtoll_toll" };
  const tells = (type: number, body: Buffer) =>
    tellsOfDeletion(new Uint8Array(message(type, 0, 0, body)), watched);
  const table = (name: string) => Buffer.concat([Buffer.alloc(4), attribute(1, text(name))]);
  const route = (protocol: number) => Buffer.from([10, 64, 0, 0, 254, protocol, 0, 1, 0, 0, 0, 0]);

  test("is heard of rules, queues, our table and our routes, and of nobody else's", () => {
    expect(tells(33, Buffer.alloc(12))).toBe(true);
    expect(tells(37, Buffer.alloc(20))).toBe(true);
    expect(tells(25, route(201))).toBe(true);
    expect(tells(25, route(42))).toBe(false);
    expect(tells(0xa02, table("meshtoll_toll"))).toBe(true);
    expect(tells(0xa02, table("fw4"))).toBe(false);
    expect(tells(24, route(201))).toBe(false);
  });

  test("what cannot be read may have told of anything", () => {
    expect(tellsOfDeletion(new Uint8Array([1, 2, 3]), watched)).toBe(true);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (garbage) => {
        expect(typeof tellsOfDeletion(garbage, watched)).toBe("boolean");
      }),
    );
  });
});

test("what ip prints of rules are ours among them, or an Error", () => {
  const ours = { base: 5100 };
  expect(parseRules("", ours)).toEqual([]);
  const rule = '{"priority":5100,"fwmark":"0x5001","table":"5101","protocol":"201"}';
  expect(parseRules(`[${rule},{"priority":32766,"table":"main"}]\n`, ours)).toEqual([
    "pref 5100 fwmark 0x5001 lookup 5101 protocol 201",
  ]);
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (one) => {
      try {
        for (const item of parseRules(one, ours)) expect(typeof item).toBe("string");
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }),
  );
});
