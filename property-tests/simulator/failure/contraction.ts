import type { Scenario, ScenarioLink } from "../scenario/scenario.ts";

/**
 * The scenario with the two nodes of a link made one, so that a long line becomes a short one. Gives
 * nothing beyond the last link. The second node takes over whatever was the first one's.
 */
export function contracted(scenario: Scenario, at: number): Scenario | undefined {
  const link = scenario.links[at];
  if (link === undefined) return undefined;
  const { a: gone, b: kept } = link;
  const named = (id: string): string => (id === gone ? kept : id);
  const links: ScenarioLink[] = [];
  for (const one of scenario.links) {
    const moved = { ...one, a: named(one.a), b: named(one.b) };
    const isKnown = links.some((other) => joinsSame(other, moved));
    if (moved.a !== moved.b && !isKnown) links.push(moved);
  }
  return {
    ...scenario,
    nodes: scenario.nodes.filter(({ id }) => id !== gone),
    links,
    flows: scenario.flows
      .map((flow) => ({ ...flow, from: named(flow.from), to: named(flow.to) }))
      .filter(({ from, to }) => from !== to),
    faults: scenario.faults
      .map((fault) => ({
        ...fault,
        node: named(fault.node),
        link: fault.link === undefined ? undefined : named(fault.link),
      }))
      .filter(({ node, link: cut }) => node !== cut),
  };
}

function joinsSame(one: ScenarioLink, other: ScenarioLink): boolean {
  return (one.a === other.a && one.b === other.b) || (one.a === other.b && one.b === other.a);
}
