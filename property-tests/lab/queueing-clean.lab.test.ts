import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LabLine, labLine, queueingOptions, tunnelPlan } from "../queueing/lab-line.ts";
import { type LabNamespace, labNamespace } from "../tunnel/lab-namespace.ts";
import { skipsLab } from "./lab.ts";

let line: LabLine;

describe.skipIf(skipsLab())("cleaning up after the queues of the real kernel", () => {
  beforeAll(async () => {
    line = await labLine();
    strangers(line.b);
    // Interfaces that came up just now may still change by themselves.
    for (let last = ""; state() !== last; ) {
      last = state();
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  });
  afterAll(() => line?.close());

  /** Things of somebody else that look like ours. */
  const strangers = (at: LabNamespace) => {
    at.tool("ip", "link", "add", "qstranger", "type", "veth", "peer", "name", "qstranger1");
    at.tool(
      "tc",
      "qdisc",
      "add",
      "dev",
      "qstranger",
      "root",
      "handle",
      "1:",
      "htb",
      "default",
      "20",
    );
    at.tool("ip", "rule", "add", "pref", "5100", "fwmark", "0x77", "lookup", "5100");
    at.tool(
      "ip",
      "rule",
      "add",
      "pref",
      "5101",
      "fwmark",
      "0x78",
      "lookup",
      "5101",
      "protocol",
      "44",
    );
    at.tool("ip", "route", "add", "192.0.2.7", "dev", "lo", "table", "5100");
    at.tool("nft", "add", "table", "inet", "meshtoll_lab_b2");
    at.tool("nft", "add", "chain", "inet", "meshtoll_lab_b2", "in_0");
  };
  /** What there is, without the length of queues, which belong to tunnels, and without counters. */
  const state = () =>
    line.b
      .state()
      .replace(/ qlen \d+/g, "")
      .replace(/ used \d+ bytes/g, "")
      .replace(/packets \d+ bytes \d+/g, "");
  const attach = () => line.b.ask("attach", line.b.plans, line.b.routes);
  const standing = async (index: number) => {
    const plan = line.b.plans[index];
    if (plan !== undefined) await line.b.ask("setStanding", plan, "throttled");
  };

  test("everything goes, and nothing of anybody else", async () => {
    const before = state();
    await attach();
    await standing(0);
    expect(state()).not.toBe(before);
    await line.b.ask("clean");
    expect(state()).toBe(before);
    await line.b.ask("clean"); // absent is fine
    expect(state()).toBe(before);
  });

  test("attaching twice is attaching once, and keeps standings", async () => {
    const before = state();
    await attach();
    await standing(1);
    const once = state();
    await attach();
    expect(state()).toBe(once);
    await line.b.ask("clean");
    expect(state()).toBe(before);
  });

  test("other routes replace those before, are put back when flushed, and go like the rest", async () => {
    const before = state();
    await attach();
    const shown = (table: number) =>
      line.b.tool("ip", "route", "show", "table", `${table}`, "proto", "201");
    const routes = [
      { prefix: "10.55.0.0/16", index: 1, class: 1 },
      { prefix: "0.0.0.0/0", index: 0, class: 1 },
    ];
    await line.b.ask("setRoutes", routes, ["172.31.1.1/32"]);
    expect(shown(5100)).toContain(`10.55.0.0/16 dev ${line.b.tunnels("c")[1]}`);
    expect(shown(5101)).toContain(`10.55.0.0/16 dev ${line.b.tunnels("c")[0]}`);
    expect(shown(5100)).toContain("throw 172.31.1.1");
    expect(shown(5100)).not.toContain("10.98");
    const all = shown(5100) + shown(5101);
    line.b.tool("ip", "route", "flush", "table", "5100", "proto", "201");
    expect(await line.b.ask("checkRoutes")).toBe(3);
    expect(shown(5100) + shown(5101)).toBe(all);
    expect(await line.b.ask("checkRoutes")).toBe(0);
    await expect(
      line.b.ask("setRoutes", [{ prefix: "10.1.1.1/8", index: 0, class: 1 }], []),
    ).rejects.toThrow();
    await expect(
      line.b.ask("setRoutes", [{ prefix: "10.0.0.0/8", index: 9, class: 1 }], []),
    ).rejects.toThrow();
    await line.b.ask("clean");
    expect(state()).toBe(before);
  });

  test("what a killed agent left goes as well", async () => {
    const before = state();
    await attach();
    await standing(1);
    await line.b.kill();
    await line.b.ask("clean");
    expect(state()).toBe(before);
  });

  for (const [what, args] of [
    ["the nft table", ["nft", "delete", "table", "inet", "meshtoll_lab_b"]],
    ["a rule", ["ip", "rule", "delete", "pref", "5101", "protocol", "201"]],
    ["routes", ["ip", "route", "flush", "table", "5100", "proto", "201"]],
    ["a qdisc", ["tc", "qdisc", "delete", "dev", "<0>", "root"]],
    ["a tunnel", ["ip", "link", "delete", "dev", "<0>"]],
  ] as const) {
    test(`so it does where ${what} is missing already, and the tunnels with it`, async () => {
      // A router of its own: its tunnels go too.
      const alone = labNamespace("alone", queueingOptions("b"));
      try {
        const before = alone.state();
        const plans = [0, 1].map((one) => tunnelPlan("c", "b", one));
        const named = plans.map((plan, i) => ({ ...plan, name: `z${plan.name.slice(1, 12)}${i}` }));
        for (const plan of named) await alone.ask("apply", plan);
        const interfaces = named.map(({ name }) => name);
        const [queue] = line.c.plans;
        if (queue === undefined) throw new Error("c has no neighbour");
        const routes = [
          { prefix: "10.98.1.1/32", index: 0, class: 1 },
          { prefix: "fd98:1::1/128", index: 0, class: 1 },
        ];
        await alone.ask("attach", [{ ...queue, interfaces }], routes);
        await alone.kill();
        const [tool = "", ...rest] = args.map((one) =>
          one === "<0>" ? (interfaces[0] ?? "") : one,
        );
        alone.tool(tool, ...rest);
        await alone.ask("clean");
        for (const name of await alone.ask("list", "z")) await alone.ask("remove", name);
        expect(alone.state()).toBe(before);
      } finally {
        await alone.remove();
      }
    });
  }
});
