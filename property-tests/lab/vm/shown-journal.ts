import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { directoryView } from "#adapters/journal/directory-disk.ts";
import { verifyDisk } from "#adapters/journal/journal-report.ts";
import { eventsOnDisk } from "#agent/cli/ledger-source.ts";
import { journalAuditor } from "#core/audit/journal-audit.ts";

/** What a router's journal says of its accounts with its only neighbour. */
export interface ShownJournal {
  readonly events: number;
  /** G, as far as leases are granted; w, credited; y, read. */
  readonly granted: bigint;
  readonly credited: bigint;
  readonly read: bigint;
  /** v, of what it signed itself. */
  readonly signed: bigint;
  /** What is wrong with it: damage, or events that do not follow from the rules. */
  readonly objections: readonly string[];
}

/**
 * Reads a journal that a machine showed: a packed archive of its file system, in letters.
 * @param directory a place for it, which is emptied.
 */
export async function shownJournal(directory: string, letters: string): Promise<ShownJournal> {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  execFileSync("tar", ["-C", directory, "-xz"], { input: Buffer.from(letters, "base64") });
  const nothing = { events: 0, granted: 0n, credited: 0n, read: 0n, signed: 0n, objections: [] };
  const home = join(directory, "journal");
  if (!readdirSync(directory).includes("journal")) return nothing;
  const damage = verifyDisk(directoryView(home)).damage.map(({ words }) => words);
  if (damage.length > 0) return { ...nothing, objections: damage };
  const events = await Effect.runPromise(eventsOnDisk(home));
  const auditor = journalAuditor();
  for (const event of events) auditor.add(event);
  const { findings, ledger } = auditor.result();
  const neighbour = ledger.neighbours[0];
  const [paid, paying] = [neighbour?.inbound[0], neighbour?.outbound[0]];
  return {
    events: events.length,
    granted: paid?.schedule.end ?? 0n,
    credited: paid?.credited ?? 0n,
    read: paid?.read ?? 0n,
    signed: paying?.signed ?? 0n,
    objections: findings.map(({ rule, words }) => `${rule}: ${words}`),
  };
}
