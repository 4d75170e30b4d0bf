import * as Effect from "effect/Effect";
import { boundsFacts } from "#agent/agent/bounds-facts.ts";
import { askAgent, ControlError, controlPath } from "#agent/agent/control-socket.ts";
import { type NeighbourFacts, neighbourFacts, toJson } from "#agent/agent/facts.ts";
import type { HistoryState } from "#agent/agent/historian.ts";
import type { Config } from "#agent/config/config.ts";
import type { DefenceFacts } from "#agent/defence/defence-keeper.ts";
import type { OwnFacts } from "#agent/defence/own-users.ts";
import { ledgerOnDisk } from "./ledger-source.ts";

/** What `status` works with: from the running agent, else from its journal. */
export interface NodeStatus {
  readonly running: boolean;
  readonly node: string;
  /** Why the agent acts no more, if its journal failed. */
  readonly stopped?: string;
  readonly alarms?: readonly string[];
  /** How many programs decide in lockstep: one, where the second could not be loaded apart. */
  readonly programs?: 1 | 2;
  /** How the index beside the journal is doing, where an agent runs. */
  readonly history?: HistoryState;
  /** What came of each neighbour in this run, where an agent runs. */
  readonly junk?: readonly Plain<DefenceFacts>[];
  /** How our own users stand, where an agent runs. */
  readonly ownUsers?: Plain<OwnFacts>;
  readonly neighbours: readonly Plain<NeighbourFacts>[];
  readonly names: Readonly<Record<string, string>>;
}

/** The same facts after a journey through JSON: amounts are decimal texts. */
export type Plain<T> = T extends bigint | string
  ? string
  : T extends readonly (infer A)[]
    ? readonly Plain<A>[]
    : T extends object
      ? { readonly [K in keyof T]: Plain<T[K]> }
      : T;

/** Asks the agent; where none runs, its journal says how things stood. */
export const nodeStatus = Effect.fnUntraced(function* (config: Config) {
  const live = askAgent(controlPath(config.journal.directory), ["status"]).pipe(
    Effect.map((answer): NodeStatus => ({ ...(answer as NodeStatus), running: true })),
  );
  const asked = yield* Effect.result(live);
  if (asked._tag === "Success") return asked.success;
  if (asked.failure.problem !== "absent") return yield* asked.failure;
  return yield* fromJournal(config);
});

const fromJournal = Effect.fnUntraced(function* (config: Config) {
  const { ledger, resets } = yield* ledgerOnDisk(config.journal.directory);
  const facts = {
    running: false,
    node: ledger.node ?? "",
    run: ledger.run,
    bounds: boundsFacts(config),
    names: Object.fromEntries(config.neighbours.map((one) => [one.id, one.name])),
    neighbours: neighbourFacts(ledger, [], resets),
  };
  return JSON.parse(toJson(facts)) as NodeStatus;
});

/** The name that the configuration gives a neighbour, else the beginning of its id. */
export function nameOf(id: string, status: NodeStatus): string {
  return status.names[id] ?? id.slice(0, 12);
}

/** The place of a neighbour in the ledger, by its name or id. */
export const findNeighbour = (
  peer: string,
  status: NodeStatus,
): Effect.Effect<number, ControlError> => {
  const index = status.neighbours.findIndex(
    (one) => one.id === peer || nameOf(one.id, status) === peer,
  );
  if (index >= 0) return Effect.succeed(index);
  const names = status.neighbours.map((one) => nameOf(one.id, status)).join(", ") || "none";
  const words = `no neighbour ${JSON.stringify(peer.slice(0, 80))}; there are: ${names}`;
  return Effect.fail(new ControlError({ problem: "refused", words }));
};
