import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { directoryDisk } from "#adapters/journal/directory-disk.ts";
import { openJournal } from "#adapters/journal/open-journal.ts";
import { encodeCommits } from "#core/journal/commit.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import {
  drain,
  type LineWorld,
  lineWorld,
  nodeAt,
  smallTerms,
  traffic,
} from "../simulator/line-world.ts";
import { setPrice } from "../simulator/op.ts";

/** Three neighbours with real keys who sold each other bytes at prices that changed. */
export function soldLine(seed = 0): LineWorld {
  const world = lineWorld({
    terms: smallTerms,
    deposit: 1_000_000n,
    grainsPerUnit: 7n,
    prices: [2n, { fee: 2n }, 3n],
    keys: "real",
  });
  drain(world, 2);
  for (let i = 0; i < 8; i++) {
    if (i === 4) setPrice(world, 2, 5n);
    traffic(world, 0, 0, 6n, 100n);
    traffic(world, 1, 0, BigInt(4 + seed), 0n);
    drain(world, 1);
  }
  drain(world, 4);
  return world;
}

/** The events of a node of {@link soldLine}. */
export function eventsAt(world: LineWorld, index: number): readonly LedgerEvent[] {
  return nodeAt(world, index).journal;
}

/** A journal on disk with these events, chained and sealed as any agent's: what a forger can make. */
export async function writeJournal(
  directory: string,
  events: readonly LedgerEvent[],
): Promise<string> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const journal = await openJournal(directoryDisk(directory), { segmentSize: 64 * 1024 });
  for (const event of events) await journal.append(encodeCommits([event]));
  await journal.close();
  return directory;
}

/** Journals of all nodes, in directories 0, 1, 2 below a place. */
export async function writeJournals(place: string, world: LineWorld): Promise<readonly string[]> {
  const all: string[] = [];
  for (const i of world.nodes.keys()) {
    all.push(await writeJournal(join(place, String(i)), eventsAt(world, i)));
  }
  return all;
}

const main = fileURLToPath(new URL("../../router-agent/audit/main.ts", import.meta.url));

/** How the audit program ended. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the audit program. */
export function audit(...args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const said = { out: "", err: "" };
  child.stdout.on("data", (part: Buffer) => {
    said.out += part.toString("utf8");
  });
  child.stderr.on("data", (part: Buffer) => {
    said.err += part.toString("utf8");
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, ...said })));
}
