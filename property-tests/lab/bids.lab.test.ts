import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { QueuePlan } from "#adapters/queueing/queueing.ts";
import { pairQueues } from "#core/queue/bids.ts";
import { type LabNamespace, labNamespace } from "../tunnel/lab-namespace.ts";
import { skipsLab } from "./lab.ts";

const linkRate = 4_000_000n;
const names = ["a", "c", "d"] as const;
type Name = (typeof names)[number];

/** The bids of the example: so what C sends to A goes first, and what D sends to A goes behind it. */
const bids = new Map([
  ["a", { receive: 5n, send: 5n }],
  ["c", { receive: 3n, send: 4n }],
  ["d", { receive: 2n, send: 1n }],
]);

/** Of the link, divided among six pairs: a tenth for each. */
const floorShare = 600_000n;

const plenty = 1_000_000_000n;
const port = 7400;

/** What leaves in the time of a test is never exact to the packet. */
const nearly = 0.75;

let router: LabNamespace;
const others = new Map<Name, LabNamespace>();

const interfaceOf = (name: Name, priceClass: number) => `bid${name}${priceClass}`;
const addressOf = (name: Name) => `10.91.${names.indexOf(name) + 1}.2`;

/** Queues, quotas and marks hang on any interface: bare cables do as tunnels here. */
function cable(name: Name, priceClass: number, peer: LabNamespace): void {
  const ip = (...args: readonly string[]) => execFileSync("ip", args, { stdio: "pipe" });
  const [near, far] = [interfaceOf(name, priceClass), `up${priceClass}`];
  ip(
    ...["link", "add", near, "netns", router.name, "type", "veth"],
    ...["peer", "name", far, "netns", peer.name],
  );
  const net = `10.91.${names.indexOf(name) + 1}`;
  if (priceClass === 1) router.tool("ip", "address", "add", `${net}.1/24`, "dev", near);
  if (priceClass === 1) peer.tool("ip", "address", "add", `${net}.2/24`, "dev", far);
  router.tool("ip", "link", "set", near, "up");
  peer.tool("ip", "link", "set", far, "up");
  if (priceClass === 1) peer.tool("ip", "route", "add", "default", "via", `${net}.1`);
}

const plans = names.map((name, index): QueuePlan => {
  const queues = pairQueues(bids, linkRate, floorShare);
  return {
    index,
    interfaces: [interfaceOf(name, 0), interfaceOf(name, 1)],
    linkRate,
    freeRate: 200_000n,
    controlRate: 64_000n,
    ownPriority: 6,
    pairs: queues
      .filter(({ to }) => to === name)
      .map(({ from, priority, floor }) => ({
        from: names.indexOf(from as Name),
        priority,
        floor,
      })),
  };
});

/** Bytes that left in the class of a sender, on the tunnel to a. */
function left(from: Name): number {
  const shown = router.tool("tc", "-s", "class", "show", "dev", interfaceOf("a", 1));
  const minor = (0x100 + names.indexOf(from)).toString(16);
  const found = new RegExp(`class htb 1:${minor} [^]*?Sent (\\d+) bytes`).exec(shown);
  return Number(found?.[1]);
}

describe.skipIf(skipsLab())("bids on the real kernel", () => {
  beforeAll(async () => {
    const options = (place: string) => ({
      table: `meshtoll_bid_${place}`,
      freeMark: 0x5001,
      controlPort: 4460,
      base: 5100,
    });
    router = labNamespace("bids", options("r"));
    for (const name of names) {
      const one = labNamespace(`bid${name}`, options(name));
      others.set(name, one);
      cable(name, 0, one);
      cable(name, 1, one);
    }
    const routes = names.map((name, index) => ({
      prefix: `${addressOf(name)}/32`,
      index,
      class: 1,
    }));
    await router.ask("attach", plans, routes);
    const paid = names.map((name) => interfaceOf(name, 1));
    const open = paid.map((interfaceName) => ({ interfaceName, limit: plenty, counter: 0n }));
    await router.ask("setLimits", await router.ask("usage"), open, open);
    await others.get("a")?.ask("listenUdp", "::", port);
    // Whoever sends is there before anything is measured.
    for (const one of others.values()) await one.ask("arrived", port);
  });
  afterAll(async () => {
    for (const one of [...others.values(), router]) await one?.remove();
  });

  /** Two seconds and a half of each, in bytes that left, and how long it took. */
  const flood = async (senders: readonly Name[], rate: number) => {
    const before = names.map(left);
    const began = process.hrtime.bigint();
    await Promise.all(
      senders.map((name) =>
        others.get(name)?.ask("sendUdp", addressOf("a"), port, [1200], (rate * 2.5) / 1200, rate),
      ),
    );
    const seconds = Number(process.hrtime.bigint() - began) / 1e9;
    const bytes = new Map(names.map((name, i) => [name, left(name) - (before[i] ?? 0)]));
    return { bytes: (name: Name) => bytes.get(name) ?? 0, seconds };
  };
  const link = Number(linkRate) / 8;

  test("each pair has a class of its own on the tunnel, with its priority and its floor", () => {
    const shown = router.tool("tc", "class", "show", "dev", interfaceOf("a", 1));
    expect(shown).toMatch(/class htb 1:101 parent 1:2 .*prio 0 rate 400Kbit ceil 4Mbit/);
    expect(shown).toMatch(/class htb 1:102 parent 1:2 .*prio 3 rate 400Kbit ceil 4Mbit/);
  });

  test("alone, whoever bids least gets the whole link", async () => {
    const { bytes, seconds } = await flood(["d"], 2 * link);
    expect(bytes("d")).toBeGreaterThan(nearly * link * Math.min(seconds, 2.5));
    expect(bytes("c")).toBe(0);
  });

  test("under overload the higher bid goes first, and the lower one still gets its floor", async () => {
    const { bytes, seconds } = await flood(["c", "d"], 4 * link);
    const floor = link / 10;
    expect(bytes("c")).toBeGreaterThan(2 * bytes("d"));
    expect(bytes("d")).toBeGreaterThan(nearly * floor * Math.min(seconds, 2.5));
    expect(bytes("c") + bytes("d")).toBeLessThan(1.2 * link * (seconds + 0.5));
  });

  test("another bid is the smallest change: the order turns, and nothing else is made anew", async () => {
    const turned = plans.map((plan) => ({
      ...plan,
      pairs: plan.pairs?.map((one) => ({ ...one, priority: 6 - one.priority })) ?? [],
    }));
    const usage = new Map(await router.ask("usage"));
    const routes = names.map((name, index) => ({
      prefix: `${addressOf(name)}/32`,
      index,
      class: 1,
    }));
    await router.ask("attach", turned, routes);
    const after = new Map(await router.ask("usage"));
    for (const [name, { limit }] of usage) expect(after.get(name)?.limit).toBe(limit);
    const { bytes } = await flood(["c", "d"], 4 * link);
    expect(bytes("d")).toBeGreaterThan(2 * bytes("c"));
    expect(bytes("c")).toBeGreaterThan(0);
  });
});
