import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rolldown } from "rolldown";

/** Memory of an agent without neighbours, settled, in bytes. */
export interface AgentMemory {
  readonly resident: number;
  /** Not backed by files: what the kernel cannot take back. */
  readonly anonymous: number;
}

/** What the page costs a router: the agent for small routers without it, with it, and looked at. */
export interface PageMemory {
  readonly off: AgentMemory;
  readonly on: AgentMemory;
  readonly lookedAt: AgentMemory;
}

/** As on a router with little memory (docs of the package say why each). */
const lean = [
  "--max-old-space-size=16",
  "--max-semi-space-size=1",
  "--optimize-for-size",
  "--single-threaded",
  "--v8-pool-size=0",
  "--jitless",
];

/** Runs of each case; the one in the middle counts. */
const runs = 3;

/** How long an agent settles before it is measured, in ms. */
const settleTime = 3000;

/** How often the page is loaded whole, where it is looked at. */
const visits = 20;

/** Bundles the daemon and runs it in the three cases. */
export async function benchPageMemory(): Promise<PageMemory> {
  const home = await mkdtemp(join(tmpdir(), "meshtoll-page-memory-"));
  try {
    await bundled("router-agent/daemon.ts", home, "cjs", "daemon.cjs");
    await bundled("core/node/program.ts", home, "iife", "second-program.js", "core");
    await bundled("router-agent/status-page/browser/page.ts", home, "iife", "status-page.js");
    const port = await freePort();
    return {
      off: await middle(home, "off", 0, port),
      on: await middle(home, `127.0.0.1:${port}`, 0, port),
      lookedAt: await middle(home, `127.0.0.1:${port}`, visits, port),
    };
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

async function bundled(
  input: string,
  dir: string,
  format: "cjs" | "iife",
  entryFileNames: string,
  name?: string,
): Promise<void> {
  const platform = format === "cjs" ? "node" : "browser";
  const bundle = await rolldown({ input, platform });
  const named = name === undefined ? {} : { name };
  const chunks = format === "cjs" ? { chunkFileNames: "[name].cjs" } : {};
  await bundle.write({ dir, format, minify: true, entryFileNames, ...chunks, ...named });
  await bundle.close();
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

async function middle(
  home: string,
  listen: string,
  loads: number,
  port: number,
): Promise<AgentMemory> {
  const found: AgentMemory[] = [];
  for (let run = 0; run < runs; run++) found.push(await measuredAgent(home, listen, loads, port));
  const sorted = found.toSorted((a, b) => a.resident - b.resident);
  return sorted[runs >> 1] ?? { resident: 0, anonymous: 0 };
}

async function measuredAgent(
  home: string,
  listen: string,
  loads: number,
  port: number,
): Promise<AgentMemory> {
  const config = join(home, "config.json");
  const place = await mkdtemp(join(home, "node-"));
  const options = { journal: join(place, "journal"), keys: join(place, "keys"), history: "off" };
  await writeFile(config, JSON.stringify({ ...options, status_listen: listen }));
  const env = { ...process.env, UV_THREADPOOL_SIZE: "1", MALLOC_ARENA_MAX: "1" };
  const words = [...lean, join(home, "daemon.cjs"), "--config", config];
  const child = spawn(process.execPath, words, { env, stdio: "ignore" });
  try {
    await pause(settleTime);
    for (let i = 0; i < loads; i++) {
      for (const path of ["", "page.css", "page.js", "api/overview", "metrics"]) {
        await (await fetch(`http://127.0.0.1:${port}/${path}`)).text();
        await pause(60); // below the rate of the door
      }
    }
    return memoryOf(child);
  } finally {
    child.kill("SIGKILL");
  }
}

/** @throws Error where it has ended. */
function memoryOf({ pid }: ChildProcess): AgentMemory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const of = (key: string) =>
    Number(new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0) * 1024;
  return { resident: of("Rss"), anonymous: of("Anonymous") };
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
