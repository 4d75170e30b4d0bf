import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Restoration } from "#adapters/queueing/queueing.ts";
import { attachAnew, type LabLine, labLine, tunnelPlan } from "../queueing/lab-line.ts";
import { skipsLab } from "./lab.ts";

let line: LabLine;

/** What there is, without counters, and without the numbers that nft and interfaces are given. */
const state = () =>
  line.b
    .state()
    .replace(/ qlen \d+/g, "")
    .replace(/ used \d+ bytes/g, "")
    .replace(/packets \d+ bytes \d+/g, "");

const look = (): Promise<Restoration> => line.b.ask("reconcile");

describe.skipIf(skipsLab())("what somebody takes away on the real kernel", () => {
  beforeAll(async () => {
    line = await labLine();
  });
  afterAll(() => line?.close());
  beforeEach(async () => {
    await attachAnew(line.b);
    await look();
  });

  test("nothing is restored where nothing is missing, and a second look costs nothing", async () => {
    expect(await look()).toEqual({ differences: [], closed: false });
  });

  for (const [what, tool, args, words] of [
    ["the whole ruleset of nft", "nft", ["flush", "ruleset"], "nft table meshtoll_lab_b was gone"],
    ["a queue", "tc", ["qdisc", "delete", "dev", "<0>", "root"], "queues of <0>"],
    ["a class", "tc", ["qdisc", "delete", "dev", "<1>", "parent", "1:20"], "queues of <1>"],
    ["rules", "ip", ["rule", "flush", "protocol", "201"], "2 of our rules and routes were gone"],
    [
      "routes",
      "ip",
      ["-6", "route", "flush", "table", "5100", "proto", "201"],
      "of our rules and routes were gone",
    ],
  ] as const) {
    test(`${what} is found missing at the next look, restored and told, standings and all`, async () => {
      const [plan] = line.b.plans;
      if (plan === undefined) throw new Error("b has no neighbour");
      await line.b.ask("setStanding", plan, "throttled");
      const named = (text: string) =>
        text
          .replace("<0>", line.b.tunnels("a")[0] ?? "")
          .replace("<1>", line.b.tunnels("a")[1] ?? "");
      await look();
      const before = state();
      line.b.tool(tool, ...args.map(named));
      expect(state()).not.toBe(before);
      const { differences, closed } = await look();
      expect(differences.join("; ")).toContain(named(words));
      expect(closed).toBe(tool === "nft");
      expect(state()).toBe(before);
      expect((await look()).differences).toEqual([]);
    });
  }

  test("a rate that somebody changes is put right", async () => {
    const [name = ""] = line.b.tunnels("c");
    const before = line.b.tool("tc", "class", "show", "dev", name);
    const words = `class change dev ${name} parent 1:1 classid 1:2 htb rate 1kbit ceil 1kbit`;
    line.b.tool("tc", ...words.split(" "));
    // Nothing was deleted, so nobody tells: it is found when everything is compared.
    for (let looks = 0; looks < 61; looks++) await look();
    expect(line.b.tool("tc", "class", "show", "dev", name)).toBe(before);
  });

  test("a tunnel that was made again gets its queues, with its neighbour's standing", async () => {
    const [plan] = line.b.plans;
    const [name = ""] = line.b.tunnels("a");
    if (plan === undefined) throw new Error("b has no neighbour");
    await line.b.ask("setStanding", plan, "throttled");
    const before = line.b.tool("tc", "class", "show", "dev", name);
    line.b.tool("ip", "link", "delete", "dev", name);
    await look(); // an interface that is not there is passed over
    await line.b.ask("apply", tunnelPlan("b", "a", 0));
    await line.b.ask("mend", plan, line.b.routes);
    expect(line.b.tool("tc", "class", "show", "dev", name)).toBe(before);
  });

  test("whoever stays keeps queues, quotas and standing while another comes and goes", async () => {
    const [first, second] = line.b.plans;
    if (first === undefined || second === undefined) throw new Error("b has two neighbours");
    const ours = (plan: typeof first) => line.b.routes.filter(({ index }) => index === plan.index);
    await line.b.ask("setStanding", first, "throttled");
    const quota = () =>
      line.b.tool("nft", "list", "chain", "inet", "meshtoll_lab_b", `in_${first.interfaces[0]}`);
    const handles = () =>
      first.interfaces
        .map((name) => line.b.tool("tc", "-s", "qdisc", "show", "dev", name))
        .join("");
    await line.b.ask("sendUdp", "fe80::1%".concat(first.interfaces[0] ?? ""), 9, [100], 3, 10_000);
    const before = [quota(), handles()];
    await line.b.ask("attach", [first], ours(first));
    expect([quota(), handles()]).toEqual(before);
    expect(line.b.tool("nft", "list", "table", "inet", "meshtoll_lab_b")).not.toContain(
      second.interfaces[1] ?? "",
    );
    expect(line.b.tool("tc", "qdisc", "show", "dev", second.interfaces[0] ?? "")).not.toContain(
      "htb",
    );
    await line.b.ask("attach", line.b.plans, line.b.routes);
    expect([quota(), handles()]).toEqual(before);
    expect(line.b.tool("tc", "qdisc", "show", "dev", second.interfaces[0] ?? "")).toContain("htb");
  });
});
