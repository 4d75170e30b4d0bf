import { canonicalReader, Malformed } from "#core/identity/canonical-reader.ts";
import { canonical, type Field } from "#core/identity/canonical-writer.ts";
import { sameBytes } from "#core/identity/hexadecimal.ts";
import type { LedgerEvent } from "./event.ts";
import { eventForm } from "./event-form.ts";
import { readEvent } from "./event-reader.ts";
import { decodeReadings, encodeReadings, isReading, type ReadingEvent } from "./reading-block.ts";

/**
 * The formats of a commit. In a plain one every event is an array. In a compact one every run of
 * two or more readings is one block; it is written where there is such a run. Before there were
 * blocks, commits with such runs were written plain, and are read for ever.
 */
export const commitFormats = { plain: 1, compact: 2 } as const;

/** The largest commit in bytes: what one frame of the journal carries. */
export const commitLimit = 8192;

/** At most so many events in one commit. */
export const commitEventLimit = 1024;

/** Events that become durable together, as bytes. @throws RangeError above {@link commitLimit}. */
export function encodeCommit(events: readonly LedgerEvent[]): Uint8Array {
  const bytes = commitBytes(events);
  if (bytes.length > commitLimit) {
    throw new RangeError(`a commit of ${bytes.length} bytes, at most ${commitLimit}`);
  }
  return bytes;
}

/**
 * Divides events over as few commits as the limits allow, in order.
 * @throws RangeError where a single event is above {@link commitLimit}: no event of ours is.
 */
export function encodeCommits(events: readonly LedgerEvent[]): readonly Uint8Array[] {
  if (events.length === 0) return [];
  if (events.length === 1) return [encodeCommit(events)];
  if (events.length <= commitEventLimit) {
    const bytes = commitBytes(events);
    if (bytes.length <= commitLimit) return [bytes];
  }
  const half = events.length >> 1;
  return [...encodeCommits(events.slice(0, half)), ...encodeCommits(events.slice(half))];
}

/**
 * The events of a commit. Strict: bytes that nobody ever wrote are refused, so that in one format
 * one list of events has one form. @throws Malformed or RangeError
 */
export function decodeCommit(bytes: Uint8Array): readonly LedgerEvent[] {
  if (bytes.length > commitLimit) throw new Malformed(`a commit of ${bytes.length} bytes`);
  const reader = canonicalReader(bytes);
  reader.array(2, 2);
  const format = reader.small(255);
  if (format !== commitFormats.plain && format !== commitFormats.compact) {
    throw new Malformed(`commit format ${format}, known are 1 and 2`);
  }
  const count = reader.array(1, commitEventLimit);
  const events: LedgerEvent[] = [];
  for (let i = 0; i < count; i++) {
    if (format === commitFormats.compact && reader.isBytes()) {
      for (const reading of decodeReadings(reader.bytes(1, commitLimit))) events.push(reading);
    } else events.push(readEvent(reader));
  }
  reader.end();
  if (events.length > commitEventLimit) throw new Malformed(`a commit of ${events.length} events`);
  const again = format === commitFormats.plain ? plainBytes(events) : commitBytes(events);
  if (!sameBytes(again, bytes)) throw new Malformed("a form nobody writes");
  return events;
}

/** A commit as it was written before there were blocks: what it is called by tests of old journals. */
export function plainBytes(events: readonly LedgerEvent[]): Uint8Array {
  return canonical([commitFormats.plain, events.map(eventForm)]);
}

function commitBytes(events: readonly LedgerEvent[]): Uint8Array {
  const forms = compactForms(events);
  return forms.length < events.length
    ? canonical([commitFormats.compact, forms])
    : plainBytes(events);
}

/** Each event, or each run of readings, as one field. */
function compactForms(events: readonly LedgerEvent[]): readonly Field[] {
  const forms: Field[] = [];
  let run: ReadingEvent[] = [];
  const close = (): void => {
    const [only] = run;
    if (only !== undefined) forms.push(run.length === 1 ? eventForm(only) : encodeReadings(run));
    run = [];
  };
  for (const event of events) {
    if (isReading(event)) run.push(event);
    else {
      close();
      forms.push(eventForm(event));
    }
  }
  close();
  return forms;
}
