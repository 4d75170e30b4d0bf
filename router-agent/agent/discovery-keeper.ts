import * as Effect from "effect/Effect";
import * as Semaphore from "effect/Semaphore";
import type { DiscoveredPeer, Discovery, DiscoveryReport } from "#adapters/discovery/discovery.ts";
import { freePorts } from "#adapters/tunnel/free-port.ts";
import type { Config } from "#agent/config/config.ts";
import { neighbourLimit } from "#agent/config/document.ts";
import type { NodeId } from "#core/units/node-id.ts";
import type { Agent, AgentStopped, NotReconfigurable } from "./agent.ts";
import { type PeerState, peerState } from "./discovered-state.ts";
import { type RememberedStore, rememberedLimit } from "./remembered-file.ts";
import {
  classesWith,
  nameFor,
  portsPerNeighbour,
  portsTaken,
  type RememberedNeighbour,
  withRemembered,
} from "./remembered-neighbour.ts";

/** Makes neighbours of what discovery finds, as far as the operator wants, while its scope lasts. */
export interface DiscoveryKeeper {
  readonly report: () => DiscoveryReport;
  readonly remembered: () => readonly RememberedNeighbour[];
  readonly stateOf: (peer: DiscoveredPeer) => PeerState;
  /** When a router was first found in this run: ISO 8601, by a clock that nothing depends on. */
  readonly since: (id: NodeId) => string | undefined;
  /** An operator's word: it is a neighbour from now on. Fails in words. */
  readonly accept: (id: NodeId) => Effect.Effect<void, DiscoveryRefusal>;
  /** An operator's word: it is no neighbour any more, and does not come back by itself. */
  readonly forget: (id: NodeId) => Effect.Effect<void, DiscoveryRefusal>;
  /** Takes a configuration that the operator wrote anew, with all that was found. */
  readonly reload: (written: Config) => Effect.Effect<void, AgentStopped | NotReconfigurable>;
}

/** Why an operator's word about a found router cannot be followed. */
export interface DiscoveryRefusal {
  readonly words: string;
}

/** What was not possible is tried again after so many milliseconds. */
const retryInterval = 5000;

/** What the keeper knows. */
interface Book {
  written: Config;
  remembered: readonly RememberedNeighbour[];
  /** Why a router could not be made a neighbour, the last time. */
  readonly failures: Map<NodeId, string>;
  readonly since: Map<NodeId, string>;
}

/**
 * A keeper over a running agent.
 * @param written the configuration as the operator wrote it; the agent runs by it and what is
 * remembered.
 */
export const startDiscoveryKeeper = Effect.fnUntraced(function* (
  agent: Agent,
  discovery: Discovery["Service"],
  store: RememberedStore,
  written: Config,
) {
  const book: Book = {
    written,
    remembered: yield* store.load,
    failures: new Map(),
    since: new Map(),
  };
  const alone = Semaphore.makeUnsafe(1);

  const commit = Effect.fnUntraced(function* (next: readonly RememberedNeighbour[]) {
    yield* agent.amend((now) => withRemembered(now, book.written, next));
    book.remembered = next;
    yield* store.save(next);
    yield* tellOffers(discovery, agent.config());
  });
  const take = Effect.fnUntraced(function* (peer: DiscoveredPeer) {
    const entry = yield* entryFor(agent.config(), book, peer);
    if (entry === undefined) return;
    if (typeof entry === "string") return void book.failures.set(peer.id, entry);
    yield* commit(replaced(book.remembered, entry));
    book.failures.delete(peer.id);
    yield* Effect.logInfo(`found ${entry.name} (${peer.id}) on ${peer.place.interfaceName}`);
  });
  const tendOne = (peer: DiscoveredPeer) =>
    take(peer).pipe(
      Effect.catchDefect((defect) =>
        Effect.fail({ words: `a fault of this program: ${String(defect)}` }),
      ),
      Effect.catch((error) => {
        const before = book.failures.get(peer.id);
        book.failures.set(peer.id, error.words);
        return before === error.words ? Effect.void : Effect.logWarning(error.words);
      }),
    );
  const tend = alone.withPermit(
    Effect.suspend(() => {
      const { peers } = discovery.report();
      noteTimes(book, peers);
      const wanted = peers.filter((peer) => isWanted(book, peer));
      return Effect.forEach(wanted, tendOne, { discard: true });
    }),
  );
  yield* tellOffers(discovery, agent.config());
  const again = Effect.raceFirst(discovery.news, Effect.sleep(retryInterval));
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(tend, again)));
  yield* Effect.forkScoped(tellOfTwin(discovery));

  const decide = Effect.fnUntraced(function* (
    id: NodeId,
    standing: RememberedNeighbour["standing"],
  ) {
    const entry = yield* decided(agent.config(), book, discovery.report(), id, standing);
    yield* commit(replaced(book.remembered, entry));
    if (standing === "refused") yield* discovery.offer(id, undefined);
  });
  const keeper: DiscoveryKeeper = {
    report: discovery.report,
    remembered: () => book.remembered,
    stateOf: (peer) =>
      peerState(peer, book.written, remembered(book, peer.id), book.failures.get(peer.id)),
    since: (id) => book.since.get(id),
    accept: (id) => alone.withPermit(decide(id, "accepted")),
    forget: (id) => alone.withPermit(decide(id, "refused")),
    reload: (next) =>
      alone.withPermit(
        agent
          .amend(() => withRemembered(next, next, book.remembered))
          .pipe(
            Effect.andThen(
              Effect.suspend(() => {
                book.written = next;
                return tellOffers(discovery, agent.config());
              }),
            ),
          ),
      ),
  };
  return keeper;
});

function noteTimes({ since }: Book, peers: readonly DiscoveredPeer[]): void {
  const now = new Date().toISOString();
  for (const { id } of peers) if (!since.has(id)) since.set(id, now);
  for (const id of since.keys()) if (!peers.some((one) => one.id === id)) since.delete(id);
}

function remembered({ remembered: all }: Book, id: NodeId): RememberedNeighbour | undefined {
  return all.find((one) => one.id === id);
}

function replaced(
  all: readonly RememberedNeighbour[],
  entry: RememberedNeighbour,
): readonly RememberedNeighbour[] {
  const others = all.filter(({ id }) => id !== entry.id);
  // The refused ones make room: of them only the operator's word is lost.
  const excess = others.length + 1 - rememberedLimit;
  const dropped = new Set(
    others.filter(({ standing }) => standing === "refused").slice(0, Math.max(0, excess)),
  );
  return [...others.filter((one) => !dropped.has(one)), entry];
}

/** Whether a router that is there should be a neighbour. */
function isWanted(book: Book, peer: DiscoveredPeer): boolean {
  if (!peer.alive || peer.elsewhere?.clash === true) return false;
  if (book.written.neighbours.some(({ id }) => id === peer.id)) return true;
  const { policy } = book.written.discovery;
  if (policy === "off") return false;
  const standing = remembered(book, peer.id)?.standing;
  return standing === "accepted" || (standing === undefined && policy === "accept");
}

/** What is to be remembered of a router that is wanted; nothing where it is, words where it cannot be. */
const entryFor = Effect.fnUntraced(function* (config: Config, book: Book, peer: DiscoveredPeer) {
  const before = remembered(book, peer.id);
  const written = book.written.neighbours.find(({ id }) => id === peer.id);
  const owner = config.neighbours.find(
    (one) => one.tunnelKey === peer.tunnelKey && one.id !== peer.id,
  );
  if (owner !== undefined) return `it shows the tunnel key of ${owner.name}`;
  if (before === undefined && written === undefined) {
    const strangers = book.remembered.filter(({ standing }) => standing === "accepted").length;
    if (strangers >= book.written.discovery.limit || config.neighbours.length >= neighbourLimit) {
      return "there are as many neighbours as discovery_limit allows: forget one, or raise it";
    }
  }
  const names = new Set([...config.neighbours, ...book.remembered].map(({ name }) => name));
  const name = written?.name ?? before?.name ?? nameFor(peer.id, names);
  const listenPort =
    written?.listenPort ??
    before?.listenPort ??
    (yield* freePorts(
      book.written.discovery.listenPort,
      portsPerNeighbour,
      portsTaken(config, book.remembered),
    ));
  if (name === undefined) return "no name is free for it";
  if (listenPort === undefined) return "no ports are free for its tunnels";
  // Whoever is known already keeps its accounts as they were made.
  const isExit =
    before === undefined ? isPolicyExit(config, book.written, peer.id) : before.exit === true;
  const entry: RememberedNeighbour = {
    id: peer.id,
    name,
    standing: "accepted",
    tunnelKey: peer.tunnelKey,
    replaces: written?.tunnelKey === peer.tunnelKey ? undefined : written?.tunnelKey,
    classes:
      written?.classes ??
      before?.classes ??
      classesWith(book.written.discovery.classes, peer.classes),
    listenPort,
    interfaceName: peer.place.interfaceName,
    address: peer.place.address,
    // A router that forgets us for a moment is still where it was.
    port: peer.port === 0 ? (before?.port ?? 0) : peer.port,
    ...(isExit ? { exit: true } : {}),
  };
  return before !== undefined && JSON.stringify(before) === JSON.stringify(entry)
    ? undefined
    : entry;
});

/** Whether a stranger becomes our exit because an accepted policy names it, and nothing written is against it. */
function isPolicyExit({ discovery }: Config, { neighbours }: Config, id: NodeId): boolean {
  return discovery.exits?.includes(id) === true && !neighbours.some((one) => one.id === id);
}

/** The entry that follows from an operator's word, or why there is none. */
const decided = Effect.fnUntraced(function* (
  config: Config,
  book: Book,
  { peers }: DiscoveryReport,
  id: NodeId,
  standing: RememberedNeighbour["standing"],
) {
  const refuse = (words: string) => Effect.fail<DiscoveryRefusal>({ words });
  if (book.written.neighbours.some((one) => one.id === id)) {
    return yield* refuse(`${id} stands in the configuration: change it there, and reload`);
  }
  if (standing === "accepted" && book.written.discovery.policy === "off") {
    return yield* refuse("discovery_policy is off: set it to ask, and reload");
  }
  const before = remembered(book, id);
  if (before !== undefined) return { ...before, standing };
  const peer = peers.find((one) => one.id === id);
  if (peer === undefined) return yield* refuse(`${id} has not been found on any interface`);
  const entry = yield* entryFor(config, book, peer);
  if (entry === undefined || typeof entry === "string") {
    return yield* refuse(entry ?? `${id} is known already`);
  }
  return { ...entry, standing };
});

/**
 * Every neighbour is told our port, and has a place in the table of discovery; so have the written
 * ones that were not found yet, whoever floods it.
 */
const tellOffers = (discovery: Discovery["Service"], { neighbours }: Config) =>
  Effect.forEach(
    neighbours,
    ({ id, listenPort, tunnelKey }) =>
      discovery.offer(id, tunnelKey === undefined ? 0 : (listenPort ?? 0)),
    { discard: true },
  );

/** Two machines with one key would spend each other's money: a person has to know. */
const tellOfTwin = Effect.fnUntraced(function* (discovery: Discovery["Service"]) {
  for (;;) {
    const { twin } = discovery.report();
    if (twin !== undefined) {
      return yield* Effect.logError(
        `another machine with the node key of this one is at ${twin.address} on ${twin.interfaceName}: give it keys of its own`,
      );
    }
    yield* Effect.sleep(retryInterval);
  }
});
