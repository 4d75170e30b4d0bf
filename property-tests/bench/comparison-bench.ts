import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeJournal } from "../audit/audited-line.ts";
import { drain, lineWorld, smallTerms, traffic } from "../simulator/line-world.ts";
import type { ComparisonCost } from "./comparison-cost.ts";
import { measured } from "./measured-process.ts";

/** Neighbours' journals held against each other: read once in all, and once for each account. */
export interface ComparisonBench {
  readonly journals: number;
  readonly accounts: number;
  readonly events: number;
  /** All accounts in one reading, as `journal-audit compare` does it. */
  readonly together: Way;
  /** Every account by itself: what it falls back to, and what it did before. */
  readonly apart: Way;
}

interface Way {
  /** Times that any journal was read from its beginning. */
  readonly readings: number;
  readonly milliseconds: number;
  /** Resident at most, the program included. */
  readonly megabytes: number;
}

const line = { nodes: 6, classes: 7, rounds: 150 } as const;

/** Writes journals of a line of neighbours with seven classes, and compares them in both ways. */
export async function benchComparison(): Promise<ComparisonBench> {
  const home = mkdtempSync(join(tmpdir(), "meshtoll-comparison-"));
  try {
    const directories: string[] = [];
    for (const [i, events] of tradedLine().entries()) {
      directories.push(await writeJournal(join(home, String(i)), events));
    }
    const program = fileURLToPath(new URL("comparison-cost.ts", import.meta.url));
    const run = async (how: "together" | "apart") => {
      const found = await measured([process.execPath, program, how, ...directories]);
      const cost = JSON.parse(found.output) as ComparisonCost;
      return { cost, megabytes: Math.round(found.peak / 1e6) };
    };
    const [together, apart] = [await run("together"), await run("apart")];
    const way = ({ cost, megabytes }: typeof together): Way => ({
      readings: cost.readings,
      milliseconds: cost.milliseconds,
      megabytes,
    });
    const { accounts, events } = together.cost;
    const journals = directories.length;
    return { journals, accounts, events, together: way(together), apart: way(apart) };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function tradedLine() {
  const { nodes, classes, rounds } = line;
  const world = lineWorld({
    terms: smallTerms,
    deposit: 1_000_000_000n,
    grainsPerUnit: 7n,
    prices: Array.from({ length: nodes }, () => 3n),
    classes,
    keys: "modelled",
  });
  drain(world, 3);
  for (let i = 0; i < rounds; i++) {
    for (let wire = 0; wire < nodes - 1; wire++) {
      for (let paid = 1; paid <= classes; paid++) traffic(world, wire, 0, 7n, 0n, paid);
      traffic(world, wire, 1, 4n, 100n, 1 + (i % classes));
    }
    drain(world, 1);
  }
  drain(world, 4);
  return world.nodes.map(({ journal }) => journal);
}
