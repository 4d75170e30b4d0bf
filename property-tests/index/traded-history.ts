import { notedTime } from "#adapters/index/catch-up.ts";
import type { NotedCommit } from "#adapters/index/history-index.ts";
import type { CivilNote } from "#adapters/journal/civil-notes.ts";
import type { Commit } from "#adapters/journal/journal.ts";
import { encodeCommits } from "#core/journal/commit.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import { emptyLedger, evolve, type Ledger } from "#core/journal/ledger.ts";
import { restatement } from "#core/journal/restatement.ts";
import {
  drain,
  type LineWorld,
  lineWorld,
  nodeAt,
  reboot,
  smallTerms,
  traffic,
} from "../simulator/line-world.ts";

/** 2026-03-01T10:00:00Z: the first note of a traded history. */
export const firstNote = 1_772_359_200;

/** A journal with the times that were noted beside it. */
export interface TradedHistory {
  readonly events: readonly LedgerEvent[];
  readonly commits: readonly Commit[];
  readonly notes: readonly CivilNote[];
  readonly noted: readonly NotedCommit[];
  readonly ledger: Ledger;
}

/** Three neighbours with two classes who traded, rebooted and settled: the one in the middle. */
export function tradedWorld(seed = 1): LineWorld {
  const world = lineWorld({
    terms: smallTerms,
    deposit: 1_000_000n,
    grainsPerUnit: 7n,
    prices: [2n, { fee: 2n }, 3n],
    classes: 2,
    keys: "modelled",
  });
  drain(world, 3);
  for (let i = 0; i < 12; i++) {
    traffic(world, 0, 0, BigInt(3 + ((i * seed) % 5)), 100n, 1 + (i % 2));
    traffic(world, 1, 0, 5n, 0n, 1);
    traffic(world, 1, 1, BigInt(seed), 0n, 2);
    drain(world, 2);
    if (i === 6) reboot(world, 1);
  }
  drain(world, 3);
  return world;
}

/** One event a commit, a note every so many commits, an hour and a bit between notes. */
export function historyOf(events: readonly LedgerEvent[], every = 25, first = 1n): TradedHistory {
  const commits = events
    .flatMap((event) => encodeCommits([event]))
    .map((payload, i) => ({ sequence: first + BigInt(i), payload }));
  const notes = commits
    .filter((_, i) => i > 0 && i % every === 0)
    .map(({ sequence }, i) => ({ sequence, seconds: firstNote + i * 3700 }));
  return {
    events,
    commits,
    notes,
    noted: commits.map((one) => ({ ...one, seconds: notedTime(notes, one.sequence) })),
    ledger: events.reduce(evolve, emptyLedger),
  };
}

/** The history of the node in the middle of {@link tradedWorld}. */
export function tradedHistory(seed = 1): TradedHistory {
  return historyOf(nodeAt(tradedWorld(seed), 1).journal);
}

/** The same, restated in its middle: what came before may be gone. */
export function restatedHistory(): TradedHistory & { readonly restated: bigint } {
  const events = nodeAt(tradedWorld(), 1).journal;
  const half = events.length >> 1;
  const ledger = events.slice(0, half).reduce(evolve, emptyLedger);
  const parts = restatement(ledger, { leaps: () => 0n, forgiven: () => 0n });
  const all = [...events.slice(0, half), ...parts, ...events.slice(half)];
  return { ...historyOf(all), restated: BigInt(half + 1) };
}
