import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { type OutputOptions, type RolldownOptions, rolldown } from "rolldown";

/** The files that every bundle has, as {@link bundleRouter} names them. */
export const routerFiles = {
  /** All that an agent needs which settles on trust and keeps no history. */
  agent: "daemon.cjs",
  /** Read where the configuration names a chain: the chain's tools, and who talks to endpoints. */
  settlement: "settlement.cjs",
  /** Read where the configuration wants history. */
  history: "history.cjs",
  /** The bundler's own few lines. */
  runtime: "rolldown-runtime.cjs",
  /** The core once more, for the second node of a pair in lockstep (decision 21). */
  second: "second-program.js",
  /** What a browser runs; read where somebody looks at the status page. */
  page: "status-page.js",
} as const;

/** The command for people lies beside the agent: both need the second program. */
export const commandFile = "meshtoll.cjs";

/** How the files begin that the command reads later. */
export const commandPrefix = "command-";

/** Bytes of one file, as it lies there and compressed (brotli, quality 11). */
export interface FileSize {
  readonly bytes: number;
  readonly compressed: number;
}

/** Bytes that a router's agent may have, without and with settlement: goals of the design. */
export const sizeGoals = { agent: 250_000, withSettlement: 350_000 } as const;

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Writes the agent for routers into a directory: minified CommonJS, because ESM would load what
 * nobody uses, and no package beside it. What only some configurations need lies in files of its own.
 * @throws Error where the sources cannot be bundled whole.
 */
export async function bundleRouter(directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const fileOf = fileNames();
  await write(
    {
      input: { daemon: join(root, "router-agent/daemon.ts") },
      platform: "node",
      preserveEntrySignatures: "allow-extension",
    },
    {
      dir: directory,
      entryFileNames: "[name].cjs",
      chunkFileNames: "[name].cjs",
      format: "cjs",
      codeSplitting: {
        includeDependenciesRecursively: false,
        groups: [
          { name: (id, graph) => fileOf(id, (it) => graph.getModuleInfo(it)), debugName: "files" },
        ],
      },
    },
  );
  await write(
    { input: join(root, "core/node/program.ts"), platform: "neutral" },
    { file: join(directory, routerFiles.second), format: "iife", name: "core" },
  );
  await write(
    { input: join(root, "router-agent/status-page/browser/page.ts"), platform: "browser" },
    { file: join(directory, routerFiles.page), format: "iife" },
  );
}

/** Writes the command for people, executable, with what it loads later beside it. */
export async function bundleCommand(directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  await write(
    { input: { meshtoll: join(root, "router-agent/main.ts") }, platform: "node" },
    {
      dir: directory,
      entryFileNames: "[name].cjs",
      chunkFileNames: `${commandPrefix}[name].cjs`,
      format: "cjs",
    },
  );
  chmodSync(join(directory, commandFile), 0o755);
}

/** Writes what rpcd starts, as an executable file. @param path of the file. */
export async function bundlePlugin(path: string): Promise<void> {
  await write(
    { input: join(root, "router-agent/rpcd-plugin.ts"), platform: "node" },
    { file: path, format: "cjs" },
  );
  chmodSync(path, 0o755);
}

/** The sizes of the files in a directory, by name. */
export function sizesIn(directory: string): Readonly<Record<string, FileSize>> {
  const names = readdirSync(directory).filter((one) => statSync(join(directory, one)).isFile());
  return Object.fromEntries(
    names.toSorted().map((name) => {
      const bytes = readFileSync(join(directory, name));
      return [name, { bytes: bytes.length, compressed: brotliCompressSync(bytes).length }];
    }),
  );
}

async function write(input: RolldownOptions, output: OutputOptions): Promise<void> {
  const bundle = await rolldown({
    ...input,
    onLog(level, { code, message }) {
      if (level !== "warn" || code === "INEFFECTIVE_DYNAMIC_IMPORT") return;
      throw new Error(`the bundle is not whole: ${message}`);
    },
  });
  try {
    await bundle.write({ ...output, minify: true, comments: false });
  } finally {
    await bundle.close();
  }
}

/** What the bundler knows of a module. */
type Graph = (id: string) => {
  readonly importedIds: readonly string[];
  readonly dynamicallyImportedIds: readonly string[];
} | null;

/**
 * The first of the files whose part needs a module; a module is asked about once the graph is whole.
 * What none of them needs is loaded later by something else, and gets a file by the bundler's own rules.
 */
function fileNames(): (id: string, graph: Graph) => string | null {
  let parts: readonly (readonly [name: string, needs: ReadonlySet<string>])[] | undefined;
  return (id, graph) => {
    parts ??= [
      ["daemon", neededBy("router-agent/daemon.ts", graph, false)],
      ["history", neededBy("router-agent/agent/live-historian.ts", graph, false)],
      ["settlement", neededBy("router-agent/agent/chain-layers.ts", graph, true)],
    ];
    return parts.find(([, needs]) => needs.has(id))?.[0] ?? null;
  };
}

/** What a module needs at once, with all that those need. @param later also what they load later. */
function neededBy(entry: string, graph: Graph, later: boolean): ReadonlySet<string> {
  const found = new Set<string>();
  const waiting = [join(root, entry)];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    const info = graph(id);
    waiting.push(
      ...(info?.importedIds ?? []),
      ...(later ? (info?.dynamicallyImportedIds ?? []) : []),
    );
  }
  return found;
}
