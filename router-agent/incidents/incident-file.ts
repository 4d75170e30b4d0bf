import { join } from "node:path";
import type * as Effect from "effect/Effect";
import * as z from "zod/mini";
import { loadChecked, saveChecked, sealed, unsealed } from "#agent/agent/checked-file.ts";
import { type Incident, incidentKinds } from "./incident.ts";
import { incidentLimit } from "./incident-book.ts";
import { incidentTable } from "./incident-table.ts";

/** Where open incidents are between two runs. To lose it means that they begin anew. */
export interface IncidentStore {
  /** Those that were open; none where nothing is there, or what is there cannot be believed. */
  readonly load: Effect.Effect<readonly Incident[]>;
  /** Those that are open: at most {@link incidentLimit}. Never fails; a warning is all that comes of it. */
  readonly save: (open: readonly Incident[]) => Effect.Effect<void>;
}

/** So much of an incident's subject is kept, in characters. */
export const subjectLimit = 200;

/** And so much of what was noticed. */
export const detectedLimit = 1000;

/** The longest file, in bytes: a hundred incidents of the longest words, each character an escape. */
export const incidentFileLimit = 1024 * 1024;

const title = "meshtoll incidents 1";

/** What the agent does and what a person can do is the table's, of the version that shows it. */
const form = z.strictObject({
  kind: z.enum(incidentKinds),
  subject: z.string().check(z.maxLength(subjectLimit)),
  detected: z.string().check(z.maxLength(detectedLimit)),
  since: z.int().check(z.minimum(0)),
});

/** A title, a line of JSON for each, and a checksum over all before it. */
export function writeIncidents(all: readonly Incident[]): string {
  const lines = all.slice(0, incidentLimit).map(({ kind, subject, detected, since }) =>
    JSON.stringify({
      kind,
      subject: subject.slice(0, subjectLimit),
      detected: detected.slice(0, detectedLimit),
      since,
    }),
  );
  return sealed([title, ...lines]);
}

/** What {@link writeIncidents} wrote; nothing for any other text. */
export function readIncidents(text: string): readonly Incident[] | undefined {
  const [first, ...lines] = unsealed(text) ?? [];
  if (first !== title || lines.length > incidentLimit) return undefined;
  const all: Incident[] = [];
  for (const line of lines) {
    const one = readLine(line);
    if (one === undefined) return undefined;
    all.push(one);
  }
  return all;
}

function readLine(line: string): Incident | undefined {
  try {
    const read = z.safeParse(form, JSON.parse(line));
    if (!read.success) return undefined;
    const row = incidentTable.find(({ kind }) => kind === read.data.kind);
    if (row === undefined) return undefined;
    const { action, advice } = row;
    return { ...read.data, until: undefined, action, advice, open: true };
  } catch {
    return undefined; // no JSON
  }
}

/** A file beside the journal, replaced whole; one that cannot be believed is told of and put aside. */
export function incidentFile(directory: string): IncidentStore {
  const file = {
    path: join(directory, "incidents"),
    limit: incidentFileLimit,
    whenDamaged: "incidents begin anew",
    whenUnwritten: "incidents begin anew after a restart",
  };
  return {
    load: loadChecked(file, [], readIncidents),
    save: (open) => saveChecked(file, writeIncidents(open)),
  };
}
