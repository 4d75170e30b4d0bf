import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  controlPort,
  far,
  type LabLine,
  type LabRouter,
  labLine,
  near,
  ownAddress,
  rates,
  settled,
  tunnelName,
} from "../queueing/lab-line.ts";
import { skipsLab } from "./lab.ts";
import { wrappedTools } from "./wrapped-tools.ts";

/** What both neighbours of b together are given for nothing, in bits a second. */
const freePool = 600_000n;

/** In bytes a second; and what one alone has of it at least, on a machine that is busy. */
const pool = Number(freePool) / 8;
const nearly = 0.7;

/** What queues and policers let through at once when they were idle. */
const burst = 64_000;

/** To c for nothing, beside what is bought on the way there. */
const freeTo = "10.98.3.9";
const freeWay = { prefix: `${freeTo}/32`, index: 1, class: 0 };

const device = "mtpool5100";
const plenty = 1_000_000_000n;

let line: LabLine;
let port = 7800;

describe.skipIf(skipsLab())("the pool of what is free, on the real kernel", () => {
  beforeAll(async () => {
    line = await labLine();
  });
  afterAll(() => line?.close());
  beforeEach(async () => {
    port += 1;
    await giveFromPool(line);
  });

  test("two neighbours that flood together get the pool, nearly all of it and no more, in turns", async () => {
    const { a, b, c } = line;
    const { bytes, seconds } = await flood([
      [a, freeTo, c],
      [c, near.v4, a],
    ]);
    const [one = 0, other = 0] = bytes;
    expect(one + other).toBeLessThanOrEqual(pool * seconds + burst);
    expect(one + other).toBeGreaterThan(pool * nearly * 4);
    expect(Math.min(one, other)).toBeGreaterThan((one + other) / 4);
    expect(b.tool("tc", "-s", "class", "show", "dev", device)).toContain("2:100");
  });

  test("one that floods alone gets nearly the whole pool", async () => {
    const { a, c } = line;
    const {
      bytes: [bytes = 0],
      seconds,
    } = await flood([[a, freeTo, c]]);
    expect(bytes).toBeLessThanOrEqual(pool * seconds + burst);
    expect(bytes).toBeGreaterThan(pool * nearly * 4);
  });

  test("what is paid for loses nothing to a flood of what is free", async () => {
    const { a, b, c } = line;
    await openAll();
    const paid = port + 100;
    await c.ask("listenUdp", "::", paid);
    const [{ bytes }] = await Promise.all([
      flood([
        [a, freeTo, c],
        [c, near.v4, a],
      ]),
      a.ask("sendUdp", far.v4, paid, [1200], 500, 150_000),
    ]);
    expect((await settled(c, paid)).packets).toBe(500);
    expect((await b.reading("c", 1)).sent).toBeGreaterThan(500n * 1200n);
    expect(Math.min(...bytes)).toBeGreaterThan(0);
  });

  test("what is no gift stays out of the pool: control, what is paid for, what is for us", async () => {
    const { a, b } = line;
    await b.ask("listenUdp", "::", controlPort);
    const [toA, toB] = [b.tunnels("a")[0], a.tunnels("b")[0]];
    await b.ask("sendUdp", `${ownAddress("a")}%${toA}`, controlPort, [600], 40, 60_000);
    await b.ask("sendUdp", near.v4, port, [600], 40, 60_000);
    await a.ask("sendUdp", `${ownAddress("b")}%${toB}`, controlPort, [600], 40, 60_000);
    expect((await settled(a, port)).packets).toBe(40);
    expect(b.tool("tc", "-s", "class", "show", "dev", device)).not.toMatch(/Sent [1-9]/);
  });

  test("a throttled neighbour has its free rate of it and no more", async () => {
    const { a, b, c } = line;
    const [plan] = b.plans;
    if (plan === undefined) throw new Error("b has no neighbour");
    await b.ask("setStanding", plan, "throttled");
    const {
      bytes: [bytes = 0],
      seconds,
    } = await flood([[a, freeTo, c]]);
    expect(bytes).toBeLessThanOrEqual((Number(rates.freeRate) / 8) * seconds + burst);
    expect(bytes).toBeGreaterThan(0);
  });

  const takenAway: readonly (readonly [string, readonly string[]])[] = [
    ["the interface it goes through", ["ip", "link", "delete", "dev", device]],
    ["the queues of that interface", ["tc", "qdisc", "delete", "dev", device, "root"]],
    ["what redirects to it", ["tc", "qdisc", "delete", "dev", "<tunnel>", "clsact"]],
    ["the filter that does", ["tc", "filter", "delete", "dev", "<tunnel>", "egress"]],
    [
      "the filter of a tunnel's queues",
      ["tc", "filter", "delete", "dev", "<tunnel>", "parent", "1:"],
    ],
    ["a tunnel's queues", ["tc", "qdisc", "delete", "dev", "<tunnel>", "root"]],
  ];
  for (const [what, words] of takenAway) {
    test(`${what} is there again at the next look, and at the one after nothing differs`, async () => {
      const { b } = line;
      await b.ask("reconcile");
      const before = shape(b);
      const [tool = "", ...args] = words.map((one) =>
        one === "<tunnel>" ? tunnelName("b", "c", 0) : one,
      );
      b.tool(tool, ...args);
      expect(shape(b)).not.toBe(before);
      expect((await b.ask("reconcile")).differences).not.toEqual([]);
      expect(shape(b)).toBe(before);
      expect((await b.ask("reconcile")).differences).toEqual([]);
    });
  }

  test("attached again nothing changes, another rate changes in place, and without a pool it is gone", async () => {
    const { b } = line;
    const plansWith = (pool: { readonly freePool?: bigint }) =>
      b.plans.map((plan) => ({ ...plan, ...pool }));
    const before = shape(b);
    await b.ask("attach", plansWith({ freePool }), b.routes);
    expect(shape(b)).toBe(before);
    await b.ask("attach", plansWith({ freePool: 2n * freePool }), b.routes);
    expect(shape(b)).toContain("1200Kbit");
    await b.ask("attach", plansWith({}), b.routes);
    expect(shape(b)).not.toContain(device);
    expect(b.tool("tc", "qdisc", "show")).not.toContain("clsact");
    expect((await b.ask("reconcile")).differences).toEqual([]);
  });

  test("an interface of its name that is none of ours is not taken, and not taken away", async () => {
    const { b } = line;
    await b.ask("clean");
    b.tool("ip", "link", "add", device, "type", "veth", "peer", "name", "krpeer");
    try {
      const plans = b.plans.map((plan) => ({ ...plan, freePool }));
      await expect(b.ask("attach", plans, b.routes)).rejects.toThrow("is no ifb");
      await b.ask("clean");
      expect(b.tool("ip", "link", "show")).toContain(device);
    } finally {
      b.tool("ip", "link", "delete", "dev", device);
    }
  });

  test("cleaning up leaves nothing of it, not even of an agent that was killed", async () => {
    const { b } = line;
    await b.kill();
    await b.ask("clean");
    expect(b.tool("ip", "link", "show")).not.toContain(device);
    expect(b.tool("tc", "qdisc", "show")).not.toMatch(/clsact|htb/);
    expect(b.tool("nft", "list", "ruleset")).toBe("");
  });

  /** The queues, filters and interface of the pool, without what they have counted. */
  const shape = (at: LabRouter) =>
    [device, tunnelName("b", "c", 0), tunnelName("b", "a", 0)]
      .flatMap((name) => [
        ["qdisc", "show", "dev", name],
        ["class", "show", "dev", name],
        ["filter", "show", "dev", name],
        ["filter", "show", "dev", name, "egress"],
      ])
      .map((words) => shown(at, words))
      .join("\n");

  const openAll = async () => {
    const limits = async (router: LabRouter, to: "a" | "b" | "c", kind: "quota" | "gate") => {
      const before = await router.ask("usage");
      const { interfaceName, sent, received } = await router.reading(to, 1);
      const counter = kind === "quota" ? sent : received;
      const one = [{ interfaceName, limit: counter + plenty, counter }];
      await router.ask(
        "setLimits",
        before,
        ...((kind === "quota" ? [one, []] : [[], one]) as [typeof one, typeof one]),
      );
    };
    const { a, b, c } = line;
    await limits(a, "b", "quota");
    await limits(b, "c", "quota");
    await limits(b, "a", "gate");
    await limits(c, "b", "gate");
  };
});

/** What tc shows; an interface that is not there shows nothing. Numbers that the kernel gives out are left out. */
function shown(at: LabRouter, words: readonly string[]): string {
  try {
    return at
      .tool("tc", ...words)
      .replace(/\sindex \d+/g, "")
      .replace(/refcnt \d+/g, "")
      .replace(/fh 8\d\d:/g, "fh")
      .replace(/ht 8\d\d/g, "ht")
      .replace(/ref \d+ bind \d+/g, "");
  } catch {
    return "";
  }
}

describe.skipIf(skipsLab())("the pool where a kernel cannot redirect", () => {
  let poor: LabLine;
  const tools = wrappedTools({
    tool: "tc",
    where: "*clsact*",
    refuses: "Error: Specified qdisc kind is unknown.",
  });
  beforeAll(async () => {
    poor = await labLine(tools.directory);
  });
  afterAll(async () => {
    await poor?.close();
    tools.remove();
  });

  test("is a limit that all share: still no more than the pool, and nearly all of it", async () => {
    const { a, b, c } = poor;
    port += 1;
    await giveFromPool(poor);
    expect(b.tool("ip", "link", "show")).not.toMatch(/mtpool|mtprobe/);
    const { bytes, seconds } = await flood([
      [a, freeTo, c],
      [c, near.v4, a],
    ]);
    const all = bytes.reduce((sum, one) => sum + one, 0);
    expect(all).toBeLessThanOrEqual(pool * seconds + burst);
    expect(all).toBeGreaterThan(pool * nearly * 4);
    await b.ask("attach", b.plans, b.routes);
    expect(b.tool("nft", "list", "limits")).not.toContain("limit pool");
  });
});

/** Attaches all of them anew: b has a pool, and the others have more to give than anybody sends. */
async function giveFromPool(line: LabLine): Promise<void> {
  const { a, b, c } = line;
  c.tool("ip", "address", "replace", freeTo, "dev", "lo");
  for (const one of [a, b, c]) {
    await one.ask("clean");
    // a and c give as much away as their links carry: what is measured is b's pool.
    const wide = one === b ? rates : { ...rates, freeRate: 4_000_000n };
    const plans = one.plans.map((plan) => ({
      ...plan,
      ...wide,
      ...(one === b ? { freePool } : {}),
    }));
    await one.ask("attach", plans, one.routes);
  }
  for (const one of [a, c]) await one.ask("listenUdp", "::", port);
  await b.ask("setRoutes", [...b.routes, freeWay], []);
  await a.ask("setRoutes", [...a.routes, { ...freeWay, index: 0 }], []);
}

/** Floods for so many packets of 1200 bytes at 300 kB/s; the bytes that arrived, and the seconds. */
async function flood(ways: readonly (readonly [LabRouter, string, LabRouter])[]) {
  const before = await Promise.all(ways.map(([, , at]) => at.ask("arrived", port)));
  const began = process.hrtime.bigint();
  await Promise.all(ways.map(([from, to]) => from.ask("sendUdp", to, port, [1200], 1000, 300_000)));
  const after = await Promise.all(ways.map(([, , at]) => settled(at, port)));
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  return { bytes: after.map(({ bytes }, i) => bytes - (before[i]?.bytes ?? 0)), seconds };
}
