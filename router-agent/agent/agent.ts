import { randomInt } from "node:crypto";
import * as Data from "effect/Data";
import * as Deferred from "effect/Deferred";
import * as Effect from "effect/Effect";
import * as Option from "effect/Option";
import * as Queue from "effect/Queue";
import * as Schedule from "effect/Schedule";
import * as Semaphore from "effect/Semaphore";
import { LinkEvents } from "#adapters/counters/link-events.ts";
import { JournalError } from "#adapters/journal/journal-error.ts";
import type { Datagram } from "#adapters/link/link.ts";
import type { Config } from "#agent/config/config.ts";
import type { Ledger } from "#core/journal/ledger.ts";
import type { Input, ResoldClass } from "#core/node/input.ts";
import { lockstep } from "#core/node/lockstep.ts";
import type { Node } from "#core/node/node.ts";
import { program } from "#core/node/program.ts";
import { isBidMessage } from "#core/peer/bid-reader.ts";
import { isRouteMessage } from "#core/route/route-message.ts";
import { journalId, journalIdLimit } from "#core/units/journal-id.ts";
import type { NodeId } from "#core/units/node-id.ts";
import type { AgentCounts } from "./agent-counts.ts";
import { type Blueprint, blueprint } from "./blueprint.ts";
import { journalRoom } from "./journal-room.ts";
import { attachQueues, type FinalCounters, raiseTunnels } from "./kernel-look.ts";
import { changeNeighbours, watchChannels } from "./neighbour-change.ts";
import { type AgentPorts, agentPorts } from "./ports.ts";
import { fixedDifference } from "./reconfiguration.ts";
import { replayedLedger } from "./replayed-ledger.ts";
import { type ResetCounts, resetCounter } from "./reset-counts.ts";
import { memoryResold, openResold, type ResoldMemory, type ResoldStore } from "./resold-memory.ts";
import { secondProgram } from "./second-program.ts";
import { type TurnTaker, turnTaker, type Work } from "./turn-taker.ts";

/** The journal failed: the agent acts no more. The kernel goes on with what it was told last. */
export class AgentStopped extends Data.TaggedError("AgentStopped")<{ readonly words: string }> {
  override get message(): string {
    return `nothing is acted on any more, forwarding goes on: ${this.words}`;
  }
}

/** A changed configuration that a running agent cannot take. */
export class NotReconfigurable extends Data.TaggedError("NotReconfigurable")<{
  readonly words: string;
}> {
  override get message(): string {
    return this.words;
  }
}

/** An agent that runs: what the control socket, the tests and the demo can see and ask of it. */
export interface Agent {
  /** As the journal has it: what is not durable yet is not seen. */
  readonly node: () => Node;
  readonly config: () => Config;
  readonly blueprint: () => Blueprint;
  /** An input from outside the loop; returns when it is journaled and acted on. */
  readonly ask: (input: Input) => Effect.Effect<void, AgentStopped>;
  /** Reads all counters now; returns when that is acted on. */
  readonly look: Effect.Effect<void, AgentStopped>;
  /** Lets no more paid bytes out, for good: before the last reading of a run. */
  readonly closePaid: Effect.Effect<void, AgentStopped>;
  /**
   * Takes a changed configuration: neighbours that come and go, prices, limits and terms; not other
   * places. Whoever stays loses nothing. Refused, it changes nothing.
   */
  readonly reconfigure: (config: Config) => Effect.Effect<void, AgentStopped | NotReconfigurable>;
  /** The same, for what is to be different in the configuration as it is by then. */
  readonly amend: (
    change: (config: Config) => Config,
  ) => Effect.Effect<void, AgentStopped | NotReconfigurable>;
  /** Why nothing is acted on any more, if the journal failed or memory did. */
  readonly stopped: () => string | undefined;
  /** Ends with words when a bit flipped in memory: start it again, from its journal. */
  readonly flipped: Effect.Effect<string>;
  /** The next message of a neighbour about routes: no business of the loop, nor of any bill. */
  readonly routeMail: Effect.Effect<Datagram>;
  /** The next message of a neighbour about bids: the same holds of it. */
  readonly bidMail: Effect.Effect<Datagram>;
  readonly counts: Readonly<AgentCounts>;
  /** How often counters began anew, on each account, over the whole life of the journal. */
  readonly resets: ResetCounts;
  /** Two, or one that both nodes are made of: see {@link secondProgram}. */
  readonly programs: 1 | 2;
  /** Alarms so far, newest last. */
  readonly alarms: readonly string[];
}

/** How many inputs may wait. Beyond it, whoever offers one waits too. */
export const inputLimit = 1024;

/** How many messages about routes wait for whoever reads them; the oldest go first. */
const routeMailLimit = 256;

/** And how many about bids. */
const bidMailLimit = 64;

/** How many inputs share one sync of the journal. */
export const batchLimit = 64;

interface Waiting {
  readonly work: Work;
  readonly done: Deferred.Deferred<void, AgentStopped> | undefined;
}

/**
 * The loop: one queue of inputs and one order, input -> step -> journal (durable) -> believe ->
 * perform. A crash between any two is harmless, because every output can be derived from the
 * journal again. Needs every port; lives as long as its scope, and leaves the kernel as it is:
 * removing tunnels and rules is the business of whoever ends it (see `shutdown.ts`).
 * @param store where it lies over restarts what is resold.
 */
export const startAgent = Effect.fnUntraced(function* (first: Config, store = memoryResold()) {
  const ports = yield* agentPorts;
  const { keys, journal } = ports;
  const now = yield* firstPlans(keys.nodeId, first, store);
  const resets = resetCounter();
  const second = yield* secondProgram();
  // Read twice, so that the two that go in lockstep share no memory.
  const ledger = yield* ownLedger(ports, replayedLedger(journal, resets));
  const twin = replayedLedger(journal, resetCounter(), second.program);
  const turns = turnTaker(
    ports,
    lockstep(keys.signer, ledger, yield* twin, { first: program, second: second.program }),
    journalRoom(journal, resets, first.journal.snapshotEvery),
    resets,
  );
  const inputs = yield* Queue.bounded<Waiting>(inputLimit);
  /** A turn, or a change of neighbours: never both at once. */
  const alone = Semaphore.makeUnsafe(1);
  const routeMail = yield* Queue.sliding<Datagram>(routeMailLimit);
  const bidMail = yield* Queue.sliding<Datagram>(bidMailLimit);

  const answer = (done: Waiting["done"]) => {
    const words = turns.stopped();
    if (done === undefined) return Effect.void;
    if (words === undefined) return Deferred.succeed(done, undefined);
    return Deferred.fail(done, new AgentStopped({ words }));
  };
  const loop = Effect.gen(function* () {
    const batch = yield* Queue.takeBetween(inputs, 1, batchLimit);
    const works = batch.map(({ work }) => work);
    yield* alone.withPermit(Effect.suspend(() => turns.take(now.plan, works)));
    for (const { done } of batch) yield* answer(done);
  });
  const ask = Effect.fnUntraced(function* (work: Work) {
    const done = yield* Deferred.make<void, AgentStopped>();
    yield* Queue.offer(inputs, { work, done });
    return yield* Deferred.await(done);
  });
  const offer = (work: Work) => Queue.offer(inputs, { work, done: undefined });

  yield* raiseTunnels(ports, now.plan);
  yield* attachQueues(ports, now.plan);
  yield* now.resold.keep(turns.node(), now.plan);
  yield* reconfigured(ports, turns, now, now.resold.before);
  yield* Effect.forkScoped(Effect.forever(loop));
  yield* feed(ports, turns, offer, { routes: routeMail, bids: bidMail });
  yield* watchLinks(
    () => now.plan,
    (finals) => offer({ type: "Gone", finals }),
    offer({ type: "Look" }),
  );
  for (const wish of spendingWishes(now.plan, turns.node())) yield* offer(wish);
  const pokes = Schedule.spaced(first.pokeInterval);
  yield* Effect.forkScoped(Effect.repeat(offer({ type: "Look" }), pokes));

  const amend: Agent["amend"] = (to) => alone.withPermit(changePlans(ports, turns, now, to));
  const agent: Agent = {
    node: turns.node,
    config: () => now.config,
    blueprint: () => now.plan,
    ask,
    look: ask({ type: "Look" }),
    closePaid: ask({ type: "Close" }),
    reconfigure: (next) => amend(() => next),
    amend,
    stopped: turns.stopped,
    flipped: turns.flipped,
    routeMail: Queue.take(routeMail),
    bidMail: Queue.take(bidMail),
    counts: turns.counts,
    resets,
    programs: second.own ? 2 : 1,
    alarms: turns.alarms,
  };
  return agent;
});

/** Debts are of the node that signs: another one's journal would bill with the wrong name. */
const ownLedger = Effect.fnUntraced(function* (
  { keys }: AgentPorts,
  replayed: Effect.Effect<Ledger, JournalError>,
) {
  const ledger = yield* replayed;
  if (ledger.node === undefined || ledger.node === keys.nodeId) return ledger;
  return yield* new JournalError({
    problem: "foreign",
    words: `the journal belongs to node ${ledger.node}, the keys to ${keys.nodeId}: bring back the key file of that node, or name another journal directory`,
  });
});

/** What an agent runs by now. */
interface Plans {
  config: Config;
  plan: Blueprint;
  readonly resold: ResoldMemory;
}

const firstPlans = (self: NodeId, config: Config, store: ResoldStore): Effect.Effect<Plans> =>
  Effect.map(openResold(store), (resold) => ({ config, plan: blueprint(self, config), resold }));

/** To another configuration: kernel and link first, then the core learns of it. */
const changePlans = Effect.fnUntraced(function* (
  ports: AgentPorts,
  turns: TurnTaker,
  now: Plans,
  changed: (config: Config) => Config,
) {
  const next = changed(now.config);
  const words = fixedDifference(now.config, next);
  if (words !== undefined) return yield* new NotReconfigurable({ words });
  const plan = blueprint(ports.keys.nodeId, next, now.plan);
  const change = yield* changeNeighbours(ports, turns, now.plan, plan).pipe(
    Effect.mapError((error) => new NotReconfigurable({ words: error.message })),
  );
  yield* now.resold.keep(turns.node(), plan);
  Object.assign(now, { config: next, plan });
  yield* reconfigured(ports, turns, now);
  yield* watchChannels(ports, change);
  yield* turns.take(plan, spendingWishes(plan, turns.node()));
  const stopped = turns.stopped();
  if (stopped !== undefined) return yield* new AgentStopped({ words: stopped });
});

/** The core learns of the plan, and what it resells by then is kept. @param before a run begins. */
const reconfigured = Effect.fnUntraced(function* (
  { keys }: AgentPorts,
  turns: TurnTaker,
  { plan, resold }: Plans,
  before?: readonly ResoldClass[],
) {
  const input: Input = {
    type: "Configured",
    neighbours: plan.neighbours.map(({ policy }) => policy),
    tunnelKey: new Uint8Array(Buffer.from(keys.tunnelPublicKey, "base64")),
    journal: journalId(randomInt(1, journalIdLimit)),
    starting: before !== undefined,
    ...(before === undefined ? {} : { resold: before }),
  };
  yield* turns.take(plan, [input]);
  yield* resold.keep(turns.node(), plan);
});

/** Datagrams and channel facts become inputs. Where the queue is full, they wait outside. */
const feed = Effect.fnUntraced(function* (
  ports: AgentPorts,
  turns: TurnTaker,
  offer: (input: Input) => Effect.Effect<boolean>,
  mail: Readonly<Record<"routes" | "bids", Queue.Enqueue<Datagram>>>,
) {
  const indexOf = (id: string) => turns.node().ledger.neighbours.findIndex((one) => one.id === id);
  const channelOf = (index: number) => turns.node().ledger.neighbours[index]?.channel;
  const datagram = Effect.gen(function* () {
    const { neighbour, bytes } = yield* ports.link.receive;
    const index = indexOf(neighbour);
    turns.counts.datagrams += 1;
    if (isRouteMessage(bytes)) yield* Queue.offer(mail.routes, { neighbour, bytes });
    else if (isBidMessage(bytes)) yield* Queue.offer(mail.bids, { neighbour, bytes });
    else if (index >= 0) yield* offer({ type: "Datagram", neighbour: index, bytes });
  });
  const fact = Effect.gen(function* () {
    const { peer, final, outlook, ...channel } = yield* ports.settlement.nextFact;
    const index = indexOf(peer);
    // Of a channel that nobody opened the ledger learns only where one was before it.
    const begun = outlook.status !== "none" || channelOf(index) !== undefined;
    if (index >= 0 && final && begun)
      yield* offer({ type: "ChannelFact", neighbour: index, channel });
  });
  yield* Effect.forkScoped(Effect.forever(datagram));
  yield* Effect.forkScoped(Effect.forever(fact));
});

/** How often it is asked which interfaces came or went, in ms: one call of the kernel each time. */
const linkInterval = 200;

/** Looks at once when an interface of ours came or went, where somebody tells; else pokes do. */
const watchLinks = Effect.fnUntraced(function* (
  plan: () => Blueprint,
  gone: (finals: readonly FinalCounters[]) => Effect.Effect<unknown>,
  look: Effect.Effect<unknown>,
) {
  const links = yield* Effect.serviceOption(LinkEvents);
  if (Option.isNone(links)) return;
  const drained = links.value.drain.pipe(
    Effect.catch((error) => Effect.as(Effect.logWarning(error.words), [])),
  );
  const hint = Effect.gen(function* () {
    const ours = plan().neighbours.flatMap(({ interfaces }) => interfaces);
    const events = yield* drained;
    const finals = events.flatMap((one) => {
      if (one.kind === "Resync" || one.final === undefined) return [];
      const { interfaceName, interfaceIndex, final } = one;
      return ours.includes(interfaceName) ? [{ interfaceName, interfaceIndex, ...final }] : [];
    });
    if (finals.length > 0) yield* gone(finals); // before the look that finds what came after
    const due = events.some((one) => one.kind === "Resync" || ours.includes(one.interfaceName));
    if (due) yield* look;
  });
  yield* Effect.forkScoped(Effect.repeat(hint, Schedule.spaced(linkInterval)));
});

/** Spending limits of the configuration; one that the ledger knows already changes nothing. */
function spendingWishes(plan: Blueprint, node: Node): readonly Input[] {
  return plan.neighbours.flatMap(({ config }): readonly Input[] => {
    const neighbour = node.ledger.neighbours.findIndex((one) => one.id === config.id);
    const limit = config.spendingLimit;
    if (limit === undefined || neighbour < 0) return [];
    return [{ type: "Wish", wish: { type: "LimitSpending", neighbour, limit } }];
  });
}
