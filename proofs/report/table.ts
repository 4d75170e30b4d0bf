import { type Finding, type Kill, killsNeeded, type Report, survivors } from "./finding.ts";

/** Rows of cells; the first row is the head. */
export type Table = readonly (readonly string[])[];

/** What was shown, a row each; the last column is the time it took. */
export function findingTable(findings: readonly Finding[]): Table {
  const head = ["theorem", "what", "tool", "bound", "file", "verdict", "s"];
  return [head, ...findings.map(findingCells)];
}

function findingCells(one: Finding): readonly string[] {
  const { theorems, what, tool, bound, file, verdict, seconds } = one;
  return [theorems.join(" "), what, tool, bound, file, verdict, seconds.toFixed(1)];
}

/** Which tool found which seeded defect, and by which theorem. */
export function killTable(kills: readonly Kill[]): Table {
  const tools = [...new Set(kills.map(({ tool }) => tool))];
  const rows = defectsOf(kills).map((name) => {
    const cells = tools.map((tool) => {
      const kill = kills.find((one) => one.defect === name && one.tool === tool);
      return kill === undefined ? "-" : killCell(kill);
    });
    return [name, ...cells];
  });
  return [["seeded defect", ...tools], ...rows];
}

function defectsOf(kills: readonly Kill[]): readonly string[] {
  return [...new Set(kills.map(({ defect }) => defect))];
}

function killCell({ outcome, how }: Kill): string {
  if (outcome === "killed") return /^(T\d+|claim|routes)\b/.exec(how)?.[0] ?? "killed";
  return outcome === "survives" ? "SURVIVES" : outcome;
}

/** The first way that was found to what each seeded defect breaks. */
export function wayTable(kills: readonly Kill[]): Table {
  const rows = defectsOf(kills).map((name) => {
    const first = kills.find(({ defect, outcome }) => defect === name && outcome === "killed");
    return [name, first?.how ?? "none was found"];
  });
  return [["seeded defect", "what it breaks, and how"], ...rows];
}

/** A table for docs. */
export function markdown([head = [], ...rows]: Table): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}

/** Everything for people at a terminal, what is wrong last. */
export function plainReport({ findings, kills }: Report): string {
  const parts = findings.length > 0 ? [plain(findingTable(findings))] : [];
  if (kills.length > 0) parts.push(plain(killTable(kills)));
  const faults = findings.flatMap(({ what, tool, faults }) =>
    faults.map((fault) => `NOT PROVED ${what}, ${tool}: ${fault}`),
  );
  const alive = survivors(kills).map(
    (name) => `SURVIVES: ${name}: fewer than ${killsNeeded} tools kill it, or one found nothing`,
  );
  return [...parts, [...faults, ...alive].join("\n")].filter((one) => one.length > 0).join("\n\n");
}

/** How long a check took, in seconds, and how long it should, where that is a goal. */
export interface CheckTime {
  readonly check: string;
  readonly seconds: number;
  readonly goal?: number;
}

/** How long each check took, beside its goal. A slow machine makes no proof wrong. */
export function timeLines(times: readonly CheckTime[]): string {
  const lines = times.map(({ check, seconds, goal }) => {
    const missed = goal !== undefined && seconds > goal ? ", not met on this machine" : "";
    const beside = goal === undefined ? "" : ` (goal: ${goal} s on two quiet cores${missed})`;
    return `${check}: ${seconds.toFixed(1)} s${beside}`;
  });
  const all = times.reduce((sum, { seconds }) => sum + seconds, 0);
  return [...lines, `in all: ${all.toFixed(1)} s`].join("\n");
}

function plain(rows: Table): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
