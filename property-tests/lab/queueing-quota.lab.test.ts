import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { backlog } from "#adapters/queueing/nft-table.ts";
import { type QueueingBench, queueingContract } from "../contracts/queueing-contract.ts";
import {
  attachAnew,
  far,
  type LabLine,
  labLine,
  outerOf,
  ownAddress,
  rates,
  settled,
  tunnelPlan,
} from "../queueing/lab-line.ts";
import { skipsLab } from "./lab.ts";

/** WireGuard's own messages that a test may see beside its traffic. */
const handshakes = 1000n;

/**
 * What a tunnel's own packets may add to a count, or take of a limit: multicast reports of IPv6, say, which
 * come when they like, and of which small ones count twice.
 */
const own = 3000n;

/** Far more than any test sends. */
const plenty = 1_000_000_000n;

/** What is kept back. */
const kept = backlog(rates.linkRate);

function firstOf<T>(list: readonly T[]): T {
  const [first] = list;
  if (first === undefined) throw new Error("an empty list");
  return first;
}

let line: LabLine;
let port = 7000;

describe.skipIf(skipsLab())("quotas and gates of the real kernel", () => {
  beforeAll(async () => {
    line = await labLine();
  });
  afterAll(() => line?.close());
  beforeEach(async () => {
    const { a, b, c } = line;
    for (const one of [a, b, c]) await attachAnew(one);
    port += 1;
    await c.ask("listenUdp", "::", port);
  });

  /** Sets a's quota, or b's, so that it ends so many bytes after where its counter is now. */
  const allow = async (who: "a" | "b", to: "b" | "c", remaining: bigint) => {
    const router = line[who];
    const before = await router.ask("usage");
    const { interfaceName, sent: counter } = await router.reading(to, 1);
    const limit = counter + remaining;
    await router.ask("setLimits", before, [{ interfaceName, limit, counter }], []);
    return limit;
  };
  /** The same for the gate of a router towards the one before it. */
  const admit = async (who: "b" | "c", from: "a" | "b", remaining: bigint) => {
    const before = await line[who].ask("usage");
    const { interfaceName, received: counter } = await line[who].reading(from, 1);
    const limit = counter + remaining;
    await line[who].ask("setLimits", before, [], [{ interfaceName, limit, counter }]);
  };
  /** Everything beyond a is open. */
  const open = async () => {
    await allow("b", "c", plenty);
    await admit("b", "a", plenty);
    await admit("c", "b", plenty);
  };

  queueingContract("kernel", async (): Promise<QueueingBench> => {
    const { a, b } = line;
    const attach = async () => {
      for (const one of [a, b]) await one.ask("attach", one.plans, one.routes);
      await open();
    };
    const sentAt = async () => [(await a.reading("b", 1)).sent, (await b.reading("c", 1)).sent];
    for (const one of [a, b]) await attachAnew(one);
    await open();
    return {
      offer: async (bytes) => {
        const [sent = 0n, bought = 0n] = await sentAt();
        const packets = Math.ceil(bytes / outerOf(972));
        await a.ask("sendUdp", far.v4, port, [972], packets, 600_000);
        await settled(line.c, port);
        const [sentNow = 0n, boughtNow = 0n] = await sentAt();
        return { sent: sentNow - sent, bought: boughtNow - bought };
      },
      allow: async (remaining) => void (await allow("a", "b", remaining)),
      admit: (remaining) => admit("b", "a", remaining),
      stand: (standing) => b.ask("setStanding", firstOf(b.plans), standing),
      rate: (bits) => a.ask("setRates", [[firstOf(a.plans).index, bits]]),
      attach,
      clean: async () => {
        for (const one of [a, b]) await one.ask("clean");
      },
      allowStranger: async () => {
        const before = await a.ask("usage");
        const one = { interfaceName: a.tunnels("b")[0] ?? "", limit: 1n, counter: 0n };
        await a.ask("setLimits", before, [one], []);
      },
      kept,
      close: async () => {},
    };
  });

  test("a paid class is closed until it is given a limit; its traffic arrives by class 0", async () => {
    const { a, c } = line;
    const before = await a.reading("b", 1);
    await a.ask("sendUdp", far.v4, port, [500], 40, 30_000);
    expect((await settled(c, port)).packets).toBeGreaterThan(35);
    expect((await a.reading("b", 1)).sent - before.sent).toBeLessThan(handshakes);
  });

  const kinds: readonly (readonly [string, readonly number[]])[] = [
    ["of one byte", [1]],
    ["of 100 bytes", [100]],
    ["of 1392 bytes", [1392]],
    ["of every kind", [0, 1, 19, 20, 21, 150, 163, 164, 165, 700, 1392]],
    ["that are fragmented", [9000]],
  ];
  for (const [name, sizes] of kinds) {
    test(`no byte passes the limit, with datagrams ${name}, and what is refused rides class 0`, async () => {
      const { a, b, c } = line;
      await open();
      // So much that counting each packet once would let small ones pass the limit.
      const limit = await allow("a", "b", kept + 700_000n);
      const free = await a.reading("b", 0);
      const sum = (each: (size: number) => number) =>
        sizes.map(each).reduce((all, one) => all + one, 0) / sizes.length;
      const mean = sum(outerOf);
      const packets = Math.ceil(1_400_000 / mean);
      await a.ask("sendUdp", far.v4, port, sizes, packets, (700_000 * sum((size) => size)) / mean);
      await settled(c, port);
      const { sent } = await a.reading("b", 1);
      expect(sent).toBeLessThanOrEqual(limit);
      // Counted at most 2.35 times, of four fifths: it did open.
      expect(limit - sent).toBeLessThanOrEqual(kept + 460_000n);
      expect((await a.reading("b", 0)).sent - free.sent).toBeGreaterThan(20_000n);
      expect((await b.reading("c", 1)).sent).toBeGreaterThan(0n);
    });
  }

  for (const [name, from, to] of [
    ["sent here, over IPv6", "a", far.v6],
    ["forwarded, in segments merged on arrival", "lan", far.v4],
  ] as const) {
    test(`nor with TCP that is ${name}; what queues dropped is given back`, async () => {
      const { a, c } = line;
      await open();
      await c.ask("listenTcp", "::", port);
      const limit = (await a.reading("b", 1)).sent + kept + 600_000n;
      const sending = line[from].ask("sendTcp", to, port, 3000);
      for (let round = 0; round < 12; round++) {
        const before = await a.ask("usage");
        const { interfaceName, sent: counter } = await a.reading("b", 1);
        await a.ask("setLimits", before, [{ interfaceName, limit, counter }], []);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      await sending;
      const { sent } = await a.reading("b", 1);
      expect(sent).toBeLessThanOrEqual(limit);
      expect(limit - sent).toBeLessThanOrEqual(kept + 200_000n);
    });
  }

  test("nor when the limit is raised again and again while traffic flows", async () => {
    const { a, c } = line;
    await open();
    const start = (await a.reading("b", 1)).sent;
    const sending = a.ask("sendUdp", far.v4, port, [40, 1392], 6000, 700_000);
    let limit = start;
    for (let round = 1; round <= 25; round++) {
      limit = start + kept + 100_000n * BigInt(round);
      const before = await a.ask("usage");
      const { interfaceName, sent: counter } = await a.reading("b", 1);
      expect(counter).toBeLessThanOrEqual(limit - 100_000n);
      await a.ask("setLimits", before, [{ interfaceName, limit, counter }], []);
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    await sending;
    await settled(c, port);
    const { sent } = await a.reading("b", 1);
    expect(sent).toBeLessThanOrEqual(limit);
    expect(sent - start).toBeGreaterThan(500_000n);
  });

  test("a quota that was used up and refused much opens again at once", async () => {
    const { a, c } = line;
    await open();
    await allow("a", "b", kept + 20_000n);
    await a.ask("sendUdp", far.v4, port, [1392], 400, 600_000);
    const [usage] = [new Map(await a.ask("usage"))];
    const quota = usage.get(`quota_${a.tunnels("b")[1]}`);
    expect(quota?.used).toBe(quota?.limit);
    // On a busy machine a burst may lose some on its way, open or not: one that comes through is enough.
    let most = 0;
    for (let burst = 0; burst < 4 && most <= 40; burst++) {
      await allow("a", "b", kept + 200_000n);
      const before = await settled(c, port);
      await a.ask("sendUdp", far.v4, port, [1392], 50, 600_000);
      most = Math.max(most, (await settled(c, port)).packets - before.packets);
    }
    expect(most).toBeGreaterThan(40);
  });

  test("packets that wait for a handshake are within what is kept back", async () => {
    const { a, b, c } = line;
    await open();
    // Nobody answers: everything that the quota lets through waits inside WireGuard.
    b.tool("ip", "link", "set", "to-a", "down");
    await a.ask("remove", a.tunnels("b")[1] ?? "");
    await a.ask("apply", tunnelPlan("a", "b", 1));
    await a.ask("attach", a.plans, a.routes);
    let limit = 0n;
    const target = (await a.reading("b", 1)).sent + kept + 100_000n;
    for (let round = 0; round < 6; round++) {
      const before = await a.ask("usage");
      const { interfaceName, sent: counter } = await a.reading("b", 1);
      limit = target;
      await a.ask("setLimits", before, [{ interfaceName, limit, counter }], []);
      await a.ask("sendUdp", far.v4, port, [1392], 100, 2_000_000);
    }
    b.tool("ip", "link", "set", "to-a", "up");
    for (let wait = 0; wait < 100; wait++) {
      if ((await a.reading("b", 1)).received > 0n) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await settled(c, port);
    expect((await a.reading("b", 1)).received).toBeGreaterThan(0n);
    expect((await a.reading("b", 1)).sent).toBeLessThanOrEqual(limit);
  });

  test("a gate lets all of its bytes on as paid, and the rest on for nothing", async () => {
    const { a, b, c } = line;
    await open();
    await allow("a", "b", plenty);
    await admit("b", "a", 100_000n);
    const [paid, free] = [await b.reading("c", 1), await b.reading("c", 0)];
    const counted = async () =>
      new Map(await b.ask("usage")).get(`quota_${b.tunnels("c")[1]}`)?.used ?? 0n;
    const before = await counted();
    // A busy machine loses packets on their way to b: then more are sent, which the gate lets on for nothing.
    for (let bursts = 0; bursts < 5 && (await counted()) - before < 100_000n - own; bursts++) {
      await a.ask("sendUdp", far.v4, port, [972], 150, 60_000);
      await settled(c, port);
    }
    // 100 packets of 1000 bytes are let through, but what the tunnel's own packets took; then the free class.
    const through = (await counted()) - before;
    expect(through > 100_000n - own && through < 100_000n + own, `${through} bytes`).toBe(true);
    const bought = (await b.reading("c", 1)).sent - paid.sent;
    expect(bought).toBeLessThan(101n * BigInt(outerOf(972)) + own + handshakes);
    expect((await b.reading("c", 0)).sent - free.sent).toBeGreaterThan(10_000n);
  });

  test("what arrives on class 0 is never bought on from the next router", async () => {
    const { a, b, c } = line;
    await open();
    const before = await b.reading("c", 1);
    await a.ask("sendUdp", far.v4, port, [500], 40, 30_000); // a's own quota is closed
    await a.ask("sendUdp", far.v6, port, [500], 40, 30_000);
    expect((await settled(c, port)).packets).toBeGreaterThan(70);
    expect((await b.reading("c", 1)).sent - before.sent).toBeLessThan(handshakes);
  });

  test("without class 0, free packets are not carried by a paid one instead", async () => {
    const { a, c } = line;
    await open();
    a.tool("ip", "link", "set", a.tunnels("b")[0] ?? "", "down");
    const before = await a.reading("b", 1);
    await a.ask("sendUdp", far.v4, port, [500], 40, 100_000);
    expect((await settled(c, port)).packets).toBe(0);
    expect((await a.reading("b", 1)).sent - before.sent).toBeLessThan(handshakes);
    a.tool("ip", "link", "set", a.tunnels("b")[0] ?? "", "up");
  });

  test("packets bound to a closed tunnel are dropped, for they have no other way", async () => {
    const { a } = line;
    const before = await a.reading("b", 1);
    await a.ask("sendUdp", `${ownAddress("b")}%${a.tunnels("b")[1]}`, port, [500], 40, 100_000);
    expect((await a.reading("b", 1)).sent - before.sent).toBeLessThan(handshakes);
    const dropped = a.tool("nft", "list", "chain", "inet", "meshtoll_lab_a", "leaving");
    expect(Number(/counter packets (\d+)/.exec(dropped)?.[1])).toBeGreaterThanOrEqual(40);
  });

  test("when somebody flushes all of nft, the next look closes the class again", async () => {
    const { a } = line;
    await open();
    await allow("a", "b", plenty);
    a.tool("nft", "flush", "ruleset");
    const usage = new Map(await a.ask("usage"));
    expect(usage.get(`quota_${a.tunnels("b")[1]}`)?.limit).toBe(1n);
    // What a tunnel of user space was given before may leave a little later.
    let before = await a.reading("b", 1);
    await expect
      .poll(async () => {
        const last = before.sent;
        before = await a.reading("b", 1);
        return before.sent - last;
      })
      .toBe(0n);
    await a.ask("sendUdp", far.v4, port, [500], 20, 100_000);
    expect((await a.reading("b", 1)).sent - before.sent).toBeLessThan(handshakes);
  });

  test("a router behind which traffic begins is closed too", async () => {
    const { a, lan } = line;
    const before = await a.reading("b", 1);
    await lan.ask("sendUdp", far.v4, port, [500], 40, 30_000);
    expect((await settled(line.c, port)).packets).toBeGreaterThan(35);
    expect((await a.reading("b", 1)).sent - before.sent).toBeLessThan(handshakes);
  });
});
