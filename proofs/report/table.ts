import { type Finding, type Kill, killsNeeded, survivors } from "./finding.ts";

const findingHead = ["theorem", "what", "tool", "bound", "file", "verdict", "s"] as const;

function findingCells(one: Finding): readonly string[] {
  const { theorems, what, tool, bound, file, verdict, seconds } = one;
  return [theorems.join(" "), what, tool, bound, file, verdict, seconds.toFixed(1)];
}

function killRows(kills: readonly Kill[]): readonly (readonly string[])[] {
  const tools = [...new Set(kills.map(({ tool }) => tool))];
  const names = [...new Set(kills.map(({ defect }) => defect))];
  return [
    ["defect", ...tools],
    ...names.map((name) => [
      name,
      ...tools.map((tool) => {
        const kill = kills.find((one) => one.defect === name && one.tool === tool);
        if (kill === undefined) return "-";
        return kill.killed ? theoremIn(kill.how) : "SURVIVES";
      }),
    ]),
  ];
}

function theoremIn(how: string): string {
  return /^T\d+/.exec(how)?.[0] ?? "killed";
}

/** Both tables as Markdown, as docs/proofs.md has them. */
export function markdownTables(findings: readonly Finding[], kills: readonly Kill[]): string {
  const found = [findingHead, ...findings.map(findingCells)];
  return `${markdown(found)}\n\n### Seeded defects\n\n${markdown(killRows(kills))}\n`;
}

function markdown(rows: readonly (readonly string[])[]): string {
  const [head = [], ...rest] = rows;
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), `|${head.map(() => "---|").join("")}`, ...rest.map(line)].join("\n");
}

/** Both tables for people at a terminal, what is wrong last. */
export function plainTables(findings: readonly Finding[], kills: readonly Kill[]): string {
  const parts = findings.length > 0 ? [plain([findingHead, ...findings.map(findingCells)])] : [];
  if (kills.length > 0) parts.push(plain(killRows(kills)));
  const faults = findings.flatMap(({ what, tool, faults }) =>
    faults.map((fault) => `NOT PROVED ${what}, ${tool}: ${fault}`),
  );
  const alive = survivors(kills).map((name) => `SURVIVES fewer than ${killsNeeded} tools: ${name}`);
  return [...parts, [...faults, ...alive].join("\n")].filter((one) => one.length > 0).join("\n\n");
}

function plain(rows: readonly (readonly string[])[]): string {
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
