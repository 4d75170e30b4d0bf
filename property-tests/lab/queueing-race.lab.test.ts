import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { attachAnew, type LabLine, labLine, tunnelName } from "../queueing/lab-line.ts";
import { skipsLab } from "./lab.ts";
import { type WrappedTools, wrappedTools } from "./wrapped-tools.ts";

let line: LabLine;
let tools: WrappedTools;

/** While these are there, the tool waits. */
let slowTable: string;
let slowQueues: string;

const chain = (to: "a" | "c") => `in_${tunnelName("b", to, 0)}`;

describe.skipIf(skipsLab())("two changes at once, one of them held up by a slow tool", () => {
  beforeAll(async () => {
    const places = wrappedTools();
    [slowTable, slowQueues] = ["table", "queues"].map((one) => join(places.directory, one)) as [
      string,
      string,
    ];
    const where = `*flush?chain*${chain("a")}*`;
    tools = wrappedTools(
      { tool: "nft", where, waitsFor: slowTable },
      { tool: "tc", where: "*-batch*", waitsFor: slowQueues },
    );
    line = await labLine(tools.directory);
  });
  afterAll(async () => {
    await line?.close();
    tools.remove();
    rmSync(join(slowTable, ".."), { recursive: true, force: true });
  });
  beforeEach(() => attachAnew(line.b));
  afterEach(() => {
    for (const one of [slowTable, slowQueues]) rmSync(one, { force: true });
  });

  const planTo = (to: "a" | "c") => {
    const found = line.b.plans.find(({ interfaces }) => interfaces[0] === tunnelName("b", to, 0));
    if (found === undefined) throw new Error(`b has no neighbour ${to}`);
    return found;
  };
  /** Begins a change that waits in its tool, makes another one meanwhile, then lets the first go on. */
  const meanwhile = async (
    gate: string,
    first: () => Promise<unknown>,
    second: () => Promise<unknown>,
  ) => {
    rmSync(`${gate}.reached`, { force: true });
    writeFileSync(gate, "");
    const held = first();
    held.catch(() => {}); // it is awaited below
    while (!existsSync(`${gate}.reached`)) await new Promise((done) => setTimeout(done, 20));
    await second();
    rmSync(gate);
    await held;
  };
  /** The table is made again from what is remembered: a throttled neighbour's chain marks everything. */
  const remembered = async () => {
    line.b.tool("nft", "delete", "table", "inet", "meshtoll_lab_b");
    await line.b.ask("reconcile");
    return (["a", "c"] as const).map((to) =>
      line.b.tool("nft", "list", "chain", "inet", "meshtoll_lab_b", chain(to)).includes("admit_")
        ? "open"
        : "throttled",
    );
  };

  test("two neighbours that are throttled at once both are remembered so", async () => {
    await meanwhile(
      slowTable,
      () => line.b.ask("setStanding", planTo("a"), "throttled"),
      () => line.b.ask("setStanding", planTo("c"), "throttled"),
    );
    expect(await remembered()).toEqual(["throttled", "throttled"]);
  });

  test("own users that are throttled while a neighbour is are remembered, and so is the neighbour", async () => {
    await meanwhile(
      slowTable,
      () => line.b.ask("setStanding", planTo("a"), "throttled"),
      () => line.b.ask("setOwn", { lan: ["br-lan"], notices: [] }),
    );
    expect(await remembered()).toEqual(["throttled", "open"]);
    expect(line.b.tool("nft", "list", "table", "inet", "meshtoll_lab_b")).toContain("br-lan");
  });

  test("a neighbour that is throttled while others are attached is throttled afterwards", async () => {
    const rate = 1_000_000n;
    const plans = line.b.plans.map((plan) => ({ ...plan, linkRate: 2n * rate }));
    // tc is slow for both: the table and what is remembered are changed before it has its turn.
    let throttling: Promise<unknown> = Promise.resolve();
    await meanwhile(
      slowQueues,
      () => line.b.ask("attach", plans, line.b.routes),
      async () => {
        throttling = line.b.ask("setStanding", planTo("c"), "throttled");
        while (!marked("c")) await new Promise((done) => setTimeout(done, 20));
      },
    );
    await throttling;
    const shown = line.b.tool("tc", "class", "show", "dev", tunnelName("b", "c", 1));
    expect(shown).toMatch(/class htb 1:2 .*ceil 400Kbit/);
    expect(shown).toMatch(/class htb 1:1 .*ceil 2Mbit/);
    expect(await remembered()).toEqual(["open", "throttled"]);
    expect((await line.b.ask("reconcile")).differences).toEqual([]);
  });

  const marked = (to: "a" | "c") =>
    !line.b.tool("nft", "list", "chain", "inet", "meshtoll_lab_b", chain(to)).includes("admit_");
});
