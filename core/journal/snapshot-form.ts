import { canonicalReader, Malformed } from "#core/identity/canonical-reader.ts";
import { canonical } from "#core/identity/canonical-writer.ts";
import { sameBytes } from "#core/identity/hexadecimal.ts";
import type { LedgerEvent } from "./event.ts";
import { eventForm } from "./event-form.ts";
import { readEvent } from "./event-reader.ts";
import type { Ledger } from "./ledger.ts";
import { type KeptResets, restatement } from "./restatement.ts";

/** The format of snapshots. One of another format is not used: it is a cache only. */
export const snapshotFormat = 1;

/** At most so many events in one snapshot. */
const snapshotEventLimit = 65_535;

/** What a journal comes down to, as bytes to begin from instead of reading all of it. */
export function encodeSnapshot(ledger: Ledger, resets: KeptResets): Uint8Array {
  return canonical([snapshotFormat, restatement(ledger, resets).map(eventForm)]);
}

/** The events that a snapshot stands for. @throws Malformed or RangeError for anything else. */
export function decodeSnapshot(bytes: Uint8Array): readonly LedgerEvent[] {
  const reader = canonicalReader(bytes);
  reader.array(2, 2);
  const format = reader.small(255);
  if (format !== snapshotFormat) throw new Malformed(`a snapshot of format ${format}`);
  const count = reader.array(1, snapshotEventLimit);
  const events = Array.from({ length: count }, () => readEvent(reader));
  reader.end();
  if (events[0]?.type !== "HistoryKept" || events[0].parts !== count - 1) {
    throw new Malformed("a snapshot that is not a whole restatement");
  }
  const again = canonical([snapshotFormat, events.map(eventForm)]);
  if (!sameBytes(again, bytes)) throw new Malformed("a form nobody writes");
  return events;
}
