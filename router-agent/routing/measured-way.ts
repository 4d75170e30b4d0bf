import type { Agent } from "#agent/agent/agent.ts";
import type { NeighbourBlueprint } from "#agent/agent/blueprint.ts";
import type { Node } from "#core/node/node.ts";
import { lossPpmOf } from "#core/route/attenuation.ts";
import { networkOf, type Prefix } from "#core/route/prefix.ts";
import type { NodeId } from "#core/units/node-id.ts";
import type { TunnelEnd } from "./left-alone.ts";
import type { NeighbourRouting } from "./neighbour-routing.ts";
import type { MeasuredWay, SeenPath } from "./path-watch.ts";
import type { Choice } from "./route-choice.ts";

/** Where the tunnels of neighbours end, as far as they are told where. */
export function tunnelEnds(drawn: readonly NeighbourBlueprint[]): readonly TunnelEnd[] {
  return drawn.flatMap(({ config }) =>
    config.endpoint === undefined ? [] : [{ neighbour: config.id, host: config.endpoint.host }],
  );
}

/** The neighbour that the narrowest of these ways leads an address to; default routes lead nowhere. */
export function hopTo(
  drawn: readonly NeighbourBlueprint[],
  indexOf: ReadonlyMap<string, number>,
  host: string,
): string | undefined {
  const index = narrowest((prefix) => indexOf.get(prefix), host);
  return drawn.find(({ queue }) => queue.index === index)?.config.id;
}

/** Every neighbour, with the way to it where that leads through another one by a chosen route. */
export function seenPaths(
  agent: Agent,
  choices: ReadonlyMap<Prefix, Choice>,
  of: (id: NodeId) => NeighbourRouting,
): readonly SeenPath[] {
  const taken = (prefix: Prefix) => {
    const choice = choices.get(prefix);
    return choice?.taken === undefined ? undefined : choice;
  };
  return agent.blueprint().neighbours.map(({ config }) => {
    const { probe } = of(config.id);
    const { host } = config.endpoint ?? {};
    const choice = host === undefined ? undefined : narrowest(taken, host);
    const way = measuredWay(agent.node(), config.id, choice);
    return { end: config.id, way, totals: probe.totals(), delay: probe.measured().delay };
  });
}

function measuredWay(node: Node, end: NodeId, choice: Choice | undefined): MeasuredWay | undefined {
  const { hop, advertised } = choice?.taken ?? {};
  if (choice === undefined || hop === undefined || advertised === undefined) return undefined;
  if (hop.id === end) return undefined;
  const { attenuation, delay } = advertised;
  const quality = { loss: lossPpmOf(attenuation), delay };
  const taken = choice.taken?.class ?? 0;
  const carried = carriedBy(node, hop.id, taken);
  const { prefix } = choice;
  return { hop: hop.id as NodeId, prefix, advertised: quality, paid: taken > 0, carried };
}

/** Bytes sent on a neighbour's paid tunnel, as read last; none on that of class 0, which is not measured. */
function carriedBy({ ledger, live }: Node, id: string, paidClass = 0): bigint {
  const index = ledger.neighbours.findIndex((one) => one.id === id);
  return live[index]?.paths[paidClass - 1]?.outMeter?.last ?? 0n;
}

/** What is known of the longest prefix that covers an address, but for default routes. */
function narrowest<A>(of: (prefix: Prefix) => A | undefined, host: string): A | undefined {
  for (let bits = host.includes(":") ? 128 : 32; bits > 0; bits--) {
    const prefix = networkOf(host, bits);
    const found = prefix === undefined ? undefined : of(prefix);
    if (found !== undefined) return found;
  }
  return undefined;
}
