import { canonicalReader, Malformed } from "#core/identity/canonical-reader.ts";
import { canonical } from "#core/identity/canonical-writer.ts";
import { sameBytes } from "#core/identity/hexadecimal.ts";
import type { LedgerEvent } from "./event.ts";
import { eventForm } from "./event-form.ts";
import { readEvent } from "./event-reader.ts";

/** The format of a commit: changes only when the framing of events does. */
export const commitFormat = 1;

/** The largest commit in bytes: what one frame of the journal carries. */
export const commitLimit = 8192;

/** At most so many events in one commit. */
export const commitEventLimit = 1024;

/** Events that become durable together, as bytes. @throws RangeError above {@link commitLimit}. */
export function encodeCommit(events: readonly LedgerEvent[]): Uint8Array {
  const bytes = canonical([commitFormat, events.map(eventForm)]);
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
    const bytes = canonical([commitFormat, events.map(eventForm)]);
    if (bytes.length <= commitLimit) return [bytes];
  }
  const half = events.length >> 1;
  return [...encodeCommits(events.slice(0, half)), ...encodeCommits(events.slice(half))];
}

/**
 * The events of a commit. Strict: bytes that {@link encodeCommit} would not have written are
 * refused, so one list of events has one form. @throws Malformed or RangeError
 */
export function decodeCommit(bytes: Uint8Array): readonly LedgerEvent[] {
  if (bytes.length > commitLimit) throw new Malformed(`a commit of ${bytes.length} bytes`);
  const reader = canonicalReader(bytes);
  reader.array(2, 2);
  const format = reader.small(255);
  if (format !== commitFormat) throw new Malformed(`commit format ${format}, known is 1`);
  const count = reader.array(1, commitEventLimit);
  const events = Array.from({ length: count }, () => readEvent(reader));
  reader.end();
  if (!sameBytes(encodeCommit(events), bytes)) throw new Malformed("a form nobody writes");
  return events;
}
