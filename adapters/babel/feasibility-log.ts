import { open } from "node:fs/promises";
import * as Effect from "effect/Effect";
import { babeldOf, signalBabeld } from "./babeld-process.ts";
import { dumpLimit, type FeasibilityDump, parseFeasibility } from "./feasibility-dump.ts";

/** Where a babeld writes what it knows, and who it is. */
export interface DumpPlace {
  readonly pidFile: string;
  readonly logFile: string;
  /** The log is ours: it is emptied before it grows. */
  readonly own: boolean;
}

/** An own log is emptied above so many bytes. */
const logLimit = 4 * 1024 * 1024;

/** How long a dump may take to appear, and how often its growth is looked at, in milliseconds. */
const dumpTime = 500;
const lookTime = 20;

/**
 * Asks babeld for what is feasible: SIGUSR1, and what its log grows by. Nothing where there is none to
 * be had; never fails, and never reads more than {@link dumpLimit}.
 */
export const readFeasibility = (place: DumpPlace): Effect.Effect<FeasibilityDump | undefined> =>
  Effect.promise(() => grown(place).catch(() => undefined));

async function grown({ pidFile, logFile, own }: DumpPlace): Promise<FeasibilityDump | undefined> {
  const babeld = babeldOf(pidFile);
  if (babeld === undefined) return undefined;
  const file = await open(logFile, own ? "r+" : "r");
  try {
    let begin = (await file.stat()).size;
    if (own && begin > logLimit) {
      await file.truncate(0); // babeld appends: it goes on at the new end
      begin = 0;
    }
    if (!signalBabeld(babeld, "SIGUSR1")) return undefined;
    let end = begin;
    for (let waited = 0; waited < dumpTime; waited += lookTime) {
      await new Promise((resolve) => setTimeout(resolve, lookTime));
      const { size } = await file.stat();
      if (size > begin && size === end) break;
      end = size;
    }
    const length = end - begin;
    if (length <= 0 || length > dumpLimit) return undefined;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, begin);
    return parseFeasibility(buffer.toString("latin1", 0, bytesRead));
  } finally {
    await file.close();
  }
}
