import * as Effect from "effect/Effect";
import * as Schedule from "effect/Schedule";
import { type NeighbourTally, noTally, type Queueing } from "#adapters/queueing/queueing.ts";
import type { Agent } from "#agent/agent/agent.ts";
import type { NeighbourBlueprint } from "#agent/agent/blueprint.ts";
import {
  type JunkReading,
  type JunkScore,
  type JunkTerms,
  junkBound,
  newJunkScore,
  nextJunkScore,
  shareUnit,
  wayBack,
} from "#core/enforcement/junk.ts";
import type { Defence } from "#core/node/input.ts";
import type { NodeId } from "#core/units/node-id.ts";
import type { DefenceRecord } from "./defence-file.ts";
import { type DefenceMemory, noStore, openDefenceMemory } from "./defence-memory.ts";

/** What is held against one neighbour, in numbers: bytes since it is remembered. */
export interface DefenceFacts {
  readonly id: NodeId;
  readonly name: string;
  readonly stage: Defence["stage"];
  readonly received: bigint;
  readonly junk: bigint;
  /** Of it, what came on the tunnel of a delivery: paid for no more than lost bytes are. */
  readonly undue: bigint;
  /** Junk beyond the share, not made good yet. */
  readonly excess: bigint;
  /** The most junk that may count as good, of so much received. */
  readonly bound: bigint;
  /** Good bytes after which nothing is held against it; 0 where nothing is. */
  readonly wayBack: bigint;
  /** Carried for nothing: taken from it, and handed to it. */
  readonly freeIn: bigint;
  readonly freeOut: bigint;
}

/** Judges neighbours by what the kernel counted, beside the loop: no bill waits for it. */
export interface DefenceKeeper {
  /** Looks now. */
  readonly look: Effect.Effect<void>;
  readonly facts: () => readonly DefenceFacts[];
  /** Holds nothing more against a neighbour. Whether there is one of this name or id. */
  readonly pardon: (name: string) => Effect.Effect<boolean>;
}

/** How often the counters are looked at, in milliseconds: it takes a process. */
export const defenceInterval = 2000;

/** What a keeper remembers of one neighbour. */
interface Watched {
  score: JunkScore;
  /** Junk on the tunnel of a delivery, over all tables. */
  undue: bigint;
  /** Carried for nothing, over all tables. */
  freeIn: bigint;
  freeOut: bigint;
  tally: NeighbourTally;
  /** What the core was told last. */
  told: Defence;
}

/**
 * A keeper for as long as its scope lasts. What it cannot read now it reads later; an agent that starts
 * again goes on with what it remembers, and begins anew with everybody where that is lost.
 * @param kept what earlier runs found; nothing remembers for this run alone.
 * @param moves how often a route moved without a neighbour's doing, by its index in the queues.
 */
export const startDefenceKeeper = Effect.fnUntraced(function* (
  agent: Agent,
  queueing: Queueing["Service"],
  moves: (index: number) => bigint,
  interval = defenceInterval,
  kept?: DefenceMemory,
) {
  const memory = kept ?? (yield* openDefenceMemory(agent, noStore));
  const watched = new Map<NodeId, Watched>();
  const watch = (drawn: NeighbourBlueprint, tally: NeighbourTally): Watched => {
    const { id } = drawn.config;
    const reading = { received: tally.received, junk: tally.junk, moves: moves(drawn.queue.index) };
    const one = watched.get(id) ?? {
      // The table is made anew with every run: what it shows at first came since then.
      score: rememberedScore(memory.of(id), { ...reading, received: 0n, junk: 0n }),
      ...freeAndUndue(memory.of(id)),
      tally: noTally,
      told: { stage: "none", junk: 0n, undue: 0n },
    };
    watched.set(id, one);
    // Never more than junk: the score takes back what only one of two counters saw.
    one.undue += grown(tally.undue, one.tally.undue);
    one.freeIn += grown(tally.freeIn, one.tally.freeIn);
    one.freeOut += grown(tally.freeOut, one.tally.freeOut);
    one.tally = tally;
    one.score = nextJunkScore(termsOf(agent), one.score, reading);
    remember(memory, id, one);
    return one;
  };
  const tell = Effect.fnUntraced(function* (drawn: NeighbourBlueprint, one: Watched) {
    const { stage, junk } = one.score;
    const undue = one.undue < junk ? one.undue : junk;
    if (stage === one.told.stage && undue === one.told.undue) return;
    const neighbour = agent.node().ledger.neighbours.findIndex(({ id }) => id === drawn.config.id);
    if (neighbour < 0) return;
    const defence: Defence = { stage, junk, undue };
    yield* agent.ask({ type: "Wish", wish: { type: "Defend", neighbour, defence } });
    if (stage !== one.told.stage) yield* Effect.logWarning(stageWords(drawn, one.score));
    one.told = defence;
  });
  const look = Effect.gen(function* () {
    const tallies = yield* queueing.tally;
    const { neighbours } = agent.blueprint();
    for (const id of [...watched.keys()]) {
      if (!neighbours.some(({ config }) => config.id === id)) watched.delete(id);
    }
    for (const drawn of neighbours) {
      const tally = tallies.get(drawn.interfaces[0] ?? "");
      if (tally !== undefined) yield* tell(drawn, watch(drawn, tally));
    }
    yield* memory.save;
  }).pipe(Effect.catch((error) => Effect.logWarning(`junk: ${error.message}`)));
  yield* Effect.forkScoped(Effect.repeat(look, Schedule.spaced(interval)));
  const keeper: DefenceKeeper = {
    look,
    facts: () =>
      agent.blueprint().neighbours.flatMap((drawn) => {
        const one = watched.get(drawn.config.id);
        return one === undefined ? [] : [factsOf(drawn, one, termsOf(agent))];
      }),
    pardon: (name) =>
      Effect.gen(function* () {
        const drawn = agent
          .blueprint()
          .neighbours.find(({ config }) => config.name === name || config.id === name);
        const one = drawn === undefined ? undefined : watched.get(drawn.config.id);
        if (drawn === undefined || one === undefined) return false;
        one.score = newJunkScore(one.score.last);
        one.undue = 0n;
        remember(memory, drawn.config.id, one);
        yield* Effect.ignore(tell(drawn, one));
        yield* memory.save;
        return true;
      }),
  };
  return keeper;
});

/** The score of an earlier run, with counters that begin here: what was excused then is over. */
function rememberedScore(
  { stage, excess, junk, received }: DefenceRecord,
  last: JunkReading,
): JunkScore {
  return { ...newJunkScore(last), stage, excess, junk, received };
}

function freeAndUndue({ undue, freeIn, freeOut }: DefenceRecord) {
  return { undue, freeIn, freeOut };
}

/** Never more undue bytes than junk: the file says no other than what the core was told. */
function remember(memory: DefenceMemory, id: NodeId, one: Watched): void {
  const { stage, excess, junk, received } = one.score;
  const undue = one.undue < junk ? one.undue : junk;
  const { freeIn, freeOut } = one;
  memory.note(id, { stage, excess, junk, received, undue, freeIn, freeOut });
}

/** What came since the last look, of a counter that begins anew with its table. */
function grown(now: bigint, before: bigint): bigint {
  return now < before ? now : now - before;
}

function termsOf(agent: Agent): JunkTerms {
  const { junk, roundTrip } = agent.config();
  return { ...junk, moveBytes: roundTrip };
}

function factsOf(drawn: NeighbourBlueprint, one: Watched, terms: JunkTerms): DefenceFacts {
  const { score, freeIn, freeOut } = one;
  return {
    id: drawn.config.id,
    name: drawn.config.name,
    stage: score.stage,
    received: score.received,
    junk: score.junk,
    undue: one.undue < score.junk ? one.undue : score.junk,
    excess: score.excess / shareUnit,
    bound: junkBound(terms, score.received, score.last.moves),
    wayBack: score.excess === 0n ? 0n : wayBack(terms),
    freeIn,
    freeOut,
  };
}

function stageWords({ config: { name } }: NeighbourBlueprint, score: JunkScore): string {
  const sum = `${score.junk} of ${score.received} bytes were junk`;
  switch (score.stage) {
    case "none":
      return `${name} sends no more junk than it may: treated as everybody`;
    case "stop buying":
      return `${name}: ${sum}; nothing more is bought of it`;
    case "free tier":
      return `${name}: ${sum}; its traffic rides the free class`;
  }
}
