import { createHash } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { directoryView } from "./directory-disk.ts";
import { JournalError } from "./journal-error.ts";
import { segmentName, segmentNumber, unfinishedName } from "./journal-file-name.ts";
import { type FoundSegment, scan } from "./segment-scan.ts";

/** What a copy of segments came to. */
export interface CopiedSegments {
  /** Numbers of the segments that were copied now, and that were there already. */
  readonly copied: readonly number[];
  readonly present: readonly number[];
  readonly bytes: bigint;
}

/**
 * Copies every complete segment of a journal into another directory, and those only: they never change
 * again. Can be repeated, and interrupted: what is there already is compared, not written. The journal
 * may be in use.
 * @throws JournalError for damage, and where the directory holds another journal's segment.
 */
export async function exportSegments(
  from: string,
  to: string,
  progress: (number: number) => void = () => undefined,
): Promise<CopiedSegments> {
  return copyAll(
    [...whole(from)].filter((segment) => segment.sealed),
    to,
    progress,
  );
}

/**
 * Copies a whole journal, checked from end to end, into a directory where an agent can go on with it.
 * Never overwrites: a segment that is there must be the same.
 * @throws JournalError for damage, and where the directory holds another journal.
 */
export async function importSegments(
  from: string,
  to: string,
  progress: (number: number) => void = () => undefined,
): Promise<CopiedSegments> {
  const segments = [...whole(from)];
  const known = new Set(segments.map(({ header }) => header.number));
  const others = (await readdir(to).catch(() => [])).flatMap((name) => segmentNumber(name) ?? []);
  const foreign = others.find((number) => !known.has(number));
  if (foreign !== undefined) {
    const words = `${to} holds ${segmentName(foreign)}, which ${from} has not: import into a directory of its own`;
    throw new JournalError({ problem: "foreign", words });
  }
  return copyAll(segments, to, progress);
}

function* whole(directory: string): Generator<FoundSegment> {
  let found = false;
  for (const look of scan(directoryView(directory), "oldest")) {
    if (look.type === "damage") {
      const { segment, offset, words } = look.damage;
      const error = { problem: "damaged", segment, offset } as const;
      throw new JournalError({ ...error, words: `${segment} at byte ${offset}: ${words}` });
    }
    if (look.type === "segment") yield look.segment;
    found = true;
  }
  if (found) return;
  throw new JournalError({ problem: "missing", words: `${directory} holds no journal` });
}

async function copyAll(
  segments: Iterable<FoundSegment>,
  to: string,
  progress: (number: number) => void,
): Promise<CopiedSegments> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  const result = { copied: [] as number[], present: [] as number[], bytes: 0n };
  for (const { header, bytes } of segments) {
    const path = join(to, segmentName(header.number));
    const there = await readFile(path).catch(() => undefined);
    if (there !== undefined && !sameDigest(there, bytes)) {
      const words = `${path} is there and holds something else: nothing of it was changed; copy into another directory`;
      throw new JournalError({ problem: "foreign", words });
    }
    if (there === undefined) await place(path, bytes);
    result[there === undefined ? "copied" : "present"].push(header.number);
    result.bytes += BigInt(bytes.length);
    progress(header.number);
  }
  const directory = await open(to, "r");
  await directory.sync().finally(() => directory.close());
  return result;
}

async function place(path: string, bytes: Uint8Array): Promise<void> {
  const name = unfinishedName(path);
  await rm(name, { force: true });
  const file = await open(name, "wx", 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(name, path);
}

function sameDigest(a: Uint8Array, b: Uint8Array): boolean {
  const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
  return digest(a) === digest(b);
}
