import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { readSources, sourceNames } from "#adapters/settlement/contract/artifact.ts";
import { compile } from "#adapters/settlement/contract/compilation.ts";
import { codeVariable } from "../settlement/contract/contract-lab.ts";
import { type ContractDefect, contractDefects } from "./contract-defect.ts";

/** What the tests of the contract made of contracts that are wrong. */
export interface DefectTally {
  /** Whether the contract as it is passes the same tests: without that the rest says nothing. */
  readonly soundPasses: boolean;
  readonly defects: number;
  readonly found: number;
  /** What no test noticed. */
  readonly unnoticed: readonly string[];
}

const usage = `usage: node property-tests/nightly/contract-defects.ts [--only N,...] [--json]

Seeds each defect into the contract, compiles it, and runs the contract's tests on it: each must be
found. Exit code 0 only where it is. Half a minute a defect.`;

/** Those that run on whatever code they are given; gas and the artifact are compared elsewhere. */
const tests = ["channel-life", "refusals", "hostile-token", "hostile-receiver", "differential"].map(
  (name) => `property-tests/settlement/contract/${name}.test.ts`,
);

/** Seeds one defect after the other. @throws Error where one does not fit the source any more */
export async function seedDefects(
  defects: readonly ContractDefect[],
  progress: (done: number) => void,
): Promise<DefectTally> {
  const home = mkdtempSync(join(tmpdir(), "contract-defects-"));
  try {
    const sources = readSources(contracts, sourceNames);
    const soundPasses = await passes(home, sources);
    const unnoticed: string[] = [];
    for (const [i, defect] of defects.entries()) {
      if (await passes(home, withDefect(sources, defect))) unnoticed.push(defect.what);
      progress(i + 1);
    }
    const found = defects.length - unnoticed.length;
    return { soundPasses, defects: defects.length, found, unnoticed };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

const contracts = new URL("../../adapters/settlement/contract/", import.meta.url);

type Sources = Readonly<Record<string, string>>;

function withDefect(sources: Sources, { source, right, wrong, what }: ContractDefect): Sources {
  const text = sources[source] ?? "";
  if (text.split(right).length !== 2) throw new Error(`${what}: not once in ${source}: ${right}`);
  return { ...sources, [source]: text.replace(right, () => wrong) };
}

async function passes(home: string, sources: Sources): Promise<boolean> {
  const { MeshChannels } = compile(sources);
  if (MeshChannels === undefined) throw new Error("no contract");
  const file = join(home, "code");
  writeFileSync(file, `0x${MeshChannels.constructorCode}${MeshChannels.runtimeCode}`);
  const vitest = join(
    dirname(createRequire(import.meta.url).resolve("vitest/package.json")),
    "vitest.mjs",
  );
  const words = [vitest, "run", "--project", "unit", "--bail", "1", ...tests];
  const child = spawn(process.execPath, words, {
    cwd: fileURLToPath(new URL("../../", import.meta.url)),
    env: { ...process.env, [codeVariable]: file },
    stdio: "ignore",
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code === 0));
  });
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { only: { type: "string" }, json: { type: "boolean" }, help: { type: "boolean" } },
  });
  const only = values.only?.split(",").map(Number);
  const usable = only?.every((one) => contractDefects[one] !== undefined) ?? true;
  if (values.help === true || !usable) {
    console.log(usage);
    process.exit(usable ? 0 : 3);
  }
  const chosen = contractDefects.filter((_, i) => only?.includes(i) ?? true);
  const tally = await seedDefects(chosen, (done) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${chosen.length}\x1b[K`);
  });
  if (values.json === true) console.log(JSON.stringify(tally));
  else console.log(tally);
  process.exit(tally.soundPasses && tally.found === tally.defects ? 0 : 1);
}
