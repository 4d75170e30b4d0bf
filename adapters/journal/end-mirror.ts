import type { JournalEnd } from "./segment-writer.ts";

/**
 * Where a journal ends, once more, as complements: memory without ECC flips bits, and a frame that
 * carries a wrong sequence or CRC would make everything after it unreadable. Checked before each write.
 */
export type EndMirror = readonly number[];

/** The mirror of an end: complements, so that no one fault makes both wrong alike. */
export function mirrorOf(end: JournalEnd): EndMirror {
  return numbersOf(end).map((number) => -1 - number);
}

/** Whether an end is still what it was when its mirror was taken. */
export function isIntact(end: JournalEnd, mirror: EndMirror): boolean {
  const numbers = numbersOf(end);
  return mirror.length === numbers.length && numbers.every((one, i) => mirror[i] === -1 - one);
}

function numbersOf({ header, end, sealed, lastSequence, lastCrc }: JournalEnd): readonly number[] {
  const { number, firstSequence, previousCrc, size, restates } = header;
  const position = [end, sealed ? 1 : 0, lastSequence, lastCrc];
  return [...position, number, firstSequence, previousCrc, size, restates];
}
