import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { catchUp } from "#adapters/index/catch-up.ts";
import { directoryCommits } from "#adapters/index/commit-source.ts";
import { HistoryIndex } from "#adapters/index/history-index.ts";
import { indexDirectory, levelIndex } from "#adapters/index/level-index.ts";
import { noteBook } from "#adapters/index/note-book.ts";
import { readCommits } from "#adapters/journal/journal-files.ts";
import { fileKeys } from "#adapters/keys/file-keys.ts";
import { Keys } from "#adapters/keys/keys.ts";
import { askAgent, controlPath } from "#agent/agent/control-socket.ts";
import { historyRequest } from "#agent/agent/history-request.ts";
import { decodeCommit } from "#core/journal/commit.ts";
import { emptyLedger, evolve } from "#core/journal/ledger.ts";
import { writeBusyJournal } from "./busy-journal.ts";

/** What the index beside a journal costs, against the same journal read without one. */
export interface HistoryCosts {
  readonly commits: number;
  readonly rows: number;
  /** On disk, with the store's own files. */
  readonly bytesPerRow: number;
  /** Making the index of all commits. */
  readonly reindex: { readonly commitsPerSecond: number; readonly rowsPerSecond: number };
  /** The fold of the same commits to a ledger, which a start does anyway. */
  readonly replay: { readonly commitsPerSecond: number };
  /** The last day of one neighbour, in ms: from the index, and from the whole journal. */
  readonly lastDay: { readonly index: number; readonly journal: number };
  /**
   * Memory of a whole agent on this journal, in kB, once it answers: without history; from an index
   * that was there; and from one that it had to make first. The median of some runs of each.
   */
  readonly agent: Readonly<Record<Way, Memory>>;
}

/** What an agent has in its directory, and whether it should have history at all. */
type Way = "without" | "ready" | "made";

/** Resident, of that what belongs to the process alone, and the most that was ever resident. */
interface Memory {
  readonly resident: number;
  readonly anonymous: number;
  readonly peak: number;
}

const daemon = fileURLToPath(new URL("../../router-agent/daemon.ts", import.meta.url));

/** 100 neighbours for a week: 200 000 commits. */
const busy = { neighbours: 100, hours: 168 } as const;

const limit = 256n * 1024n * 1024n;

/** As on a small router: a heap that may not grow shows what is needed, not what was left lying. */
const routerFlags = [
  "--max-old-space-size=48",
  "--max-semi-space-size=1",
  "--optimize-for-size",
  "--single-threaded",
];

/** Runs of an agent with and without, of which the median counts. */
const runs = 5;

/** Writes a journal, indexes it, asks it, and runs agents on it. */
export async function benchHistoryIndex(): Promise<HistoryCosts> {
  const home = mkdtempSync(join(tmpdir(), "meshtoll-history-bench-"));
  try {
    const directory = join(home, "journal");
    const node = await Effect.runPromise(
      Effect.map(Keys, ({ nodeId }) => nodeId).pipe(Effect.provide(fileKeys(join(home, "keys")))),
    );
    await writeBusyJournal(directory, node, busy);
    const replay = seconds(() => {
      let ledger = emptyLedger;
      for (const { payload } of readCommits(directory)) {
        for (const event of decodeCommit(payload)) ledger = evolve(ledger, event);
      }
    });
    const { commits, rows, made, asked } = await indexed(directory);
    const bytes = bytesIn(indexDirectory(directory));
    return {
      commits,
      rows,
      bytesPerRow: Math.round(bytes / rows),
      reindex: {
        commitsPerSecond: Math.round(commits / made),
        rowsPerSecond: Math.round(rows / made),
      },
      replay: { commitsPerSecond: Math.round(commits / replay) },
      lastDay: { index: inMs(asked), journal: inMs(replay) },
      agent: {
        without: await memory(home, "without"),
        ready: await memory(home, "ready"),
        made: await memory(home, "made"),
      },
    };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Makes the index of a journal, and asks for the last day of one neighbour. */
function indexed(directory: string) {
  const layer = Layer.fresh(levelIndex(indexDirectory(directory), { limit, days: 3650 }));
  const work = Effect.gen(function* () {
    const index = yield* HistoryIndex;
    const began = process.hrtime.bigint();
    const { commits } = yield* catchUp(index, directoryCommits(directory), noteBook(directory));
    yield* index.flush;
    const made = since(began);
    const { rows, to } = yield* index.stat;
    const asking = process.hrtime.bigint();
    yield* index.query({ neighbour: busy.neighbours >> 1, from: to - 86_400 });
    return { commits, rows, made, asked: since(asking) };
  });
  return Effect.runPromise(work.pipe(Effect.provide(layer)));
}

/** The memory of an agent on the journal: the median of its runs. */
async function memory(home: string, way: Way): Promise<Memory> {
  const found: Memory[] = [];
  for (let run = 0; run < runs; run++) found.push(await oneRun(home, way));
  const median = (of: (one: Memory) => number) =>
    found.map(of).toSorted((a, b) => a - b)[runs >> 1] ?? 0;
  return {
    resident: median((one) => one.resident),
    anonymous: median((one) => one.anonymous),
    peak: median((one) => one.peak),
  };
}

async function oneRun(home: string, way: Way): Promise<Memory> {
  const directory = join(home, "journal");
  const history = way === "without" ? "off" : "on";
  if (way === "made") rmSync(indexDirectory(directory), { recursive: true, force: true });
  const config = join(home, `${history}.json`);
  const text = {
    journal: directory,
    keys: join(home, "keys"),
    journal_limit: "1GiB",
    history,
    history_limit: "256MiB",
    history_days: "3650",
  };
  writeFileSync(config, JSON.stringify(text));
  const words = [...routerFlags, daemon, "--config", config];
  const child = spawn(process.execPath, words, { stdio: "inherit" });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  try {
    const request = history === "on" ? historyRequest({ neighbour: 50 }) : (["status"] as const);
    const asked = Effect.result(askAgent(controlPath(directory), request));
    for (;;) {
      const answer = await Effect.runPromise(asked);
      if (answer._tag === "Success") return memoryOf(child.pid ?? 0);
      if (child.exitCode !== null || answer.failure.words.includes("is off")) {
        throw new Error(`the agent does not answer: ${answer.failure.words}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } finally {
    child.kill("SIGTERM");
    await ended;
  }
}

function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const kilobytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]);
  return {
    resident: kilobytes("VmRSS"),
    anonymous: kilobytes("RssAnon"),
    peak: kilobytes("VmHWM"),
  };
}

function bytesIn(directory: string): number {
  return readdirSync(directory).reduce(
    (all, name) => all + statSync(join(directory, name)).size,
    0,
  );
}

function seconds(work: () => void): number {
  const began = process.hrtime.bigint();
  work();
  return since(began);
}

function since(began: bigint): number {
  return Number(process.hrtime.bigint() - began) / 1e9;
}

function inMs(time: number): number {
  return Math.round(time * 10_000) / 10;
}
