import * as Deferred from "effect/Deferred";
import * as Effect from "effect/Effect";
import type { CounterReading } from "#adapters/counters/counters.ts";
import type { Journal } from "#adapters/journal/journal.ts";
import type { JournalError, JournalProblem } from "#adapters/journal/journal-error.ts";
import type { Input } from "#core/node/input.ts";
import { agreedOutputs, type Lockstep, Parted } from "#core/node/lockstep.ts";
import type { Node } from "#core/node/node.ts";
import { type AgentCounts, newCounts } from "./agent-counts.ts";
import type { Blueprint } from "./blueprint.ts";
import { type Decided, decide } from "./deciding.ts";
import type { JournalRoom } from "./journal-room.ts";
import { type KernelLimits, kernelLimits } from "./kernel-limits.ts";
import { type FinalCounters, finalInputs, lookAtKernel, lookInputs } from "./kernel-look.ts";
import { type Performer, performer } from "./performing.ts";
import type { AgentPorts } from "./ports.ts";
import type { ResetCounter } from "./reset-counts.ts";

/** What a turn works on: an input, a look at the kernel, interfaces that are gone, or the end of paid traffic. */
export type Work =
  | Input
  | { readonly type: "Look" }
  | { readonly type: "Gone"; readonly finals: readonly FinalCounters[] }
  | { readonly type: "Close" };

/** The agent's state, and the only way to change it. Never two turns at once. */
export interface TurnTaker {
  /**
   * Step, journal, believe, perform, for works that share one sync. Never fails: what goes wrong
   * outside is logged and tried again; if the journal fails, the agent stops acting.
   */
  readonly take: (plan: Blueprint, works: readonly Work[]) => Effect.Effect<void>;
  /** Lets no paid byte pass on these interfaces until they are admitted again. */
  readonly bar: (interfaces: readonly string[]) => Effect.Effect<void>;
  readonly admit: (interfaces: readonly string[]) => void;
  /** The queues of a blueprint were attached anew: limits and standings are theirs again. */
  readonly reattached: (plan: Blueprint) => Effect.Effect<void>;
  /** As the journal has it: what is not durable is not seen. */
  readonly node: () => Node;
  /** Ends with words when a bit flipped in memory: the journal is right, this process is not. */
  readonly flipped: Effect.Effect<string>;
  /** Why nothing is acted on any more. */
  readonly stopped: () => string | undefined;
  readonly counts: AgentCounts;
  readonly alarms: readonly string[];
}

/** A taker of turns that begins with what the journal says. */
export function turnTaker(
  ports: AgentPorts,
  replayed: Lockstep,
  room: JournalRoom,
  resets: ResetCounter,
): TurnTaker {
  let pair = replayed;
  const flipped = Deferred.makeUnsafe<string>();
  let stopped: string | undefined;
  const counts = newCounts();
  const limits = kernelLimits(ports);
  const acts = performer(ports, limits, counts);

  /** Events to the journal; where it is full, once more after it gave its history back. */
  const durable = Effect.fnUntraced(function* (commits: readonly Uint8Array[]) {
    const failure = yield* makeDurable(ports.journal, commits, counts);
    if (failure?.problem !== "full" || !(yield* room.release(pair))) return failure;
    return yield* makeDurable(ports.journal, commits, counts);
  });

  /** Nothing is believed any more, nor done: whoever runs this agent starts it from the journal. */
  const part = (error: Parted) => {
    stopped = `a bit flipped in memory (${error.message}): it starts again from its journal`;
    counts.flips += 1;
    return Effect.andThen(acts.alarm(stopped), Deferred.succeed(flipped, stopped));
  };

  /** Inputs in, outputs out, with the journal between. */
  const act = Effect.fnUntraced(function* (plan: Blueprint, inputs: readonly Input[]) {
    counts.inputs += inputs.length;
    const decided = decide(pair, inputs);
    counts.faults += decided.faults.length;
    for (const fault of decided.faults) yield* acts.alarm(fault);
    const failure = yield* durable(decided.commits);
    if (failure?.problem === "full") {
      // As if the inputs had been lost: counters are absolute, and neighbours say everything again.
      counts.full += 1;
      if (counts.full % fullAlarmEvery === 1) yield* acts.alarm(fullWords(failure.words));
      return;
    }
    if (failure?.problem === "flipped") return yield* part(new Parted(failure.words));
    if (failure !== undefined) {
      stopped = failure.words; // nothing that is not durable is believed, and nothing of it is done
      return yield* acts.alarm(`nothing is acted on any more, forwarding goes on: ${stopped}`);
    }
    pair = believed(decided, counts, resets);
    yield* acts.perform(plan, pair.node, agreedOutputs(decided.outputs, decided.twinOutputs));
    const words = yield* room.keep(pair, decided.events.length);
    if (words !== undefined) yield* acts.alarm(words);
  });

  const take = Effect.fnUntraced(
    function* (plan: Blueprint, works: readonly Work[]) {
      const looked = works.some(({ type }) => type === "Look")
        ? yield* look(ports, plan, limits, counts)
        : undefined;
      const { bootId } = ports.counters;
      const inputs = inputsOf(works, { node: pair.node, plan, bootId, readings: looked ?? [] });
      if (stopped === undefined) yield* act(plan, inputs);
      if (looked !== undefined) yield* acts.retry;
      if (works.some(({ type }) => type === "Close")) yield* limits.retire(paidInterfaces(plan));
      yield* limits.arm(looked);
    },
    Effect.catchDefect((defect) =>
      defect instanceof Parted
        ? part(defect)
        : acts.alarm(`a fault of this program: ${String(defect)}`),
    ),
  );
  return {
    take,
    bar: limits.bar,
    admit: limits.admit,
    reattached: (plan) => reattached(limits, acts, plan, () => pair.node),
    node: () => pair.node,
    flipped: Deferred.await(flipped),
    stopped: () => stopped,
    counts,
    alarms: acts.alarms,
  };
}

const look = (ports: AgentPorts, plan: Blueprint, limits: KernelLimits, counts: AgentCounts) => {
  counts.pokes += 1;
  return Effect.map(lookAtKernel(ports, plan, limits), ({ readings, repaired, restored }) => {
    counts.repairs += repaired.length;
    counts.restorations += restored.length;
    return readings;
  });
};

const reattached = (limits: KernelLimits, acts: Performer, plan: Blueprint, node: () => Node) =>
  Effect.suspend(() => {
    limits.keep(paidInterfaces(plan));
    limits.rearm();
    return Effect.andThen(acts.restand(plan, node()), limits.arm(undefined));
  });

/** What is durable is believed, and counted. */
function believed({ pair, events }: Decided, counts: AgentCounts, resets: ResetCounter): Lockstep {
  if (events.length > 0) counts.full = 0;
  resets.count(events);
  return pair;
}

/** Inputs in their order. Of several looks the first counts: one reading is not two (T18). */
function inputsOf(
  works: readonly Work[],
  { node, plan, bootId, readings }: Seen,
): readonly Input[] {
  const first = works.findIndex(({ type }) => type === "Look");
  return works.flatMap((work, i): readonly Input[] => {
    if (work.type === "Look") return i === first ? lookInputs(node, plan, bootId, readings) : [];
    if (work.type === "Gone") return finalInputs(node, plan, bootId, work.finals);
    return work.type === "Close" ? [] : [work];
  });
}

/** What works are turned into inputs by. */
interface Seen {
  readonly node: Node;
  readonly plan: Blueprint;
  readonly bootId: string;
  readonly readings: readonly CounterReading[];
}

function paidInterfaces(plan: Blueprint): readonly string[] {
  return plan.neighbours.flatMap(({ interfaces }) => interfaces.slice(1));
}

/** Frames of the journal are so much longer than what is in them, in bytes. */
const frameOverhead = 16;

/** A journal that stays full is told of at the first input, and then once for so many. */
const fullAlarmEvery = 1000;

function fullWords(words: string): string {
  return `the journal is full: nothing new is signed, granted or reserved until there is room, forwarding goes on: ${words}`;
}

interface Failure {
  readonly problem: JournalProblem | "fault";
  readonly words: string;
}

/** Journals commits, synced; returns why it could not. */
const makeDurable = Effect.fnUntraced(
  function* (
    journal: Journal["Service"],
    payloads: readonly Uint8Array[],
    counts: AgentCounts,
  ): Effect.fn.Return<Failure | undefined, JournalError> {
    if (payloads.length === 0) return undefined;
    yield* journal.append(payloads);
    counts.commits += payloads.length;
    counts.journalBytes += payloads.reduce((size, one) => size + one.length + frameOverhead, 0);
    return undefined;
  },
  Effect.catch(({ problem, words }) => Effect.succeed({ problem, words })),
  Effect.catchDefect((defect) =>
    Effect.succeed({ problem: "fault" as const, words: `the journal failed: ${String(defect)}` }),
  ),
);
