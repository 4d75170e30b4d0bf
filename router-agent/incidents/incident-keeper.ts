import * as Effect from "effect/Effect";
import * as Schedule from "effect/Schedule";
import { Keys } from "#adapters/keys/keys.ts";
import { Queueing } from "#adapters/queueing/queueing.ts";
import { Tunnel } from "#adapters/tunnel/tunnel.ts";
import type { Agent } from "#agent/agent/agent.ts";
import type { Incident, Remedy } from "./incident.ts";
import { type IncidentBook, incidentBook } from "./incident-book.ts";
import type { IncidentStore } from "./incident-file.ts";
import { incidentTable } from "./incident-table.ts";
import type { Observation } from "./observation.ts";
import { setBacks } from "./set-backs.ts";

/** How often it is looked for incidents, in ms. */
export const incidentInterval = 5000;

/** A remedy is tried when an incident opens, and again at every twelfth look, a minute, while it lasts. */
export const remedyLooks = 12;

/** How a keeper looks, and what it remembers. */
export interface KeeperOptions {
  /** Where open incidents are between runs; nothing where they end with a run. */
  readonly store?: IncidentStore;
  /** In ms. */
  readonly interval?: number;
}

/** Watches over an agent; lives as long as its scope. */
export interface IncidentKeeper {
  readonly book: IncidentBook;
  /** Looks now. */
  readonly look: Effect.Effect<void>;
}

/**
 * Looks at an agent and its machine every few seconds, tells of what opened and closed, and tries the
 * remedies of the table. Billing neither waits for it nor asks it. @param forget gives up samples.
 */
export const startIncidentKeeper = Effect.fnUntraced(function* (
  agent: Agent,
  observe: Effect.Effect<Observation>,
  forget: () => void,
  { store, interval = incidentInterval }: KeeperOptions = {},
) {
  const before = store === undefined ? [] : yield* store.load;
  for (const one of before) yield* Effect.logInfo(`incident goes on: ${words(one)}`);
  const book = incidentBook(incidentTable, before);
  let backs = 0;
  const remedies = yield* remediesOf(agent, forget, () => backs);
  const countBacks = setBacks();
  let looks = 0;
  const heal = (incident: Incident) => {
    const { remedy } = incidentTable.find(({ kind }) => kind === incident.kind) ?? {};
    return remedy === undefined ? Effect.void : remedies[remedy](incident);
  };
  const look = Effect.gen(function* () {
    const observed = yield* observe;
    backs = countBacks(observed.now);
    const { opened, closed, lasting } = book.take(observed);
    looks += 1;
    for (const one of opened) yield* Effect.logWarning(`incident: ${words(one)}: ${one.detected}`);
    for (const one of closed) yield* Effect.logInfo(`incident over: ${words(one)}`);
    if (store !== undefined && opened.length + closed.length > 0) {
      yield* store.save(book.incidents().filter(({ open }) => open));
    }
    const due = looks % remedyLooks === 0 ? [...opened, ...lasting] : opened;
    yield* Effect.forEach(due, heal, { discard: true });
  }).pipe(Effect.catchDefect((defect) => Effect.logError(`incidents: ${String(defect)}`)));
  yield* Effect.forkScoped(Effect.repeat(look, Schedule.spaced(interval)));
  const keeper: IncidentKeeper = { book, look };
  return keeper;
});

function words({ kind, subject }: Incident): string {
  return subject === "" ? kind : `${kind} (${subject})`;
}

/** What can be done, safely and as often as one likes; a tunnel is made anew once for each cause. */
const remediesOf = Effect.fnUntraced(function* (
  agent: Agent,
  forget: () => void,
  backs: () => number,
) {
  const tunnel = yield* Tunnel;
  const queueing = yield* Queueing;
  const { tunnelPrivateKey } = yield* Keys;
  /** By interface: how often the clock had been set back when it was made anew. */
  const remade = new Map<string, number>();
  /**
   * WireGuard takes no handshake that is older than the one before, by the clock of people of its sender.
   * Where clocks at both ends were set back, nobody comes through for as long as they were ahead: a tunnel
   * that is made anew knows of no handshake before. Once for each time, because our own resets cost (T8).
   */
  const remake = (name: string) =>
    agent.look.pipe(
      Effect.andThen(tunnel.remove(name)),
      Effect.andThen(agent.look),
      Effect.andThen(Effect.logWarning(`${name} is made anew: the clock was set back`)),
      Effect.catch((error) => Effect.logWarning(error.words)),
    );
  const remedies: Readonly<Record<Remedy, (incident: Incident) => Effect.Effect<void>>> = {
    "call the tunnel anew": ({ subject }) => {
      const plans = agent.blueprint().neighbours.flatMap(({ tunnels }) => tunnels);
      const plan = plans.find(({ name }) => subject.endsWith(`, ${name}`));
      if (plan === undefined) return Effect.void;
      if (backs() > (remade.get(plan.name) ?? 0)) {
        remade.set(plan.name, backs());
        return remake(plan.name);
      }
      if (plan.endpoint === undefined) return Effect.void; // it has to call us
      return tunnel.apply({ ...plan, privateKey: tunnelPrivateKey }).pipe(
        Effect.asVoid,
        Effect.catch((error) => Effect.logWarning(error.words)),
      );
    },
    "make the table again": () =>
      queueing.usage.pipe(
        Effect.andThen(agent.look),
        Effect.catch((error) => Effect.logWarning(error.words)),
      ),
    "forget samples": () => Effect.sync(forget),
  };
  return remedies;
});
