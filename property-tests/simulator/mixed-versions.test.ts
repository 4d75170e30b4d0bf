import { expect, test } from "vitest";
import { tokenUnits } from "#core/units/money.ts";
import { agentVersions } from "./network/agent-version.ts";
import type { Network } from "./network/network.ts";
import { feed } from "./network/shell.ts";
import { simulate } from "./network/simulation.ts";
import type { AgentAge } from "./scenario/scenario.ts";
import { readScenarioValue } from "./scenario/scenario-reader.ts";

function lineOf(...agents: readonly AgentAge[]) {
  const ids = agents.map((_, i) => String(i));
  const reading = readScenarioValue({
    defaults: { payThreshold: "2000000", creditLimit: "100000000" },
    nodes: agents.map((agent, i) => ({ id: ids[i], price: 10, agent })),
    links: ids.slice(1).map((b, i) => ({ a: ids[i], b, loss: 0.01 })),
    flows: [{ from: ids[0], to: ids.at(-1), bytes: "8000000" }],
    faults: ids.map((node, i) => ({ node, kind: "crash", afterBytes: 1_000_000 * (i + 1) })),
  });
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  return reading.scenario;
}

const ages = ["new", "old"] as const;
const lines = ages.flatMap((a) => ages.flatMap((b) => ages.map((c) => [a, b, c] as const)));

test.each(lines)("a line of a %s, a %s and a %s agent pays, crashes and settles", (...agents) => {
  const net = simulate(lineOf(...agents));
  expect(net.violations).toEqual([]);
  expect(net.links[0]?.ways[0][0]?.bestCredited).toBeGreaterThan(70_000_000n);
});

test("the old agent is another one: it does not know the message CHANNEL, and goes on without it", () => {
  const ask = (net: Network) => {
    const [node] = net.nodes;
    if (node === undefined || net.now !== 60) return;
    const wish = { type: "Withdraw", neighbour: 0, total: tokenUnits(5n) } as const;
    feed(net, node, { type: "Wish", wish });
  };
  const permitIn = (age: AgentAge) => {
    const net = simulate(lineOf("new", age, "new"), {}, ask);
    expect(net.violations).toEqual([]);
    return net.nodes[0]?.core.ledger.neighbours[0]?.dealings.permit?.total;
  };
  expect(agentVersions.old.step).not.toBe(agentVersions.new.step);
  expect(permitIn("new")).toBe(5n);
  expect(permitIn("old")).toBeUndefined();
});
