import type { Violation } from "../check/violation.ts";
import type {
  Scenario,
  ScenarioFault,
  ScenarioFlow,
  ScenarioLink,
  ScenarioNode,
} from "../scenario/scenario.ts";
import { contracted } from "./contraction.ts";

/**
 * A way to make a scenario simpler: the candidate at a place, or nothing beyond the last one.
 * Every candidate is smaller by some measure, so that a search ends.
 */
export type Simpler = (scenario: Scenario, why: Violation, at: number) => Scenario | undefined;

/** The ways, the ones that take away most first. */
export const simplerOnes: readonly Simpler[] = [
  endingEarlier,
  ...[16, 4, 1].flatMap((size): readonly Simpler[] => [
    (scenario, _, at) => {
      const faults = without(scenario.faults, at, size);
      return faults && { ...scenario, faults };
    },
    (scenario, _, at) => {
      const flows = without(scenario.flows, at, size);
      return flows && { ...scenario, flows };
    },
    (scenario, _, at) => {
      const nodes = without(scenario.nodes, at, size);
      return nodes && amongNodes({ ...scenario, nodes });
    },
    (scenario, _, at) => {
      const links = without(scenario.links, at, size);
      return links && amongLinks({ ...scenario, links });
    },
  ]),
  (scenario, _, at) => contracted(scenario, at),
  (scenario, _, at) =>
    scenario.chain === undefined || at > 0 ? undefined : { ...scenario, chain: undefined },
  ({ market, ...scenario }, _, at) => (market === undefined || at > 0 ? undefined : scenario),
  (scenario, _, at) => {
    const links = simplified(scenario.links, linkSteps, at);
    return links && { ...scenario, links };
  },
  (scenario, _, at) => {
    const nodes = simplified(scenario.nodes, nodeSteps, at);
    return nodes && { ...scenario, nodes };
  },
  (scenario, _, at) => {
    const flows = simplified(scenario.flows, flowSteps, at);
    return flows && { ...scenario, flows };
  },
  (scenario, _, at) => {
    const faults = simplified(scenario.faults, faultSteps, at);
    return faults && { ...scenario, faults };
  },
];

/** Nothing after the violation matters, unless it showed only at rest. */
function endingEarlier(scenario: Scenario, { step }: Violation, at: number): Scenario | undefined {
  if (at > 0 || step >= scenario.maxSteps || step === 0) return undefined;
  return { ...scenario, maxSteps: step };
}

function without<A>(list: readonly A[], at: number, size: number): readonly A[] | undefined {
  const from = at * size;
  return from >= list.length ? undefined : [...list.slice(0, from), ...list.slice(from + size)];
}

/** Without what hangs on nodes that are gone. */
function amongNodes(scenario: Scenario): Scenario | undefined {
  const ids = new Set(scenario.nodes.map(({ id }) => id));
  if (ids.size === 0) return undefined;
  return amongLinks({
    ...scenario,
    links: scenario.links.filter(({ a, b }) => ids.has(a) && ids.has(b)),
    flows: scenario.flows.filter(({ from, to }) => ids.has(from) && ids.has(to)),
    faults: scenario.faults.filter(({ node }) => ids.has(node)),
  });
}

/** Without partitions of links that are gone. */
function amongLinks(scenario: Scenario): Scenario {
  const isThere = ({ node, link }: ScenarioFault): boolean =>
    link === undefined ||
    scenario.links.some(({ a, b }) => (a === node && b === link) || (b === node && a === link));
  return { ...scenario, faults: scenario.faults.filter(isThere) };
}

/** One member made simpler, or the member as it is. */
type Simplification<A> = (one: A) => A;

/** The list with one simplification of one member that changes anything; nothing beyond the last. */
function simplified<A>(
  list: readonly A[],
  ways: readonly Simplification<A>[],
  at: number,
): readonly A[] | undefined {
  let found = 0;
  for (const [i, one] of list.entries()) {
    for (const way of ways) {
      const changed = way(one);
      if (changed === one) continue;
      if (found === at) return list.with(i, changed);
      found += 1;
    }
  }
  return undefined;
}

const linkSteps: readonly Simplification<ScenarioLink>[] = [
  (link) =>
    link.loss + link.duplicate + link.reorder === 0
      ? link
      : { ...link, loss: 0, duplicate: 0, reorder: 0 },
  (link) => (link.loss === 0 ? link : { ...link, loss: 0 }),
  (link) => (link.duplicate === 0 ? link : { ...link, duplicate: 0 }),
  (link) => (link.reorder === 0 ? link : { ...link, reorder: 0 }),
  (link) => (link.delaySteps <= 1 ? link : { ...link, delaySteps: 1 }),
];

const nodeSteps: readonly Simplification<ScenarioNode>[] = [
  (node) => (node.behaviour === "honest" ? node : { ...node, behaviour: "honest" }),
  (node) => (node.agent === "new" ? node : { ...node, agent: "new" }),
  (node) => (node.preference === "price" ? node : { ...node, preference: "price" }),
  (node) => (node.price <= 1n ? node : { ...node, price: 1n }),
];

const flowSteps: readonly Simplification<ScenarioFlow>[] = [
  (flow) => (flow.bytes < 2000n ? flow : { ...flow, bytes: flow.bytes / 8n }),
  (flow) => (flow.bytes < 2000n ? flow : { ...flow, bytes: flow.bytes / 2n }),
];

const faultSteps: readonly Simplification<ScenarioFault>[] = [
  (fault) => (fault.afterBytes === 0n ? fault : { ...fault, afterBytes: 0n }),
  (fault) => (fault.afterBytes < 2000n ? fault : { ...fault, afterBytes: fault.afterBytes / 2n }),
];
