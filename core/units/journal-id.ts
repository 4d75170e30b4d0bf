/**
 * The name of a journal: drawn by the shell when a node begins one, never used for another. Whoever
 * loses a disk begins a new journal, and so nothing that was said by or to the old one is mistaken
 * for the new one's, however late it arrives. An identity, not a quantity: it is only compared.
 */
export type JournalId = number & { readonly JournalId: unique symbol };

/** One more than the largest journal id. 0 names no journal. */
export const journalIdLimit = 2 ** 32;

/** Journals of before they had names, and the leases in them. Read, and never written anew. */
export const unnamedJournal = 0 as JournalId;

/** A journal id. @throws RangeError for what is none. */
export function journalId(value: number): JournalId {
  if (!Number.isInteger(value) || value <= 0 || value >= journalIdLimit) {
    throw new RangeError(`a journal id is a whole number from 1 to ${journalIdLimit - 1}`);
  }
  return value as JournalId;
}
