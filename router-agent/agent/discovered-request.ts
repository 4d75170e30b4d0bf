import * as Effect from "effect/Effect";
import type { NodeId } from "#core/units/node-id.ts";
import { ControlError } from "./control-socket.ts";
import type { DiscoveryKeeper } from "./discovery-keeper.ts";

/** Fewer digits of an id might mean several routers tomorrow. */
const leastDigits = 8;

/** `discovered`, `accept NODE` and `forget NODE`, where an agent looks for neighbours. */
export function answerDiscovered(
  command: "discovered" | "accept" | "forget",
  [node = ""]: readonly string[],
  keeper: DiscoveryKeeper | undefined,
): Effect.Effect<unknown, ControlError> {
  if (keeper === undefined) {
    return refuse("this agent looks for nobody: name a discovery_interface in its configuration");
  }
  if (command === "discovered") return Effect.sync(() => discoveredFacts(keeper));
  const id = idOf(keeper, node);
  if (id instanceof ControlError) return Effect.fail(id);
  return keeper[command](id).pipe(
    Effect.catch(({ words }) => refuse(words)),
    Effect.as(command === "accept" ? "accepted" : "forgotten"),
  );
}

/** Everything that `discovered` shows. */
export function discoveredFacts(keeper: DiscoveryKeeper) {
  const { peers, twin, interfaces, counts } = keeper.report();
  const remembered = keeper.remembered();
  return {
    peers: peers.map((peer) => {
      const { id, place, tunnelKey, classes, port, alive } = peer;
      const { state, why } = keeper.stateOf(peer);
      const name = remembered.find((one) => one.id === id)?.name;
      const where = { interface: place.interfaceName, address: place.address };
      const since = keeper.since(id);
      return { id, name, ...where, state, why, since, tunnelKey, classes, port, alive };
    }),
    remembered: remembered
      .filter(({ id }) => !peers.some((one) => one.id === id))
      .map(({ id, name, standing, interfaceName }) => {
        return { id, name, standing, interface: interfaceName };
      }),
    twin,
    interfaces,
    counts,
  };
}

/** A router by its name, its id, or enough of the beginning of its id. */
function idOf(keeper: DiscoveryKeeper, node: string): NodeId | ControlError {
  const all = [...keeper.report().peers, ...keeper.remembered()];
  const named = keeper.remembered().find(({ name }) => name === node);
  const matching = new Set(
    all.map(({ id }) => id).filter((id) => node.length >= leastDigits && id.startsWith(node)),
  );
  const [only, second] = [...(named === undefined ? matching : [named.id])];
  if (only !== undefined && second === undefined) return only;
  const shown = JSON.stringify(node.slice(0, 80));
  const why = second === undefined ? "nobody that was found" : "more than one";
  const ids = [...new Set(all.map(({ id }) => id))].slice(0, 10).join(", ") || "none";
  return new ControlError({
    problem: "refused",
    words: `${shown} is ${why}: give a name, or at least ${leastDigits} digits of an id; there are: ${ids}`,
  });
}

function refuse(words: string) {
  return Effect.fail(new ControlError({ problem: "refused", words }));
}
