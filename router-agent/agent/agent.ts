import * as Effect from "effect/Effect";
import * as Queue from "effect/Queue";
import * as Redacted from "effect/Redacted";
import * as Schedule from "effect/Schedule";
import { type CounterReading, Counters, generationOf } from "#adapters/counters/counters.ts";
import { Journal } from "#adapters/journal/journal.ts";
import { Keys } from "#adapters/keys/keys.ts";
import { Link } from "#adapters/link/link.ts";
import { type Allowance, Queueing } from "#adapters/queueing/queueing.ts";
import { Settlement } from "#adapters/settlement/settlement.ts";
import { Tunnel } from "#adapters/tunnel/tunnel.ts";
import type { Config } from "#agent/config/config.ts";
import { decodeCommit, encodeCommits } from "#core/journal/commit.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import type { Input, Reading } from "#core/node/input.ts";
import { type Node, replay } from "#core/node/node.ts";
import type { Output } from "#core/node/output.ts";
import { step } from "#core/node/step.ts";
import type { PriceClass } from "#core/units/price-class.ts";
import { type Blueprint, blueprint } from "./blueprint.ts";

/** An agent that runs: what the control socket, the tests and the demo can see and ask of it. */
export interface Agent {
  readonly node: () => Node;
  readonly config: () => Config;
  readonly blueprint: () => Blueprint;
  /** Inputs from outside the loop; returns when they have been journaled and acted on. */
  readonly ask: (input: Input) => Effect.Effect<void>;
  /** Takes a changed configuration: prices, limits and terms; not other neighbours. */
  readonly reconfigure: (config: Config) => Effect.Effect<void>;
  /** Why nothing is acted on any more, if the journal failed. */
  readonly stopped: () => string | undefined;
  readonly counts: AgentCounts;
  /** Alarms so far, newest last, at most {@link alarmLimit}. */
  readonly alarms: readonly string[];
}

/** What the agent did, in numbers, since it started. */
export interface AgentCounts {
  inputs: number;
  /** Datagrams that came from neighbours. */
  datagrams: number;
  commits: number;
  journalBytes: number;
  sends: number;
  failedSends: number;
  throttles: number;
  pokes: number;
  repairs: number;
}

/** How many inputs may wait. Beyond it, whoever offers one waits too. */
export const inputLimit = 1024;

/** How many inputs share one sync of the journal. */
const batchLimit = 64;

/** How many alarms are remembered. */
export const alarmLimit = 100;

interface Waiting {
  readonly input: Input | "look";
  readonly done: (() => void) | undefined;
}

/**
 * The loop: one queue of inputs and one order, input -> step -> journal (durable) -> perform. A
 * crash between any two is harmless, because every output can be derived from the journal again.
 * Needs every port; lives as long as its scope, and leaves the kernel as it is: removing tunnels
 * and rules is the business of whoever ends it (see `shutdown.ts`).
 */
export const startAgent = Effect.fnUntraced(function* (first: Config) {
  const ports = yield* allPorts;
  const { journal, keys } = ports;
  let config = first;
  let plan = blueprint(keys.nodeId, config);
  const commits = yield* journal.read;
  let node = replay(keys.signer, eventsOf(commits));
  let stopped: string | undefined;
  const counts: AgentCounts = { ...noCounts };
  const alarms: string[] = [];
  const inputs = yield* Queue.bounded<Waiting>(inputLimit);
  const limits = new Map<string, Limit>();

  const work = Effect.fnUntraced(function* (batch: readonly Waiting[]) {
    const looked = batch.some((one) => one.input === "look")
      ? yield* look(ports, plan, counts)
      : [];
    const begun = node;
    const events: LedgerEvent[] = [];
    const outputs: Output[] = [];
    const all = batch.flatMap(({ input }): readonly Input[] =>
      input === "look" ? lookInputs(begun, plan, ports.bootId, looked) : [input],
    );
    for (const input of all) {
      if (stopped !== undefined) break;
      const result = step(node, input);
      node = result.node;
      events.push(...result.events);
      outputs.push(...result.outputs);
      counts.inputs += 1;
    }
    const failure = yield* makeDurable(ports, events, counts);
    if (failure !== undefined) {
      node = begun; // nothing that is not durable is believed, and nothing of it is done
      stopped = failure;
      return yield* Effect.logError(`stopped acting, forwarding goes on: ${failure}`);
    }
    yield* perform(ports, plan, node, outputs, limits, counts, alarms);
    yield* applyLimits(ports, plan, limits, outputs.some(isLimit) || looked.length > 0);
  });

  const loop = Effect.gen(function* () {
    const batch = yield* Queue.takeBetween(inputs, 1, batchLimit);
    yield* work(batch).pipe(
      Effect.catchCause((cause) => Effect.logError("an input was dropped", cause)),
    );
    for (const { done } of batch) done?.();
  });

  const ask = (input: Input | "look"): Effect.Effect<void> =>
    Effect.callback<void>((resume) => {
      const waiting: Waiting = { input, done: () => resume(Effect.void) };
      Effect.runFork(Queue.offer(inputs, waiting));
    });

  yield* raiseTunnels(ports, plan);
  yield* work([{ input: configured(keys.tunnelPublicKey, plan, true), done: undefined }]);
  yield* Effect.forkScoped(Effect.forever(loop));
  const offer = (input: Input | "look") => Queue.offer(inputs, { input, done: undefined });
  yield* feed(ports, () => node, counts, offer);
  yield* limitSpending(plan, node, ask);
  yield* Effect.forkScoped(Effect.repeat(offer("look"), Schedule.spaced(config.pokeInterval)));
  const agent: Agent = {
    node: () => node,
    config: () => config,
    blueprint: () => plan,
    ask,
    reconfigure: (next) =>
      Effect.suspend(() => {
        config = next;
        plan = blueprint(keys.nodeId, next);
        return ask(configured(keys.tunnelPublicKey, plan, false));
      }),
    stopped: () => stopped,
    counts,
    alarms,
  };
  return agent;
});

/** Journals events, synced; returns why it could not. */
const makeDurable = Effect.fnUntraced(function* (
  ports: Ports,
  events: readonly LedgerEvent[],
  counts: AgentCounts,
) {
  const payloads = encodeCommits(events);
  if (payloads.length === 0) return undefined;
  const written = yield* Effect.result(ports.journal.append(payloads));
  if (written._tag === "Failure") return written.failure.words;
  counts.commits += payloads.length;
  counts.journalBytes += payloads.reduce((size, payload) => size + payload.length + 16, 0);
  return undefined;
});

/** Datagrams and channel facts become inputs. */
const feed = Effect.fnUntraced(function* (
  ports: Ports,
  node: () => Node,
  counts: AgentCounts,
  offer: (input: Input) => Effect.Effect<boolean>,
) {
  const indexOf = (id: string) => node().ledger.neighbours.findIndex((one) => one.id === id);
  const datagram = Effect.gen(function* () {
    const { neighbour, bytes } = yield* ports.link.receive;
    const index = indexOf(neighbour);
    counts.datagrams += 1;
    if (index >= 0) yield* offer({ type: "Datagram", neighbour: index, bytes });
  });
  const fact = Effect.gen(function* () {
    const { peer, final, ...channel } = yield* ports.settlement.nextFact;
    const index = indexOf(peer);
    if (index >= 0 && final) yield* offer({ type: "ChannelFact", neighbour: index, channel });
  });
  yield* Effect.forkScoped(Effect.forever(datagram));
  yield* Effect.forkScoped(Effect.forever(fact));
});

/** Spending limits of the configuration, told at every start; a changed one is journaled. */
const limitSpending = Effect.fnUntraced(function* (
  plan: Blueprint,
  node: Node,
  ask: (input: Input) => Effect.Effect<void>,
) {
  for (const { config } of plan.neighbours) {
    const neighbour = node.ledger.neighbours.findIndex((one) => one.id === config.id);
    const limit = config.spendingLimit;
    if (limit === undefined || neighbour < 0) continue;
    yield* ask({ type: "Wish", wish: { type: "LimitSpending", neighbour, limit } });
  }
});

const noCounts: AgentCounts = {
  inputs: 0,
  datagrams: 0,
  commits: 0,
  journalBytes: 0,
  sends: 0,
  failedSends: 0,
  throttles: 0,
  pokes: 0,
  repairs: 0,
};

const allPorts = Effect.gen(function* () {
  const counters = yield* Counters;
  return {
    journal: yield* Journal,
    keys: yield* Keys,
    link: yield* Link,
    counters,
    bootId: counters.bootId,
    tunnel: yield* Tunnel,
    queueing: yield* Queueing,
    settlement: yield* Settlement,
  };
});

type Ports = Effect.Success<typeof allPorts>;

function* eventsOf(commits: readonly Uint8Array[]): Generator<LedgerEvent> {
  for (const commit of commits) yield* decodeCommit(commit);
}

function configured(tunnelPublicKey: string, plan: Blueprint, starting: boolean): Input {
  return {
    type: "Configured",
    neighbours: plan.neighbours.map(({ policy }) => policy),
    tunnelKey: new Uint8Array(Buffer.from(tunnelPublicKey, "base64")),
    starting,
  };
}

/** Tunnels that are there keep their counters; queues and limits are made anew, closed at first. */
const raiseTunnels = Effect.fnUntraced(function* (ports: Ports, plan: Blueprint) {
  const privateKey = Redacted.make(Redacted.value(ports.keys.tunnelPrivateKey));
  for (const tunnel of plan.neighbours.flatMap(({ tunnels }) => tunnels)) {
    yield* ports.tunnel.apply({ ...tunnel, privateKey });
  }
  const queues = plan.neighbours.map(({ queue }) => queue);
  yield* ports.queueing.attach(queues, plan.routes);
});

/** Reads all counters; an interface that vanished is made again first. */
const look = Effect.fnUntraced(function* (ports: Ports, plan: Blueprint, counts: AgentCounts) {
  counts.pokes += 1;
  const names = plan.neighbours.flatMap(({ interfaces }) => interfaces);
  const readings = yield* readCounters(ports, names);
  const missing = names.filter((name) => !readings.some((one) => one.interfaceName === name));
  for (const neighbour of plan.neighbours) {
    const lost = neighbour.tunnels.filter(({ name }) => missing.includes(name));
    if (lost.length === 0) continue;
    counts.repairs += lost.length;
    yield* Effect.logWarning(`made again: ${lost.map(({ name }) => name).join(", ")}`);
    const privateKey = ports.keys.tunnelPrivateKey;
    const repair = Effect.forEach(lost, (tunnel) => ports.tunnel.apply({ ...tunnel, privateKey }));
    yield* repair.pipe(
      Effect.andThen(ports.queueing.mend(neighbour.queue, plan.routes)),
      Effect.catch((error) => Effect.logError(error.words)),
    );
  }
  return missing.length === 0 ? readings : yield* readCounters(ports, names);
});

const readCounters = (ports: Ports, names: readonly string[]) =>
  ports.counters
    .read(names)
    .pipe(
      Effect.catch((error) =>
        Effect.logWarning(error.words).pipe(Effect.as<readonly CounterReading[]>([])),
      ),
    );

function lookInputs(
  node: Node,
  plan: Blueprint,
  bootId: string,
  found: readonly CounterReading[],
): readonly Input[] {
  const readings = plan.neighbours.flatMap(({ interfaces, config }): readonly Reading[] => {
    const neighbour = node.ledger.neighbours.findIndex((one) => one.id === config.id);
    if (neighbour < 0) return [];
    return interfaces.flatMap((name, i) => {
      const one = found.find((reading) => reading.interfaceName === name);
      if (one === undefined) return [];
      const generation = generationOf(bootId, one);
      const { sent, received } = one;
      return [{ neighbour, class: i as PriceClass, generation, sent, received }];
    });
  });
  return [{ type: "Readings", readings }, { type: "Poke" }];
}

/** A raw limit that the core asked for, by interface. */
interface Limit {
  readonly kind: "Quota" | "Gate";
  readonly interfaceName: string;
  readonly generation: string;
  readonly limit: bigint;
}

function isLimit(output: Output): boolean {
  return output.type === "Quota" || output.type === "Gate";
}

const perform = Effect.fnUntraced(function* (
  ports: Ports,
  plan: Blueprint,
  node: Node,
  outputs: readonly Output[],
  limits: Map<string, Limit>,
  counts: AgentCounts,
  alarms: string[],
) {
  for (const output of outputs) {
    const id = node.ledger.neighbours[output.neighbour]?.id;
    const drawn = plan.neighbours.find(({ config }) => config.id === id);
    if (id === undefined || drawn === undefined) continue;
    switch (output.type) {
      case "Send": {
        const sent = yield* Effect.result(ports.link.send(id, output.bytes));
        if (sent._tag === "Success") counts.sends += 1;
        else counts.failedSends += 1;
        break;
      }
      case "Quota":
      case "Gate": {
        const interfaceName = drawn.interfaces[output.class];
        if (interfaceName === undefined) break;
        const { type: kind, generation, limit } = output;
        limits.set(`${kind} ${interfaceName}`, { kind, interfaceName, generation, limit });
        break;
      }
      case "Standing": {
        if (output.standing === "throttled") counts.throttles += 1;
        yield* Effect.logInfo(`${drawn.config.name} is ${output.standing}`);
        yield* ports.queueing
          .setStanding(drawn.queue, output.standing)
          .pipe(Effect.catch((error) => Effect.logError(error.words)));
        break;
      }
      case "Alarm":
        alarms.push(`${drawn.config.name}: ${output.words}`);
        if (alarms.length > alarmLimit) alarms.shift();
        yield* Effect.logError(`${drawn.config.name}: ${output.words}`);
        break;
    }
  }
});

/**
 * Hands the raw limits to the kernel: what quotas have counted is read first, then the counters,
 * then the limits are set from both (see the queueing port). Repeated at every look, because the
 * kernel's quota counts inner bytes and so runs out before the limit is reached.
 */
const applyLimits = Effect.fnUntraced(function* (
  ports: Ports,
  plan: Blueprint,
  limits: ReadonlyMap<string, Limit>,
  due: boolean,
) {
  if (!due || limits.size === 0) return;
  const paid = plan.neighbours.flatMap(({ interfaces }) => interfaces.slice(1));
  const set = Effect.gen(function* () {
    const before = yield* ports.queueing.usage;
    const readings = yield* readCounters(ports, paid);
    const allowances = (kind: "Quota" | "Gate"): readonly Allowance[] =>
      [...limits.values()].flatMap((limit) => {
        const reading = readings.find((one) => one.interfaceName === limit.interfaceName);
        if (limit.kind !== kind || reading === undefined) return [];
        if (generationOf(ports.bootId, reading) !== limit.generation) return [];
        const counter = kind === "Quota" ? reading.sent : reading.received;
        return [{ interfaceName: limit.interfaceName, limit: limit.limit, counter }];
      });
    yield* ports.queueing.setLimits(before, allowances("Quota"), allowances("Gate"));
  });
  yield* set.pipe(Effect.catch((error) => Effect.logError(error.words)));
});
