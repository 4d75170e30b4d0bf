import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isInstalled, type MeasuredProcess, measured } from "./measured-process.ts";
import { writeYears } from "./years-of-readings.ts";

/** Balances of the same transactions by three programs, each started anew (G7); and years (G6). */
export interface AuditBench {
  readonly transactions: number;
  readonly accounts: number;
  readonly ours: Run;
  /** Nothing where it is not installed. */
  readonly ledger: Run | undefined;
  readonly hledger: Run | undefined;
  readonly ratios: {
    readonly fasterThanLedger: number | undefined;
    readonly fasterThanHledger: number | undefined;
    readonly lessMemoryThanLedger: number | undefined;
  };
  /** Every program came to the same grain on every account as the bench's own arithmetic. */
  readonly equal: boolean;
  readonly years: YearsRun | undefined;
  /** Ours reads its binary journal and checks it; the others read text. */
  readonly caveat: string;
}

interface Run {
  readonly milliseconds: number;
  readonly megabytes: number;
}

interface YearsRun extends Run {
  readonly events: number;
  readonly journalMegabytes: number;
  readonly eventsPerSecond: number;
  readonly equal: boolean;
}

const neighbours = 100;

/** Runs of our program; the median counts. The others take too long for more than one. */
const ourRuns = 7;

/**
 * @param transactions how many, over 100 accounts.
 * @param years of readings every five minutes, read by one process; 0 for none.
 */
export async function benchAudit(transactions = 1_000_000, years = 10): Promise<AuditBench> {
  const home = mkdtempSync(join(tmpdir(), "meshtoll-audit-"));
  try {
    const program = bundled(home);
    const journal = join(home, "journal");
    const text = join(home, "transactions.txt");
    const due = await written(journal, text, transactions / neighbours);
    const runs: MeasuredProcess[] = [];
    for (let i = 0; i < ourRuns; i++) runs.push(await measured([...program, journal, "--json"]));
    const ours = runs.toSorted((a, b) => a.milliseconds - b.milliseconds)[ourRuns >> 1];
    if (ours === undefined) throw new Error("no run");
    const ledger = await peer("ledger", ["-f", text, "balance", "--flat", "--no-total"]);
    const hledger = await peer("hledger", ["-f", text, "balance", "--flat", "--no-total"]);
    const answers = [ours, ledger, hledger].flatMap((one) => one?.output ?? []);
    rmSync(text);
    return {
      transactions,
      accounts: neighbours,
      ours: runOf(ours),
      ledger: ledger === undefined ? undefined : runOf(ledger),
      hledger: hledger === undefined ? undefined : runOf(hledger),
      ratios: {
        fasterThanLedger: ratio(ledger?.milliseconds, ours.milliseconds),
        fasterThanHledger: ratio(hledger?.milliseconds, ours.milliseconds),
        lessMemoryThanLedger: ratio(ledger?.peak, ours.peak),
      },
      equal: answers.every((answer) => isAnswer(answer, due)),
      years: years === 0 ? undefined : await benchYears(home, program, years),
      caveat: "ours reads a binary journal and checks its hashes; the others read text",
    };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** The audit program as it is installed on a router: one file, no type to strip. */
function bundled(home: string): readonly [string, ...string[]] {
  const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
  const words = [at("router-agent/audit/main.ts"), "--platform", "node", "--format", "esm"];
  const names = ["--entryFileNames", "audit.mjs", "--chunkFileNames", "[name].mjs", "-d", home];
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      at("node_modules/rolldown/bin/cli.mjs"),
      ...words,
      "--minify",
      "--logLevel",
      "silent",
      ...names,
    ],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`the audit program could not be bundled: ${stderr}`);
  return [process.execPath, join(home, "audit.mjs"), "balances"];
}

/** The same transactions as a journal and as text; returns what each neighbour owes. */
async function written(
  journal: string,
  path: string,
  readings: number,
): Promise<readonly bigint[]> {
  const file = openSync(path, "w");
  let text = "";
  const due = await writeYears(journal, { neighbours, readings }, ({ neighbour, grains }) => {
    text += `2026-01-01 reading\n  claims:n${neighbour}  ${grains}\n  income\n\n`;
    if (text.length < 1 << 20) return;
    writeSync(file, text);
    text = "";
  });
  writeSync(file, text);
  closeSync(file);
  return due;
}

async function peer(program: string, words: readonly string[]) {
  if (await isInstalled(program)) return await measured([program, ...words]);
  console.error(`SKIPPED: ${program} is not installed (Debian package ${program}): no comparison`);
  return undefined;
}

/** Whether what a program printed is, account by account, what is due. */
function isAnswer(output: string, due: readonly bigint[]): boolean {
  if (output.startsWith("{")) {
    const { journals } = JSON.parse(output) as {
      readonly journals: readonly { readonly accounts: readonly { readonly due: string }[] }[];
    };
    return `${journals[0]?.accounts.map((one) => one.due)}` === `${due}`;
  }
  const found = new Map<string, string>();
  for (const [, amount, name] of output.matchAll(/^\s*(-?[0-9]+)\s+(?:claims:n([0-9]+))$/gm)) {
    if (amount !== undefined && name !== undefined) found.set(name, amount);
  }
  return due.every((grains, i) => found.get(`${i}`) === `${grains}`);
}

async function benchYears(
  home: string,
  program: readonly [string, ...string[]],
  years: number,
): Promise<YearsRun> {
  const directory = join(home, "years");
  const due = await writeYears(directory, { neighbours, readings: years * 365 * 288 });
  const run = await measured([...program, directory, "--json"]);
  const { journals } = JSON.parse(run.output) as {
    readonly journals: readonly [{ readonly events: number; readonly bytes: number }];
  };
  return {
    ...runOf(run),
    events: journals[0].events,
    journalMegabytes: Math.round(journals[0].bytes / 1e6),
    eventsPerSecond: Math.round((journals[0].events / run.milliseconds) * 1000),
    equal: isAnswer(run.output, due),
  };
}

function runOf({ milliseconds, peak }: MeasuredProcess): Run {
  return { milliseconds: Math.round(milliseconds), megabytes: Math.round(peak / 1e6) };
}

function ratio(a: number | undefined, b: number): number | undefined {
  return a === undefined ? undefined : Math.round((10 * a) / b) / 10;
}
