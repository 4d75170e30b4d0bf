import type { Finding, Incident, IncidentRow } from "./incident.ts";
import type { Observation } from "./observation.ts";

/** How many incidents are remembered: the newest, and of those that are open all that fit. */
export const incidentLimit = 100;

/** An incident is over after so many looks in a row that do not find it. */
export const calmLooks = 2;

/** What a look changed. */
export interface Change {
  readonly opened: readonly Incident[];
  readonly closed: readonly Incident[];
  /** Open before and after. */
  readonly lasting: readonly Incident[];
}

/** All incidents of a run. */
export interface IncidentBook {
  /** Takes what a look saw. */
  readonly take: (seen: Observation) => Change;
  /** Newest first. */
  readonly incidents: () => readonly Incident[];
}

interface Entry {
  incident: Incident;
  seen: number;
  calm: number;
}

/** Times of people before 2024 are those of a clock that was never set. */
const earliest = Date.UTC(2024, 0, 1);

/**
 * Opens an incident when its row found it often enough in a row, updates its words while it lasts, and
 * closes it when it was not found for a while. One for each kind and subject, however often it is found.
 * @param before what was open when the last run ended: it goes on, with the time when it began.
 */
export function incidentBook(
  table: readonly IncidentRow[],
  before: readonly Incident[] = [],
): IncidentBook {
  const detectors = table.map((row) => ({ row, detect: row.detector() }));
  const kept = before.slice(0, incidentLimit).toReversed(); // the oldest first, as they began
  const active = new Map(kept.flatMap((one) => carriedOver(table, one)));
  let past: readonly Incident[] = [];

  const takeRow = (
    row: IncidentRow,
    findings: readonly Finding[],
    seconds: number,
    change: MutableChange,
  ) => {
    for (const finding of findings) {
      const key = keyOf({ kind: row.kind, subject: finding.subject });
      const entry = active.get(key) ?? { incident: begun(row, finding, seconds), seen: 0, calm: 0 };
      if (!active.has(key) && active.size >= incidentLimit) continue;
      active.set(key, entry);
      entry.seen += 1;
      entry.calm = 0;
      entry.incident = { ...entry.incident, detected: finding.detected };
      if (entry.seen === row.looks) change.opened.push(entry.incident);
      if (entry.seen > row.looks) change.lasting.push(entry.incident);
    }
    for (const [key, entry] of active) {
      if (entry.incident.kind !== row.kind) continue;
      if (findings.some(({ subject }) => subject === entry.incident.subject)) continue;
      entry.calm += 1;
      if (entry.seen >= row.looks && entry.calm < calmLooks) {
        change.lasting.push(entry.incident);
        continue;
      }
      active.delete(key);
      if (entry.seen < row.looks) continue; // it never became one
      const incident = { ...entry.incident, open: false, until: seconds };
      change.closed.push(incident);
      past = [incident, ...past].slice(0, incidentLimit);
    }
  };

  return {
    take: (seen) => {
      const change: MutableChange = { opened: [], closed: [], lasting: [] };
      const seconds = seen.now.civil >= earliest ? Math.floor(seen.now.civil / 1000) : 0;
      for (const { row, detect } of detectors) takeRow(row, detect(seen), seconds, change);
      return change;
    },
    incidents: () => {
      const rows = new Map(table.map((row) => [row.kind, row]));
      const open = [...active.values()].flatMap(({ incident, seen }) =>
        seen >= (rows.get(incident.kind)?.looks ?? 1) ? [incident] : [],
      );
      return [...open.toReversed(), ...past].slice(0, incidentLimit);
    },
  };
}

/** Whoever finds it needs some looks, as at its beginning: until then it is not over. */
function carriedOver(table: readonly IncidentRow[], incident: Incident): [string, Entry][] {
  const row = table.find(({ kind }) => kind === incident.kind);
  if (row === undefined) return [];
  const calm = calmLooks - (row.again ?? calmLooks);
  return [[keyOf(incident), { incident, seen: row.looks, calm }]];
}

function keyOf({ kind, subject }: Pick<Incident, "kind" | "subject">): string {
  return `${kind}\n${subject}`;
}

interface MutableChange {
  readonly opened: Incident[];
  readonly closed: Incident[];
  readonly lasting: Incident[];
}

function begun(row: IncidentRow, finding: Finding, since: number): Incident {
  const { kind, action, advice } = row;
  return { kind, ...finding, since, until: undefined, action, advice, open: true };
}
