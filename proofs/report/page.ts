import type { Report } from "./finding.ts";
import { findingTable, killTable, markdown, wayTable } from "./table.ts";

/** The page that the tables stand on, from the root of the project. */
export const pagePath = "docs/proofs.md";

/** The name of the part that is made of all others: each theorem, and which tools showed it. */
export const overview = "overview";

const theoremCount = 24;

/**
 * The page with the tables of one check put in place of older ones, and the overview made anew.
 * @throws Error where the page has no place for that check.
 */
export function withReport(page: string, check: string, report: Report): string {
  const filled = withPart(page, check, partOf(report));
  return withPart(filled, overview, overviewOf(filled));
}

/** What stands on the page for a check. @throws Error where the page has no place for it. */
export function partOn(page: string, check: string): string {
  return cut(page, check).part.trim();
}

/** The tables of a report, as they stand on the page. */
export function partOf({ findings, kills }: Report): string {
  const tables = [
    ...(findings.length > 0 ? [findingTable(findings)] : []),
    ...(kills.length > 0 ? [killTable(kills), wayTable(kills)] : []),
  ];
  return tables.map(markdown).join("\n\n");
}

/** Tables without how long anything took, which no two runs agree on. */
export function withoutTimes(part: string): string {
  return part.replace(/\| \d+\.\d \|$/gm, "|");
}

/** Each theorem with the tools that showed it, as the tables on the page have it. */
export function overviewOf(page: string): string {
  const shown = new Map<string, Set<string>>();
  for (const line of page.split("\n")) {
    const [theorems = "", , tool, , , verdict] = line.split(" | ").map((cell) => cell.trim());
    if (tool === undefined || verdict !== "proved") continue;
    for (const theorem of theorems.replace("|", "").trim().split(" ")) {
      if (theorem !== "") shown.set(theorem, (shown.get(theorem) ?? new Set()).add(tool));
    }
  }
  const numbered = Array.from({ length: theoremCount }, (_, i) => `T${i + 1}`);
  const others = [...shown.keys()].filter((name) => !numbered.includes(name)).toSorted();
  const rows = [...numbered, ...others].map((name) => {
    return [name, [...(shown.get(name) ?? ["not here: see below"])].join(", ")];
  });
  return markdown([["theorem", "shown by"], ...rows]);
}

function withPart(page: string, check: string, part: string): string {
  const { before, after } = cut(page, check);
  return `${before}\n\n${part}\n\n${after}`;
}

function cut(page: string, check: string) {
  const begin = `<!-- ${check}: written by npm run prove -- --write -->`;
  const end = `<!-- end of ${check} -->`;
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${pagePath} has no place for "${check}": ${begin}`);
  const start = from + begin.length;
  return { before: page.slice(0, start), part: page.slice(start, to), after: page.slice(to) };
}
