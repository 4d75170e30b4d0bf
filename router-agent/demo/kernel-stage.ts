import { type ChildProcess, spawn } from "node:child_process";
import { openSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { fileKeys } from "#adapters/keys/file-keys.ts";
import { Keys } from "#adapters/keys/keys.ts";
import { askAgent, controlPath, type Request } from "#agent/agent/control-socket.ts";
import { eventsOnDisk } from "#agent/cli/ledger-source.ts";
import { addresses, type DemoPlace, demoConfig, type RouterKeys } from "./demo-config.ts";
import {
  cable,
  endInside,
  lossy,
  makeNamespace,
  namespaceName,
  removeLeftovers,
  tool,
} from "./namespace.ts";
import { type RouterName, type RouterStatus, routerNames, type Stage } from "./stage.ts";

/** Loss on every cable, both directions, in per cent. */
export const lossPercent = 5;

/** What is sent towards the internet, in bytes a second. */
const rate = 1_600_000;

/** The program that runs now, bundled or not: the agents are the same one. */
const main = process.argv[1] ?? "";

/** As on a router with little memory. */
const lean = ["--max-old-space-size=48", "--max-semi-space-size=1", "--optimize-for-size"];

/** Everything the stage made, to be unmade. */
interface Props {
  readonly home: string;
  readonly tag: string;
  readonly agents: Map<RouterName, ChildProcess>;
  readonly others: ChildProcess[];
}

const places = ["a", "b", "c", "i"] as const;

/** Why the kernel cannot be used here, or nothing. */
export async function kernelObstacle(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return "it needs root (try sudo)";
  for (const [name, args] of [
    ["ip", ["-V"]],
    ["nft", ["-v"]],
    ["tc", ["-V"]],
    ["wireguard-go", ["--version"]],
  ] as const) {
    const failure = await tool(name, args).then(
      () => undefined,
      (error: Error) => error.message,
    );
    if (failure?.includes("not installed") === true) return failure;
  }
  return undefined;
}

/** Three routers in namespaces of their own, real tunnels, real queues, real traffic. */
export async function kernelStage(): Promise<Stage> {
  await removeLeftovers();
  const home = await mkdtemp(join(tmpdir(), `meshtoll-demo-${process.pid}-`));
  const tag = process.pid.toString(36).slice(-4);
  const props: Props = { home, tag, agents: new Map(), others: [] };
  try {
    await build(props);
    for (const name of routerNames) await startAgent(props, name);
  } catch (error) {
    const logs = await logsOf(props);
    await strike(props);
    throw new Error(`${(error as Error).message}\n${logs}`);
  }
  const ask = (router: RouterName, request: Request) =>
    Effect.runPromise(askAgent(controlPath(journalOf(props, router)), request));
  return {
    mode: "kernel",
    note: `network namespaces, WireGuard, HTB and nft of this kernel; ${lossPercent} % loss on every cable`,
    ask,
    status: (router) =>
      ask(router, ["status"]).then(
        (found) => found as RouterStatus,
        () => undefined,
      ),
    wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    startTraffic: async () => {
      props.others.push(inside(props, "i", [main, "demo-traffic", "answer", "9000"], "answer"));
      const args = [main, "demo-traffic", "send", addresses.internet, "9000", String(rate)];
      props.others.push(inside(props, "a", args, "send"));
    },
    stopTraffic: async () => {
      for (const child of props.others.splice(0)) child.kill("SIGKILL");
    },
    kill: async (router) => {
      const child = props.agents.get(router);
      child?.kill("SIGKILL");
      await ended(child);
    },
    restart: (router) => startAgent(props, router),
    deleteTunnel: async () => {
      await tool("ip", [
        "-n",
        namespaceOf(props, "b"),
        "link",
        "delete",
        "dev",
        tunnelName(props, "b", "c", 1),
      ]);
    },
    cheat: (cheating) => cheat(props, cheating),
    rawCounters: () => rawCounters(props),
    finish: () => finish(props, ask),
    close: () => strike(props),
  };
}

function namespaceOf(_: Props, place: (typeof places)[number]): string {
  return namespaceName(process.pid, place);
}

function prefixOf(props: Props, router: RouterName): string {
  return `${router}${props.tag}`;
}

function tunnelName(props: Props, from: RouterName, to: RouterName, priceClass: number): string {
  return `${prefixOf(props, from)}${to}${priceClass}`;
}

function journalOf(props: Props, router: RouterName): string {
  return join(props.home, router, "journal");
}

async function build(props: Props): Promise<void> {
  for (const place of places) await makeNamespace(namespaceOf(props, place));
  const end = (place: (typeof places)[number], device: string, address: string) => ({
    namespace: namespaceOf(props, place),
    device,
    address,
  });
  await cable(end("a", "to-b", "172.31.1.1/24"), end("b", "to-a", "172.31.1.2/24"));
  await cable(end("b", "to-c", "172.31.2.1/24"), end("c", "to-b", "172.31.2.2/24"));
  await cable(end("c", "to-i", "10.99.9.1/24"), end("i", "to-c", `${addresses.internet}/24`));
  for (const router of routerNames) {
    const address = `${addresses[router]}/32`;
    await tool("ip", ["-n", namespaceOf(props, router), "address", "add", address, "dev", "lo"]);
  }
  await tool("ip", [
    "-n",
    namespaceOf(props, "i"),
    "route",
    "add",
    "10.99.0.0/16",
    "via",
    "10.99.9.1",
  ]);
  for (const [place, device] of [
    ["a", "to-b"],
    ["b", "to-a"],
    ["b", "to-c"],
    ["c", "to-b"],
  ] as const) {
    await lossy(namespaceOf(props, place), device, lossPercent);
  }
  const keys = {} as Record<RouterName, RouterKeys>;
  for (const router of routerNames) {
    await mkdir(join(props.home, router), { mode: 0o700 });
    keys[router] = await keysOf(join(props.home, router, "keys"));
  }
  for (const router of routerNames) {
    const text = demoConfig(router, keys, placeOf(props, router));
    await writeFile(join(props.home, router, "config.json"), text, { mode: 0o600 });
  }
}

const keysOf = (path: string): Promise<RouterKeys> =>
  Effect.runPromise(
    Effect.gen(function* () {
      const { nodeId, tunnelPublicKey } = yield* Keys;
      return { nodeId, tunnelKey: tunnelPublicKey };
    }).pipe(Effect.provide(fileKeys(path)), Effect.scoped),
  );

function placeOf(props: Props, router: RouterName): DemoPlace {
  const hosts: Record<string, string> = {
    "a b": "172.31.1.2",
    "b a": "172.31.1.1",
    "b c": "172.31.2.2",
    "c b": "172.31.2.1",
  };
  const port = (towards: RouterName) => 51_000 + 100 * routerNames.indexOf(towards);
  return {
    prefix: prefixOf(props, router),
    journal: journalOf(props, router),
    keys: join(props.home, router, "keys"),
    listenPort: port,
    endpoint: (towards) => ({ host: hosts[`${router} ${towards}`] ?? "", port: port(router) }),
  };
}

/** A program of ours in a namespace; what it says goes to a file of its own. */
function inside(
  props: Props,
  place: (typeof places)[number],
  args: readonly string[],
  log: string,
): ChildProcess {
  const out = openSync(join(props.home, `${log}.log`), "a", 0o600);
  const command = ["netns", "exec", namespaceOf(props, place), process.execPath, ...args];
  return spawn("ip", command, { stdio: ["ignore", out, out] });
}

async function startAgent(props: Props, router: RouterName): Promise<void> {
  const config = join(props.home, router, "config.json");
  const child = inside(props, router, [...lean, main, "run", "--config", config], router);
  props.agents.set(router, child);
  const path = controlPath(journalOf(props, router));
  for (let attempt = 0; attempt < 300; attempt++) {
    const up = await Effect.runPromise(askAgent(path, ["status"])).then(
      () => true,
      () => false,
    );
    if (up) return;
    if (child.exitCode !== null)
      throw new Error(`the agent of ${router} ended (${child.exitCode})`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the agent of ${router} did not start in 15 s`);
}

async function cheat(props: Props, cheating: boolean): Promise<void> {
  const table = `meshtoll_${prefixOf(props, "a")}`;
  const name = tunnelName(props, "a", "b", 1);
  const line = cheating
    ? `flush chain inet ${table} sending`
    : `add rule inet ${table} sending oifname "${name}" jump count_${name}`;
  await tool("ip", ["netns", "exec", namespaceOf(props, "a"), "nft", "-f", "-"], `${line}\n`);
}

async function rawCounters(props: Props) {
  const read = async (router: RouterName, name: string, column: number): Promise<bigint> => {
    const args = ["netns", "exec", namespaceOf(props, router), "wg", "show", name, "transfer"];
    return BigInt((await tool("ip", args)).trim().split("\t")[column] ?? "0");
  };
  return {
    sent: await read("a", tunnelName(props, "a", "b", 1), 2),
    received: await read("b", tunnelName(props, "b", "a", 1), 1),
  };
}

async function finish(props: Props, ask: Stage["ask"]) {
  await Promise.all(routerNames.map((router) => ask(router, ["stop"]).catch(() => undefined)));
  await Promise.all(routerNames.map((router) => ended(props.agents.get(router))));
  const read = (router: RouterName) => Effect.runPromise(eventsOnDisk(journalOf(props, router)));
  return { a: await read("a"), b: await read("b"), c: await read("c") };
}

async function ended(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  await Promise.race([
    new Promise((resolve) => child.once("exit", resolve)),
    new Promise((resolve) => setTimeout(resolve, 10_000)),
  ]);
}

async function logsOf(props: Props): Promise<string> {
  const logs = await Promise.all(
    routerNames.map((router) =>
      readFile(join(props.home, `${router}.log`), "utf8").catch(() => ""),
    ),
  );
  return logs.map((log) => log.slice(-1500)).join("\n");
}

/** Everything goes, whatever state it is in. */
async function strike(props: Props): Promise<void> {
  for (const child of [...props.others, ...props.agents.values()]) child.kill("SIGKILL");
  for (const place of places) {
    const name = namespaceOf(props, place);
    await endInside(name);
    await tool("ip", ["netns", "delete", name]).catch(() => undefined);
  }
  await rm(props.home, { recursive: true, force: true });
}
