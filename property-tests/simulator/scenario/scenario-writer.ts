import { type Scenario, type ScenarioMarket, shareScale } from "./scenario.ts";

/** The text of a scenario file that reads as this scenario: what a shrunk failure is kept as. */
export function writeScenario(scenario: Scenario, about: { readonly description?: string } = {}) {
  const { seed, defaults, nodes, links, flows, faults, chain, market, maxSteps } = scenario;
  const file = {
    ...about,
    seed,
    defaults,
    nodes,
    links: links.map((link) => ({
      ...link,
      loss: link.loss / shareScale,
      duplicate: link.duplicate / shareScale,
      reorder: link.reorder / shareScale,
    })),
    flows,
    faults,
    chain,
    ...(market === undefined ? {} : { market: flat(market) }),
    maxSteps,
  };
  return `${JSON.stringify(file, inDecimals, 2)}\n`;
}

/** All wishes side by side, as they stand in a file. */
function flat({ start, steps, wishes: { damping, ...wishes } }: ScenarioMarket) {
  return { start, steps, ...wishes, ...damping };
}

/** Quantities stand in files as decimal strings: JSON knows no integers beyond 2^53. */
function inDecimals(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
