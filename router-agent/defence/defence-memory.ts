import * as Effect from "effect/Effect";
import * as Semaphore from "effect/Semaphore";
import type { Agent } from "#agent/agent/agent.ts";
import type { NodeId } from "#core/units/node-id.ts";
import { type DefenceRecord, type DefenceStore, defenceRecordLimit } from "./defence-file.ts";

/** What keepers know of neighbours, over restarts. */
export interface DefenceMemory {
  /** As it was kept last, or as nothing is known. */
  readonly of: (id: NodeId) => DefenceRecord;
  /** From now on this is known. */
  readonly note: (id: NodeId, change: Partial<Omit<DefenceRecord, "id">>) => void;
  /** Keeps what changed: at once where a stage did, else now and then. */
  readonly save: Effect.Effect<void>;
}

/** What changes with every packet is kept so often, in milliseconds: a page of flash each time. */
export const saveInterval = 600_000;

/** Nothing is known: what tests and runs without a disk begin with. */
export const noStore: DefenceStore = { load: () => Effect.succeed([]), save: () => Effect.void };

/**
 * What an earlier run kept of the neighbours of this journal, for as long as the scope lasts; kept a last
 * time at its end. Of another journal nothing is believed: its positions were others.
 */
export const openDefenceMemory = Effect.fnUntraced(function* (agent: Agent, store: DefenceStore) {
  const journal = (): bigint => BigInt(agent.node().ledger.journal ?? 0);
  const kept = new Map((yield* store.load(journal())).map((one) => [one.id, one]));
  const alone = Semaphore.makeUnsafe(1);
  let dirty: "no" | "a little" | "now" = "no";
  let saved = performance.now();
  const write = alone.withPermit(
    Effect.suspend(() => {
      if (dirty === "no") return Effect.void;
      dirty = "no";
      saved = performance.now();
      const known = new Set<string>(agent.config().neighbours.map(({ id }) => id));
      for (const id of kept.keys()) if (!known.has(id)) kept.delete(id);
      return store.save(journal(), [...kept.values()].slice(0, defenceRecordLimit));
    }),
  );
  yield* Effect.addFinalizer(() => write);
  const of = (id: NodeId): DefenceRecord => kept.get(id) ?? nothingOf(id);
  const memory: DefenceMemory = {
    of,
    note: (id, change) => {
      const before = of(id);
      const after = { ...before, ...change };
      if (before.stage !== after.stage) dirty = "now";
      else if (dirty === "no" && !same(before, after)) dirty = "a little";
      kept.set(id, after);
    },
    save: Effect.suspend(() =>
      dirty === "now" || performance.now() - saved >= saveInterval ? write : Effect.void,
    ),
  };
  return memory;
});

function nothingOf(id: NodeId): DefenceRecord {
  const free = { freeIn: 0n, freeOut: 0n, leaked: 0n, paidBefore: undefined };
  return { id, stage: "none", excess: 0n, junk: 0n, received: 0n, undue: 0n, ...free };
}

function same(a: DefenceRecord, b: DefenceRecord): boolean {
  return (Object.keys(b) as (keyof DefenceRecord)[]).every((key) => a[key] === b[key]);
}
