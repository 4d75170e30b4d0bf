import { expect, test } from "vitest";
import { simulate } from "./network/simulation.ts";
import { readScenarioValue, scenarioLimits } from "./scenario/scenario-reader.ts";

/** What a case says otherwise than a line of three: of all nodes, of all links, of its flow. */
interface Case {
  readonly defaults?: object;
  readonly node?: object;
  readonly link?: object;
  readonly flow?: object;
  readonly faults?: readonly object[];
  readonly chain?: object;
  readonly maxSteps?: number;
}

function run({ defaults, node, link, flow, faults, chain, maxSteps }: Case) {
  const reading = readScenarioValue({
    defaults: { payThreshold: "2000000", creditLimit: "100000000", ...defaults },
    nodes: [
      { id: "1", ...node },
      { id: "2", price: "20", ...node },
      { id: "3", ...node },
    ],
    links: [
      { a: "1", b: "2", ...link },
      { a: "2", b: "3", ...link },
    ],
    flows: [{ from: "1", to: "3", bytes: "5000000", ...flow }],
    faults,
    chain,
    maxSteps: maxSteps ?? 8000,
  });
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  return simulate(reading.scenario);
}

const dearest = { price: String(scenarioLimits.price) };
const most = String(scenarioLimits.bytes);

test.each<[string, Case]>([
  ["every message comes twice", { link: { duplicate: 1 } }],
  ["every message comes late", { link: { reorder: 1, delaySteps: 50 } }],
  [
    "half is lost, the rest comes twice and late",
    { link: { loss: 0.5, duplicate: 1, reorder: 1 } },
  ],
  ["everything is lost", { link: { loss: 1 } }],
  ["the dearest fees", { node: dearest }],
  [
    "the dearest fees, and credit to match",
    { node: dearest, defaults: { creditLimit: String(1n << 80n) } },
  ],
  [
    "as many bytes as there may be",
    { flow: { bytes: most }, link: { bytesPerStep: most }, maxSteps: 2000 },
  ],
  ["chunks as large as there may be", { defaults: { reserveBytes: most, readBytes: most } }],
  ["chunks of one byte", { defaults: { reserveBytes: 1, readBytes: 1 }, flow: { bytes: 3000 } }],
  ["no credit", { defaults: { creditLimit: 0 } }],
  ["no threshold", { defaults: { payThreshold: 0 } }],
  ["less credit than a payer pays at", { defaults: { creditLimit: 10 } }],
  ["no free tier", { defaults: { freeBytesPerStep: 0 } }],
  ["nobody buys", { node: { maxPrice: 1 } }],
  ["empty channels", { chain: { deposit: 0, topUp: "100000000" } }],
  ["a chain on which nothing is ever final", { chain: { finalBlocks: 1_000_000_000 } }],
  ["nothing to send", { flow: { bytes: 0 } }],
  ["one step", { maxSteps: 1 }],
])("%s: no theorem breaks, nothing is thrown", (_, one) => {
  const { violations, falseThrottles, flows } = run(one);
  expect({ violations, falseThrottles }).toEqual({ violations: [], falseThrottles: 0 });
  const [flow] = flows;
  if (flow === undefined) throw new Error("there is one flow");
  expect(flow.left + flow.outstanding + flow.arrived + flow.lost).toBe(flow.bytes);
});

const kinds = ["crash", "reboot", "diskLoss", "bitFlip"] as const;

test("a thousand faults: HELLOs are not answered by more and more HELLOs", () => {
  const faults = Array.from({ length: 1000 }, (_, i) => {
    return { node: 1 + (i % 3), kind: kinds[i % 4], afterBytes: i * 4000 };
  });
  expect(run({ faults, maxSteps: 170 }).violations).toEqual([]);
});
