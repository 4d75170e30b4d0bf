import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CounterReading } from "#adapters/counters/counters.ts";
import { encodeFrame } from "#adapters/journal/frame.ts";
import { agreedCommits, type Lockstep, stepTogether } from "#core/node/lockstep.ts";
import { priceClass } from "#core/units/price-class.ts";
import { busyPair } from "./step-bench.ts";

/** Bytes that each neighbour sends between two cycles: 20 Mbit/s, a cycle a second. */
const perCycle = 2_500_000n;

let pair: Lockstep | undefined;
let cycle = 0n;
let file: number | undefined;
let sequence = 0;

/**
 * What a metering cycle does with its readings: one step of two nodes in lockstep, and what it journals, written and synced
 * as often as the default chunks demand. Called inside the bench of the metering cycle.
 */
export function stepAndJournal(readings: readonly CounterReading[]): void {
  pair ??= busyPair();
  file ??= openScratch();
  cycle += 1n;
  const positions = readings.map((_, neighbour) => ({
    neighbour,
    class: priceClass(1),
    generation: "boot/7/peer",
    sent: cycle * perCycle,
    received: cycle * perCycle,
  }));
  const result = stepTogether(pair, { type: "Readings", readings: positions });
  pair = result.pair;
  for (const commit of agreedCommits(result.events, result.twinEvents, pair.programs)) {
    sequence += 1;
    writeSync(file, encodeFrame(sequence, 0, commit, 0));
    fdatasyncSync(file);
  }
}

function openScratch(): number {
  const directory = mkdtempSync(join(tmpdir(), "meshtoll-bench-"));
  const opened = openSync(join(directory, "journal"), "w", 0o600);
  process.on("exit", () => {
    closeSync(opened);
    rmSync(directory, { recursive: true, force: true });
  });
  return opened;
}
