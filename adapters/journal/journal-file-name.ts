/** How the files of a journal are called. Whatever else lies in its directory is left alone. */
const ours =
  /^(?:segment-\d{8}(?:\.new|\.damaged)?|snapshot-[01](?:\.new)?|lock-[\w-]+|index|civil-times(?:\.new)?)$/;

/** The largest number of a segment: eight digits. */
export const segmentNumberLimit = 99_999_999;

/** The names of the two snapshot slots. */
export const slotNames = ["snapshot-0", "snapshot-1"] as const;

/** When it was, for people: see `civil-notes`. */
export const civilNotesName = "civil-times";

/** The name of a segment. */
export function segmentName(number: number): string {
  return `segment-${String(number).padStart(8, "0")}`;
}

/** A file that is not what its name will say yet: whatever it holds, nobody relied on it. */
export function unfinishedName(name: string): string {
  return `${name}.new`;
}

/** Where a segment with flipped bits is kept once it was written anew. */
export function damagedName(name: string): string {
  return `${name}.damaged`;
}

/** The number of the segment of that name; nothing for other files. */
export function segmentNumber(name: string): number | undefined {
  return /^segment-\d{8}$/.test(name) ? Number(name.slice("segment-".length)) : undefined;
}

/** Whether it is the name of a file that was being made. */
export function isUnfinished(name: string): boolean {
  return isJournalFile(name) && name.endsWith(".new");
}

/** Whether a journal gives files this name. */
export function isJournalFile(name: string): boolean {
  return ours.test(name);
}
