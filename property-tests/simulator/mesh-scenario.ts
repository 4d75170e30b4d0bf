import { chance } from "./network/chance.ts";
import type { Scenario, ScenarioFlow, ScenarioLink } from "./scenario/scenario.ts";

/** What a mesh is made of. */
export interface MeshSize {
  readonly nodes: number;
  readonly flows: number;
  /** Bytes of each flow. */
  readonly bytes: bigint;
  /** Destinations of flows: seven at most, so that each has a class of its own. */
  readonly destinations: number;
}

/** Links to each new node of a mesh: as many as roofs see of each other. */
const linksPerNode = 2;

/** How far back in the order of nodes a new one finds neighbours: meshes are long, not small worlds. */
const reach = 40;

/** A mesh of any size, drawn from a seed: every node has its fee, links lose a little. */
export function meshScenario(seed: number, size: MeshSize): Scenario {
  const draw = chance(seed, 0x3e5);
  const idOf = (i: number) => String(i + 1);
  const links: ScenarioLink[] = [];
  for (let i = 1; i < size.nodes; i++) {
    const chosen = new Set<number>();
    for (let j = 0; j < linksPerNode; j++) chosen.add(i - 1 - draw.below(Math.min(i, reach)));
    for (const other of chosen) {
      links.push({
        a: idOf(other),
        b: idOf(i),
        loss: draw.below(10_000_000),
        duplicate: 0,
        reorder: 0,
        delaySteps: 1 + draw.below(3),
        bytesPerStep: 1_000_000n,
      });
    }
  }
  const destinations = Array.from({ length: size.destinations }, () => draw.below(size.nodes));
  return {
    seed,
    defaults: {
      payThreshold: 20_000_000n,
      creditLimit: 2_000_000_000n,
      reserveBytes: 1_000_000n,
      readBytes: 1_000_000n,
      freeBytesPerStep: 10_000n,
      patienceSteps: 400,
    },
    nodes: Array.from({ length: size.nodes }, (_, i) => ({
      id: idOf(i),
      price: BigInt(1 + draw.below(20)),
      maxPrice: 1n << 60n,
      behaviour: "honest",
      preference: "price",
      agent: "new",
    })),
    links,
    flows: Array.from({ length: size.flows }, (_, i): ScenarioFlow => {
      const to = destinations[i % destinations.length] ?? 0;
      const near = to + 1 + draw.below(reach);
      const from = (near === to ? near + 1 : near) % size.nodes;
      return { from: idOf(from), to: idOf(to), bytes: size.bytes };
    }),
    faults: [],
    chain: undefined,
    maxSteps: 1_000_000,
  };
}
