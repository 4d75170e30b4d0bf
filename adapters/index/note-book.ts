import { statSync } from "node:fs";
import { join } from "node:path";
import { type CivilNote, readCivilNotes } from "#adapters/journal/civil-notes.ts";
import { civilNotesName } from "#adapters/journal/journal-file-name.ts";
import type { NoteSource } from "./catch-up.ts";

/**
 * The civil notes beside a journal. The file is read again when it changed, and only what commits from
 * `from` on need is kept in memory: notes of years are hundreds of kilobytes.
 */
export function noteBook(directory: string): NoteSource {
  let known: { readonly mark: string; readonly from: bigint; readonly notes: readonly CivilNote[] };
  known = { mark: "", from: 0n, notes: [] };
  return (from) => {
    const mark = markOf(join(directory, civilNotesName));
    if (mark !== known.mark || from < known.from) {
      known = { mark, from, notes: neededFrom(readCivilNotes(directory), from) };
    }
    return known.notes;
  };
}

/** The last note before a commit, and all after it. */
function neededFrom(notes: readonly CivilNote[], from: bigint): readonly CivilNote[] {
  const last = notes.findLastIndex(({ sequence }) => sequence < from);
  return last <= 0 ? notes : notes.slice(last);
}

/** Differs whenever the file does. */
function markOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true });
  return found === undefined ? "none" : `${found.ino} ${found.size} ${found.mtimeNs}`;
}
