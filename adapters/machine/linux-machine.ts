import { readFile, statfs } from "node:fs/promises";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { run } from "#adapters/command/command.ts";
import { type InterfaceBytes, Machine } from "./machine.ts";

/** Linux, by proc(5), sysfs and nft(8). */
export const linuxMachine: Layer.Layer<Machine> = Layer.succeed(
  Machine,
  Machine.of({
    freeDisk: (directory) =>
      absentOnError(async () => {
        const { bavail, bsize } = await statfs(directory, { bigint: true });
        return bavail * bsize;
      }),
    interfaceBytes: (names) =>
      Effect.map(
        Effect.forEach(names, (name) =>
          Effect.map(
            absentOnError(() => bytesOf(name)),
            (bytes) => ({ name, bytes }),
          ),
        ),
        (all) =>
          new Map(
            all.flatMap(({ name, bytes }) => (bytes === undefined ? [] : [[name, bytes] as const])),
          ),
      ),
    memory: Effect.gen(function* () {
      const available = yield* absentOnError(async () =>
        kilobytesOf(await readFile("/proc/meminfo", "utf8")),
      );
      const limit = yield* absentOnError(groupLimit);
      return { resident: BigInt(process.memoryUsage.rss()), limit, available };
    }),
    now: Effect.sync(() => ({ monotonic: performance.now(), civil: Date.now() })),
    tableMark: (table) =>
      run("nft", ["-j", "list", "tables"]).pipe(
        Effect.map((text) => markOf(text, table)),
        Effect.catch(() => Effect.succeed(undefined)),
      ),
  }),
);

const absentOnError = <A>(work: () => Promise<A>): Effect.Effect<A | undefined> =>
  Effect.catch(Effect.tryPromise(work), () => Effect.succeed(undefined));

/** IFNAMSIZ is 16 with the NUL; anything else would be another path. */
const nameForm = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/;

async function bytesOf(name: string): Promise<InterfaceBytes | undefined> {
  if (!nameForm.test(name)) return undefined;
  const read = async (counter: string) =>
    wholeOf(await readFile(`/sys/class/net/${name}/statistics/${counter}`, "utf8"));
  const [sent, received] = [await read("tx_bytes"), await read("rx_bytes")];
  return sent === undefined || received === undefined ? undefined : { sent, received };
}

function wholeOf(text: string): bigint | undefined {
  const digits = text.trim();
  return /^[0-9]{1,20}$/.test(digits) ? BigInt(digits) : undefined;
}

function kilobytesOf(meminfo: string): bigint | undefined {
  const found = /^MemAvailable:\s+([0-9]{1,15}) kB$/m.exec(meminfo)?.[1];
  return found === undefined ? undefined : BigInt(found) * 1024n;
}

/** The control group of version 2 in which we are; "max" is no limit. */
async function groupLimit(): Promise<bigint | undefined> {
  const path = /^0::(\/[^\n]*)$/m.exec(await readFile("/proc/self/cgroup", "utf8"))?.[1];
  if (path === undefined || path.split("/").includes("..")) return undefined;
  return wholeOf(await readFile(`/sys/fs/cgroup${path}/memory.max`, "utf8"));
}

/** The kernel numbers tables as they are made: a table of another handle is another table. */
function markOf(text: string, table: string): string | undefined {
  try {
    const { nftables } = JSON.parse(text) as { readonly nftables?: unknown };
    if (!Array.isArray(nftables)) return undefined;
    for (const one of nftables as readonly { readonly table?: TableFacts }[]) {
      if (one.table?.family === "inet" && one.table.name === table) return String(one.table.handle);
    }
    return "gone";
  } catch {
    return undefined;
  }
}

interface TableFacts {
  readonly family?: unknown;
  readonly name?: unknown;
  readonly handle?: unknown;
}
