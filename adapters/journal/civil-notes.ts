import { readFileSync } from "node:fs";
import { appendFile, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { civilNotesName, unfinishedName } from "./journal-file-name.ts";

/**
 * When it was, in the time of people, that a journal had so many commits. Billing knows no time (T10):
 * these notes lie beside the journal, and only reports for people read them. Losing them loses dates.
 */
export interface CivilNote {
  /** The last commit at that time. */
  readonly sequence: bigint;
  /** UTC, seconds since 1970. */
  readonly seconds: number;
}

/** The file is cut to its newer half when it grows beyond this: two notes an hour for eight years. */
export const civilNotesLimit = 4 * 1024 * 1024;

/** A router without a battery boots in 1970: times before 2024 are not noted, nor believed. */
const earliest = Date.UTC(2024, 0, 1) / 1000;

const line = /^(\d{1,12}) (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)$/;

/** Adds a note. @throws the file system's errors; a time that cannot be is left out. */
export async function noteCivilTime(directory: string, note: CivilNote): Promise<void> {
  if (!(note.seconds >= earliest)) return;
  const path = join(directory, civilNotesName);
  const iso = new Date(Math.floor(note.seconds) * 1000).toISOString().replace(/\.\d+Z$/, "Z");
  await appendFile(path, `${note.sequence} ${iso}\n`, { mode: 0o600 });
  if ((await stat(path)).size <= civilNotesLimit) return;
  const text = await readFile(path, "utf8");
  const half = text.indexOf("\n", text.length >> 1) + 1;
  await writeFile(unfinishedName(path), text.slice(half), { mode: 0o600 });
  await rename(unfinishedName(path), path);
}

/**
 * The notes of a journal, by sequence. Torn and foreign lines, and notes that go back, are left out:
 * no file, or a bad one, means that dates are unknown, and nothing else.
 */
export function readCivilNotes(directory: string): readonly CivilNote[] {
  let text: string;
  try {
    text = readFileSync(join(directory, civilNotesName), "utf8");
  } catch {
    return [];
  }
  const notes: CivilNote[] = [];
  for (const one of text.slice(0, 2 * civilNotesLimit).split("\n")) {
    const [, sequence, iso] = line.exec(one) ?? [];
    if (sequence === undefined || iso === undefined) continue;
    const note = { sequence: BigInt(sequence), seconds: Date.parse(iso) / 1000 };
    const last = notes.at(-1);
    const forward =
      last === undefined || (note.sequence >= last.sequence && note.seconds >= last.seconds);
    if (note.seconds >= earliest && forward) notes.push(note);
  }
  return notes;
}

/** The latest time that a commit cannot have been before, or nothing where none was noted. */
export function civilTimeOf(notes: readonly CivilNote[], sequence: bigint): number | undefined {
  let low = 0;
  let high = notes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((notes[middle]?.sequence ?? 0n) < sequence) low = middle + 1;
    else high = middle;
  }
  return notes[low - 1]?.seconds ?? notes[0]?.seconds;
}
