import { directoryView } from "#adapters/journal/directory-disk.ts";
import { JournalError } from "#adapters/journal/journal-error.ts";
import {
  type Damage,
  type FoundSegment,
  scan,
  segmentNumbers,
} from "#adapters/journal/segment-scan.ts";
import type { NumberedEvent } from "#core/audit/book-reader.ts";
import { type JournalAudit, journalAuditor } from "#core/audit/journal-audit.ts";
import { decodeCommit } from "#core/journal/commit.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import { emptyLedger, evolve, type Ledger } from "#core/journal/ledger.ts";
import { fraudCollector, type ProvenFraud } from "./proven-fraud.ts";

/** Everything that an auditor can say of one journal by itself. */
export interface Examination {
  readonly directory: string;
  readonly segments: number;
  readonly commits: bigint;
  readonly bytes: bigint;
  /** Flipped bits that were put right in reading; the files still have them. */
  readonly repaired: number;
  /** Bytes of a commit that nobody was told of. */
  readonly cut: number;
  /** Where reading ended, if not at the end. */
  readonly damage: Damage | undefined;
  /** What the journal does not have any more, where it began anew: nothing of that was decided again. */
  readonly rolledUp: RolledUp | undefined;
  /** Of all events up to the damage. */
  readonly audit: JournalAudit;
  /** The first frauds that the node proved of its neighbours. */
  readonly frauds: readonly ProvenFraud[];
}

/** History that is told of, and not there: commits 1 to `to`, of which the journal has what they come to. */
export interface RolledUp {
  readonly to: bigint;
  /** So many commits after it restate it: of these, only signatures can be checked. */
  readonly restating: number;
  /** Segments from before that are still here, and not read: what goes before them is gone. */
  readonly unread: number;
}

/** What is right or wrong with a journal, as exit codes tell it. */
export type Verdict = "agree" | "disagree" | "damaged";

/** What an examination comes down to. */
export function verdictOf({ damage, audit }: Examination): Verdict {
  if (damage !== undefined) return "damaged";
  return audit.found > 0 ? "disagree" : "agree";
}

/** So many commits lie between two words about progress. */
const progressEvery = 4096n;

/**
 * Reads a journal once: checksums, hashes, chain, seals, and every event decided again. At most three
 * segments are in memory, however long the journal; it may be in use meanwhile, and is not changed.
 * @throws JournalError where there is no journal, or it cannot be read.
 */
export function examine(
  directory: string,
  progress: (commits: bigint) => void = () => undefined,
): Examination {
  const view = directoryView(directory);
  const auditor = journalAuditor();
  const frauds = fraudCollector();
  const take = (event: LedgerEvent, sequence: bigint): void => {
    auditor.add(event, sequence);
    frauds.take(event);
  };
  const counts = { segments: 0, commits: 0n, bytes: 0n, repaired: 0, cut: 0 };
  let damage: Damage | undefined;
  let rolledUp: RolledUp | undefined;
  for (const look of scan(view, "oldest", true)) {
    if (look.type === "unused") counts.cut += look.cut;
    else if (look.segment !== undefined) {
      if (counts.segments === 0) rolledUp = before(look.segment, segmentNumbers(view));
      counts.segments += 1;
      counts.bytes += BigInt(look.segment.bytes.length);
      counts.repaired += look.segment.repaired;
      counts.cut += look.segment.cut;
      for (const { sequence, payload } of look.segment.frames) {
        const wrong = weigh(payload, BigInt(sequence), take);
        damage ??= wrong === undefined ? undefined : { segment: look.segment.name, ...wrong };
        if (damage !== undefined) break;
        counts.commits += 1n;
        if (counts.commits % progressEvery === 0n) progress(counts.commits);
      }
    }
    if (look.type === "damage") damage ??= look.damage;
    if (damage !== undefined) break;
  }
  const none = counts.segments === 0 && damage === undefined && counts.cut === 0;
  if (none) throw new JournalError({ problem: "missing", words: `${directory} holds no journal` });
  return { directory, ...counts, damage, rolledUp, audit: auditor.result(), frauds: frauds.found };
}

/** What a journal whose oldest segment this is has rolled up. */
function before({ header }: FoundSegment, numbers: readonly number[]): RolledUp | undefined {
  const { firstSequence, restates: restating, number } = header;
  if (firstSequence === 1) return undefined;
  const unread = numbers.filter((one) => one < number).length;
  return { to: BigInt(firstSequence) - 1n, restating, unread };
}

function weigh(
  payload: Uint8Array,
  sequence: bigint,
  take: (event: LedgerEvent, sequence: bigint) => void,
) {
  try {
    for (const event of decodeCommit(payload)) take(event, sequence);
    return undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const words = `commit ${sequence} is whole, but not of a form that this program knows: ${why}`;
    return { offset: 0, words };
  }
}

/**
 * All events of a journal up to the first damage, each with the sequence of its commit.
 * @param damaged hears of the damage.
 */
export function* eventsOf(
  directory: string,
  damaged: (damage: Damage) => void = () => undefined,
): Generator<NumberedEvent, void> {
  for (const look of scan(directoryView(directory), "oldest")) {
    if (look.type === "unused") return;
    for (const { sequence, payload } of look.segment?.frames ?? []) {
      for (const event of decodeCommit(payload)) yield { sequence: BigInt(sequence), event };
    }
    if (look.type === "damage") return damaged(look.damage);
  }
}

/** The ledger as it was once commit `at` was durable, and how far the journal goes. */
export function ledgerAt(
  directory: string,
  at: bigint,
  damaged: (damage: Damage) => void = () => undefined,
): { readonly ledger: Ledger; readonly sequence: bigint } {
  let ledger = emptyLedger;
  let last = 0n;
  for (const { sequence, event } of eventsOf(directory, damaged)) {
    if (sequence > at) break;
    ledger = evolve(ledger, event);
    last = sequence;
  }
  return { ledger, sequence: last };
}
