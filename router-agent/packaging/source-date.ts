import { lutimesSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Seconds since 1970 that files of packages have where nobody says otherwise: 2026-01-01. */
const usualDate = 1_767_225_600;

/**
 * The date of everything in a package (reproducible-builds.org, SOURCE_DATE_EPOCH): equal sources
 * make equal bytes, whenever they are packed. @throws Error where the variable is no date.
 */
export function sourceDate({ SOURCE_DATE_EPOCH: said } = process.env): number {
  if (said === undefined || said === "") return usualDate;
  if (/^[0-9]{1,10}$/.test(said)) return Number(said);
  throw new Error(
    `SOURCE_DATE_EPOCH: found ${JSON.stringify(said.slice(0, 40))}, allowed are seconds since 1970, of at most 10 digits`,
  );
}

/** Gives everything below a directory, and itself, one date. */
export function datedTree(directory: string, seconds: number): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) datedTree(path, seconds);
    else lutimesSync(path, seconds, seconds);
  }
  lutimesSync(directory, seconds, seconds);
}
