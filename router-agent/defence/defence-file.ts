import { join } from "node:path";
import type * as Effect from "effect/Effect";
import * as z from "zod/mini";
import { loadChecked, saveChecked, sealed, unsealed } from "#agent/agent/checked-file.ts";
import { junkStages } from "#core/enforcement/junk.ts";
import { type NodeId, nodeId } from "#core/units/node-id.ts";

/** What is remembered of one neighbour between runs: bytes, and `excess` in millionths of a byte. */
export interface DefenceRecord {
  readonly id: NodeId;
  readonly stage: (typeof junkStages)[number];
  readonly excess: bigint;
  readonly junk: bigint;
  readonly received: bigint;
  readonly undue: bigint;
  /** Carried for nothing: taken from it, handed to it, and of that at our cost. */
  readonly freeIn: bigint;
  readonly freeOut: bigint;
  readonly leaked: bigint;
  /** What it had paid for when what is given away began to count; nothing where it never did. */
  readonly paidBefore: bigint | undefined;
}

/** Where that is kept. To lose it is to begin anew with everybody; no bill hangs on it. */
export interface DefenceStore {
  /** What was kept for this journal; nothing where nothing is there, or what is there cannot be believed. */
  readonly load: (journal: bigint) => Effect.Effect<readonly DefenceRecord[]>;
  readonly save: (journal: bigint, all: readonly DefenceRecord[]) => Effect.Effect<void>;
}

/** As many as there can be neighbours. */
export const defenceRecordLimit = 256;

/** The longest file, in bytes: each neighbour takes 500 at most. */
export const defenceFileLimit = 160 * 1024;

const title = "meshtoll defence 1";

const count = z.pipe(
  z.string().check(z.regex(/^(?:0|[1-9][0-9]{0,29})$/)),
  z.transform((text) => BigInt(text)),
);

const form = z.strictObject({
  id: z.pipe(
    z.string().check(z.regex(/^0[23][0-9a-f]{64}$/)),
    z.transform((text) => nodeId(text)),
  ),
  stage: z.enum(junkStages),
  excess: count,
  junk: count,
  received: count,
  undue: count,
  freeIn: count,
  freeOut: count,
  leaked: count,
  paidBefore: z.optional(count),
});

/** A title with the journal's number, a line of JSON for each neighbour, and a checksum over all of it. */
export function writeDefence(journal: bigint, all: readonly DefenceRecord[]): string {
  const plain = (_: string, value: unknown) => (typeof value === "bigint" ? `${value}` : value);
  const lines = all.slice(0, defenceRecordLimit).map((one) => JSON.stringify(one, plain));
  return sealed([`${title} ${journal}`, ...lines]);
}

/** What {@link writeDefence} wrote for this journal, none for another one; nothing for any other text. */
export function readDefence(journal: bigint, text: string): readonly DefenceRecord[] | undefined {
  const [first = "", ...lines] = unsealed(text) ?? [];
  if (!first.startsWith(`${title} `)) return undefined;
  if (lines.length > defenceRecordLimit) return undefined;
  const all = lines.map(readLine);
  const found = all.filter((one) => one !== undefined);
  if (found.length < all.length || new Set(found.map(({ id }) => id)).size < all.length) {
    return undefined;
  }
  return first === `${title} ${journal}` ? found : [];
}

function readLine(line: string): DefenceRecord | undefined {
  try {
    const read = z.safeParse(form, JSON.parse(line));
    if (!read.success || read.data.undue > read.data.junk) return undefined;
    return { ...read.data, paidBefore: read.data.paidBefore };
  } catch {
    return undefined; // no JSON
  }
}

/** A file beside the journal, replaced whole; one that cannot be believed is told of and put aside. */
export function defenceFile(directory: string): DefenceStore {
  const file = {
    path: join(directory, "defence"),
    limit: defenceFileLimit,
    whenDamaged: "what was junk until now is forgotten, and free_bytes begin anew",
    whenUnwritten: "junk is forgotten at the end of this run",
  };
  return {
    load: (journal) => loadChecked(file, [], (text) => readDefence(journal, text)),
    save: (journal, all) => saveChecked(file, writeDefence(journal, all)),
  };
}
