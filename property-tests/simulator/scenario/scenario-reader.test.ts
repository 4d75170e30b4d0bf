import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { randomScenario } from "../fuzz/random-scenario.ts";
import { problemLimit } from "./field.ts";
import { readScenarioFile } from "./scenario-file.ts";
import { readScenario, readScenarioValue, scenarioLimits } from "./scenario-reader.ts";
import { writeScenario } from "./scenario-writer.ts";

const two = { nodes: [{ id: "1" }, { id: "2" }], links: [{ a: "1", b: "2" }] };

/** What is wrong with a scenario, as `path: found -> allowed`. */
function objections(value: unknown): readonly string[] {
  const reading = readScenarioValue(value);
  if (reading.ok) return [];
  return reading.problems.map(({ path, found, allowed }) => `${path}: ${found} -> ${allowed}`);
}

const flow = { from: "1", to: "2", bytes: 1 };

test.each<[string, unknown, string]>([
  ["a link to an unknown node", { ...two, links: [{ a: "1", b: "3" }] }, 'links[0].b: "3"'],
  ["negative loss", { ...two, links: [{ a: "1", b: "2", loss: -0.1 }] }, "links[0].loss: -0.1"],
  ["loss above one", { ...two, links: [{ a: "1", b: "2", loss: 1.1 }] }, "links[0].loss: 1.1"],
  ["two nodes of one name", { nodes: [{ id: "1" }, { id: 1 }] }, 'nodes[1].id: "1"'],
  ["a link to itself", { ...two, links: [{ a: "1", b: "1" }] }, 'links[0].b: "1"'],
  ["two links of one pair", { ...two, links: [...two.links, { a: "2", b: "1" }] }, "links[1]: "],
  ["no nodes", { nodes: [] }, "nodes: []"],
  ["nodes that are none", { nodes: 7 }, "nodes: 7"],
  ["nothing", null, ": null"],
  ["a list", [], ": []"],
  ["a price as a fraction", { nodes: [{ id: "1", price: 0.5 }] }, "nodes[0].price: 0.5"],
  ["a price below zero", { nodes: [{ id: "1", price: "-1" }] }, 'nodes[0].price: "-1"'],
  ["a price that is no number", { nodes: [{ id: "1", price: "1e3" }] }, 'nodes[0].price: "1e3"'],
  [
    "an unsafe integer",
    { nodes: [{ id: "1", price: 2 ** 60 }] },
    "nodes[0].price: 1152921504606847",
  ],
  [
    "an unknown behaviour",
    { nodes: [{ id: "1", behaviour: "kind" }] },
    'nodes[0].behaviour: "kind"',
  ],
  ["an unknown member", { ...two, maxstep: 5 }, "maxstep: 5"],
  ["an unknown member of a node", { nodes: [{ id: "1", fee: 5 }] }, "nodes[0].fee: 5"],
  ["a flow to itself", { ...two, flows: [{ ...flow, to: "1" }] }, 'flows[0].to: "1"'],
  ["a flow from nowhere", { ...two, flows: [{ ...flow, from: "x" }] }, 'flows[0].from: "x"'],
  [
    "a flow of nothing known",
    { ...two, flows: [{ from: "1", to: "2" }] },
    "flows[0].bytes: nothing",
  ],
  [
    "a fault of an unknown kind",
    { ...two, faults: [{ node: "1", kind: "flood" }] },
    'faults[0].kind: "flood"',
  ],
  [
    "a new price without a price",
    { ...two, faults: [{ node: "1", kind: "priceChange" }] },
    "faults[0].price: nothing",
  ],
  [
    "a partition of strangers",
    { nodes: [{ id: "1" }, { id: "2" }], faults: [{ node: "1", kind: "partition", link: "2" }] },
    'faults[0].link: "2"',
  ],
  ["no steps at all", { ...two, maxSteps: 0 }, "maxSteps: 0"],
  ["a seed below zero", { ...two, seed: -1 }, "seed: -1"],
  ["an endless id", { nodes: [{ id: "x".repeat(65) }] }, 'nodes[0].id: "xxx'],
  ["a chain without blocks", { ...two, chain: { blockSteps: 0 } }, "chain.blockSteps: 0"],
])("%s is refused with its path, what was found and what is allowed", (_, value, start) => {
  const found = objections(value);
  expect(found.map((one) => one.slice(0, start.length))).toContain(start);
  for (const one of found) expect(one).toMatch(/ -> .+/);
});

test.each<[string, unknown, string]>([
  [
    "nodes",
    { nodes: Array.from({ length: scenarioLimits.nodes + 1 }, (_, i) => ({ id: i })) },
    "nodes: 10001 of them",
  ],
  [
    "flows",
    { ...two, flows: Array.from({ length: scenarioLimits.flows + 1 }, () => flow) },
    "flows: 10001 of them",
  ],
  [
    "faults",
    { ...two, faults: Array.from({ length: scenarioLimits.faults + 1 }, () => 0) },
    "faults: 100001 of them",
  ],
  [
    "links",
    { ...two, links: Array.from({ length: scenarioLimits.links + 1 }, () => 0) },
    "links: 100001 of them",
  ],
  [
    "bytes",
    { ...two, flows: [{ ...flow, bytes: String(scenarioLimits.bytes + 1n) }] },
    'flows[0].bytes: "1152921504606846977"',
  ],
  ["steps", { ...two, maxSteps: scenarioLimits.steps + 1 }, "maxSteps: 1000000001"],
  [
    "neighbours of one node",
    {
      nodes: Array.from({ length: 252 }, (_, id) => ({ id })),
      links: Array.from({ length: 251 }, (_, i) => ({ a: 0, b: i + 1 })),
    },
    'links[250]: "0"',
  ],
])("more %s than the limit are refused", (_, value, start) => {
  expect(objections(value)[0]?.slice(0, start.length)).toBe(start);
});

test("a thousand mistakes are told as twenty", () => {
  const nodes = Array.from({ length: 1000 }, () => ({ id: "same", price: -1 }));
  expect(objections({ nodes }).length).toBe(problemLimit);
});

test("no text, however broken, is more than refused", () => {
  const whole = writeScenario(randomScenario(3));
  fc.assert(
    fc.property(fc.nat({ max: whole.length }), fc.string({ maxLength: 6 }), (at, more) => {
      const reading = readScenario(whole.slice(0, at) + more + whole.slice(at + more.length));
      if (!reading.ok) expect(reading.problems.length).toBeGreaterThan(0);
    }),
  );
  fc.assert(
    fc.property(fc.json(), (text) => {
      const reading = readScenario(text);
      if (!reading.ok) expect(reading.problems.length).toBeGreaterThan(0);
    }),
  );
});

test("what is written reads as the same scenario", () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const scenario = randomScenario(seed);
      expect(readScenario(writeScenario(scenario))).toEqual({ ok: true, scenario });
    }),
  );
});

test("a file that is not there, no JSON or enormous is refused in words", () => {
  const folder = mkdtempSync(join(tmpdir(), "scenario-"));
  try {
    const path = join(folder, "scenario.json");
    expect(readScenarioFile(path)).toMatchObject({
      ok: false,
      words: expect.stringContaining("ENOENT"),
    });
    writeFileSync(path, "{");
    expect(readScenarioFile(path)).toMatchObject({
      ok: false,
      words: expect.stringContaining("allowed: JSON"),
    });
    truncateSync(path, 5_000_000_000);
    expect(readScenarioFile(path)).toMatchObject({
      ok: false,
      words: expect.stringContaining("found 5000000000 bytes"),
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
