import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Ending, run } from "../process/program.ts";

/** How long quint may take, in milliseconds. */
export const quintLimit = 600_000;

const program = join(
  dirname(createRequire(import.meta.url).resolve("@informalsystems/quint/package.json")),
  "dist/src/cli.js",
);

/** Runs quint on the specification in a folder of its own, and gives what it wrote there to `then`. */
export async function withQuint<T>(
  words: readonly string[],
  extra: Readonly<Record<string, string>>,
  then: (ending: Ending, read: () => readonly string[]) => T,
  limit = quintLimit,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "quint-"));
  try {
    cpSync(fileURLToPath(new URL("account.qnt", import.meta.url)), join(folder, "account.qnt"));
    for (const [name, text] of Object.entries(extra)) writeFileSync(join(folder, name), text);
    const command = [process.execPath, program, ...words] as const;
    const ending = await run(command, { folder, limit });
    const traces = () =>
      readdirSync(folder)
        .filter((name) => name.endsWith(".itf.json"))
        .toSorted()
        .map((name) => readFileSync(join(folder, name), "utf8"));
    return then(ending, traces);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs of the specification, as ITF traces, with the theorems checked in every state. */
export function tracesOf(count: number, seed: number, limit = quintLimit) {
  const options = ["--backend=typescript", "--main=small", "--invariant=Theorems", "--mbt"];
  const size = [
    "--max-steps=60",
    `--max-samples=${count}`,
    `--n-traces=${count}`,
    `--seed=${seed}`,
  ];
  const words = [
    "run",
    "account.qnt",
    ...options,
    ...size,
    "--verbosity=1",
    "--out-itf=trace.itf.json",
  ];
  const told = (ending: Ending, read: () => readonly string[]) => ({
    ending,
    traces: ending.how === "ended" ? read() : [],
  });
  return withQuint(words, {}, told, limit);
}
