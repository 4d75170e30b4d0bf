import { randomInt } from "node:crypto";
import * as Data from "effect/Data";
import * as Deferred from "effect/Deferred";
import * as Effect from "effect/Effect";
import * as Option from "effect/Option";
import * as Queue from "effect/Queue";
import * as Schedule from "effect/Schedule";
import { LinkEvents } from "#adapters/counters/link-events.ts";
import type { Config } from "#agent/config/config.ts";
import type { Input } from "#core/node/input.ts";
import { lockstep } from "#core/node/lockstep.ts";
import type { Node } from "#core/node/node.ts";
import { program } from "#core/node/program.ts";
import { journalId, journalIdLimit } from "#core/units/journal-id.ts";
import type { AgentCounts } from "./agent-counts.ts";
import { type Blueprint, blueprint } from "./blueprint.ts";
import { journalRoom } from "./journal-room.ts";
import { raiseTunnels } from "./kernel-look.ts";
import { type AgentPorts, agentPorts } from "./ports.ts";
import { fixedDifference } from "./reconfiguration.ts";
import { replayedLedger } from "./replayed-ledger.ts";
import { type ResetCounts, resetCounter } from "./reset-counts.ts";
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
  /** Takes a changed configuration: prices, limits and terms; not other neighbours or places. */
  readonly reconfigure: (config: Config) => Effect.Effect<void, AgentStopped | NotReconfigurable>;
  /** Why nothing is acted on any more, if the journal failed or memory did. */
  readonly stopped: () => string | undefined;
  /** Ends with words when a bit flipped in memory: start it again, from its journal. */
  readonly flipped: Effect.Effect<string>;
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
 */
export const startAgent = Effect.fnUntraced(function* (first: Config) {
  const ports = yield* agentPorts;
  const { keys, journal } = ports;
  let config = first;
  let plan = blueprint(keys.nodeId, config);
  const resets = resetCounter();
  const second = yield* secondProgram();
  const turns = turnTaker(
    ports,
    // Read twice, so that the two that go in lockstep share no memory.
    lockstep(
      keys.signer,
      yield* replayedLedger(journal, resets),
      yield* replayedLedger(journal, resetCounter(), second.program),
      { first: program, second: second.program },
    ),
    journalRoom(journal, resets, config.journal.snapshotEvery),
    resets,
  );
  const inputs = yield* Queue.bounded<Waiting>(inputLimit);

  const answer = (done: Waiting["done"]) => {
    const words = turns.stopped();
    if (done === undefined) return Effect.void;
    if (words === undefined) return Deferred.succeed(done, undefined);
    return Deferred.fail(done, new AgentStopped({ words }));
  };
  const loop = Effect.gen(function* () {
    const batch = yield* Queue.takeBetween(inputs, 1, batchLimit);
    const works = batch.map(({ work }) => work);
    yield* turns.take(plan, works);
    for (const { done } of batch) yield* answer(done);
  });
  const ask = Effect.fnUntraced(function* (work: Work) {
    const done = yield* Deferred.make<void, AgentStopped>();
    yield* Queue.offer(inputs, { work, done });
    return yield* Deferred.await(done);
  });
  const offer = (work: Work) => Queue.offer(inputs, { work, done: undefined });

  yield* raiseTunnels(ports, plan);
  yield* turns.take(plan, [configured(ports, plan, true)]);
  yield* Effect.forkScoped(Effect.forever(loop));
  yield* feed(ports, turns, offer);
  yield* watchLinks(() => plan, offer({ type: "Look" }));
  for (const wish of spendingWishes(plan, turns.node())) yield* offer(wish);
  const pokes = Schedule.spaced(config.pokeInterval);
  yield* Effect.forkScoped(Effect.repeat(offer({ type: "Look" }), pokes));

  const reconfigure: Agent["reconfigure"] = Effect.fnUntraced(function* (next) {
    const words = fixedDifference(config, next);
    if (words !== undefined) return yield* new NotReconfigurable({ words });
    config = next;
    plan = blueprint(keys.nodeId, next);
    yield* ask(configured(ports, plan, false));
    for (const wish of spendingWishes(plan, turns.node())) yield* ask(wish);
  });
  const agent: Agent = {
    node: turns.node,
    config: () => config,
    blueprint: () => plan,
    ask,
    look: ask({ type: "Look" }),
    closePaid: ask({ type: "Close" }),
    reconfigure,
    stopped: turns.stopped,
    flipped: turns.flipped,
    counts: turns.counts,
    resets,
    programs: second.own ? 2 : 1,
    alarms: turns.alarms,
  };
  return agent;
});

function configured({ keys }: AgentPorts, plan: Blueprint, starting: boolean): Input {
  return {
    type: "Configured",
    neighbours: plan.neighbours.map(({ policy }) => policy),
    tunnelKey: new Uint8Array(Buffer.from(keys.tunnelPublicKey, "base64")),
    journal: journalId(randomInt(1, journalIdLimit)),
    starting,
  };
}

/** Datagrams and channel facts become inputs. Where the queue is full, they wait outside. */
const feed = Effect.fnUntraced(function* (
  ports: AgentPorts,
  turns: TurnTaker,
  offer: (input: Input) => Effect.Effect<boolean>,
) {
  const indexOf = (id: string) => turns.node().ledger.neighbours.findIndex((one) => one.id === id);
  const channelOf = (index: number) => turns.node().ledger.neighbours[index]?.channel;
  const datagram = Effect.gen(function* () {
    const { neighbour, bytes } = yield* ports.link.receive;
    const index = indexOf(neighbour);
    turns.counts.datagrams += 1;
    if (index >= 0) yield* offer({ type: "Datagram", neighbour: index, bytes });
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
