import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Ending, run } from "../process/program.ts";
import type { Verdict } from "../report/finding.ts";

/** A model in Promela, and how it is searched. */
export interface SpinRun {
  readonly model: "account" | "progress" | "twin";
  /** -D for the model: sizes, and the names of seeded defects. */
  readonly defines: Readonly<Record<string, number>>;
  /**
   * Every state, depth first; breadth first, so that what is found is a shortest way; or every fair
   * run against a claim of the model.
   */
  readonly search: "all" | "shortest" | { readonly fair: string };
}

/** What spin found. */
export interface SpinResult {
  readonly verdict: Verdict;
  readonly states: number;
  /** The broken claim and how far it was, or what went wrong. */
  readonly said: string;
  /** What the model itself printed: the states of the twin. */
  readonly printed: string;
}

/** How long one search may take, in milliseconds. */
export const searchLimit = 900_000;

/** The longest run that is followed; a longer one would not be counted as searched. */
const depthLimit = 1_000_000;

/** Generates, compiles and runs a verifier. Only a search that says it was complete proves anything. */
export async function search(asked: SpinRun, limit = searchLimit): Promise<SpinResult> {
  const folder = mkdtempSync(join(tmpdir(), "spin-"));
  try {
    const file = `${asked.model}.pml`;
    cpSync(fileURLToPath(new URL(file, import.meta.url)), join(folder, file));
    const defines = Object.entries(asked.defines).map(([name, value]) => `-D${name}=${value}`);
    const at = { folder, limit };
    const made = await run(["spin", "-a", ...defines, file], at);
    if (made.how !== "ended" || /error/i.test(made.text)) return failed("spin", made);
    const built = await run(["gcc", ...compilation(asked.search), "-o", "pan", "pan.c"], at);
    if (built.how !== "ended") return failed("gcc", built);
    const fair = typeof asked.search === "string" ? [] : ["-a", "-f", "-N", asked.search.fair];
    return resultOf(await run([join(folder, "pan"), `-m${depthLimit}`, ...fair], at));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** No reduction anywhere: claims look at all variables. */
function compilation(search: SpinRun["search"]): readonly string[] {
  const always = ["-O2", "-w", "-DNOREDUCE"];
  if (search === "all") return [...always, "-DSAFETY", "-DCOLLAPSE"];
  return search === "shortest" ? [...always, "-DSAFETY", "-DBFS"] : [...always, "-DNFAIR=4"];
}

function failed(tool: string, { how, text, aside }: Ending): SpinResult {
  const verdict = how === "ended" ? "crashed" : how;
  const said = `${tool} ${verdict} ${text.slice(0, 400)} ${aside.slice(0, 400)}`.trim();
  return { verdict, states: 0, said, printed: "" };
}

/** Reads what the verifier says. What is cut short, for whatever reason, is no proof. */
export function resultOf(ending: Ending): SpinResult {
  const { how, text, aside } = ending;
  const states = Number(/(\d+) states, stored/.exec(text)?.[1] ?? 0);
  const errors = /errors: (\d+)/.exec(text)?.[1];
  const depth = /depth reached (\d+)/.exec(text)?.[1];
  if (how !== "ended" || errors === undefined || states === 0) return failed("pan", ending);
  const cut = /search depth too small|out of memory|not completed|hash table full/i.exec(text);
  if (errors !== "0") {
    const claim = /BROKEN: (.*)/.exec(text)?.[1] ?? "a fair run that never gets there";
    return { verdict: "refuted", states, said: `${claim}, ${depth} steps deep`, printed: "" };
  }
  if (cut !== null) return { verdict: "unknown", states, said: cut[0], printed: "" };
  return { verdict: "proved", states, said: `${states} states`, printed: aside };
}
