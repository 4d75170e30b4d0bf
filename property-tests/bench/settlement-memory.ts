import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { LoadedMemory } from "./loaded-memory.ts";
import { measured } from "./measured-process.ts";

/** What a router pays in memory and flash for a chain, before it uses one and once it does. */
export interface SettlementMemory {
  /** Resident bytes that loading adds to a bare process, in the middle of several runs. */
  readonly nothing: number;
  /** As it is shipped: bundled, with the parts of viem that are used. */
  readonly chainTools: number;
  /** The peer: viem as its package has it. */
  readonly wholeViem: number;
  readonly chainToolsMilliseconds: number;
  readonly wholeViemMilliseconds: number;
  /** Bytes on the flash: the chunks that hold the chain, minified. */
  readonly chainBytes: number;
}

/** Bundles the file that needs viem, as the agent's own bundle does, and loads it in processes. */
export async function benchSettlementMemory(runs = 5): Promise<SettlementMemory> {
  const directory = await mkdtemp(join(tmpdir(), "chain-tools-"));
  try {
    const chunk = await bundled(directory);
    const viem = pathToFileURL(createRequire(import.meta.url).resolve("viem")).href;
    const esm = viem.replace("/_cjs/", "/_esm/");
    const [bare, tools, whole] = [
      await loads(runs, undefined),
      await loads(runs, pathToFileURL(chunk).href),
      await loads(runs, esm),
    ];
    return {
      nothing: bare.bytes,
      chainTools: tools.bytes,
      wholeViem: whole.bytes,
      chainToolsMilliseconds: tools.milliseconds,
      wholeViemMilliseconds: whole.milliseconds,
      chainBytes: await sizeOf(directory),
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function bundled(directory: string): Promise<string> {
  const manifest = createRequire(import.meta.url).resolve("rolldown/package.json");
  const program = join(dirname(manifest), "bin", "cli.mjs");
  const entry = new URL("../../adapters/settlement/chain/chain-tools.ts", import.meta.url);
  const form = ["--platform", "node", "--format", "cjs", "--minify", "--logLevel", "silent"];
  const names = ["--entryFileNames", "chain-tools.cjs", "-d", directory];
  await measured([process.execPath, program, fileURLToPath(entry), ...form, ...names]);
  return join(directory, "chain-tools.cjs");
}

async function sizeOf(directory: string): Promise<number> {
  const names = await readdir(directory);
  const sizes = await Promise.all(names.map((name) => stat(join(directory, name))));
  return sizes.reduce((sum, { size }) => sum + size, 0);
}

async function loads(runs: number, module: string | undefined) {
  const program = fileURLToPath(new URL("./loaded-memory.ts", import.meta.url));
  const words = module === undefined ? [] : [module];
  const found: LoadedMemory[] = [];
  for (let run = 0; run < runs; run++) {
    const { output } = await measured([process.execPath, "--expose-gc", program, ...words]);
    found.push(JSON.parse(output) as LoadedMemory);
  }
  const middle = (values: readonly number[]) =>
    Math.round(values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0);
  return {
    bytes: middle(found.map(({ before, after }) => after - before)),
    milliseconds: middle(found.map(({ milliseconds }) => milliseconds)),
  };
}
