import { execFileSync, spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import * as ManagedRuntime from "effect/ManagedRuntime";
import { Counters } from "#adapters/counters/counters.ts";
import { type CountersWayName, countersBy } from "#adapters/counters/wireguard-counters.ts";
import { koffiNetlink } from "#adapters/netlink/koffi-netlink.ts";
import { report } from "./report.ts";

const peers = 50;
const polls = { kernel: 100, spawned: 1 } as const;

/** Clock ticks of /proc, in milliseconds. */
const tick = 10;

/** What it costs to read 50 neighbours' tunnels of the kernel's WireGuard once, by each way. */
export async function measurePolls(): Promise<object> {
  const names = Array.from({ length: peers }, (_, i) => `poll${i}`);
  const lines = names.map((name) => `link add dev ${name} type wireguard\n`).join("");
  execFileSync("ip", ["-batch", "-"], { input: lines });
  for (const name of names) {
    execFileSync("wg", ["set", name, "peer", publicKey(), "allowed-ips", "::/0"]);
  }
  const found = {
    kernel: await cost("kernel", names),
    spawned: await cost("spawned", names),
  };
  spawnSync("ip", ["-batch", "-"], { input: lines.replaceAll("add", "delete") });
  const passed = found.kernel.readings === peers && found.kernel.cpu < found.spawned.cpu / 10;
  return { passed, peers, unit: "ms of CPU for one poll", ...found };
}

async function cost(way: CountersWayName & keyof typeof polls, names: readonly string[]) {
  const runtime = ManagedRuntime.make(countersBy([way]).pipe(Layer.provide(koffiNetlink)));
  const poll = () =>
    runtime.runPromise(Effect.flatMap(Counters, (counters) => counters.read(names)));
  if (way === "kernel") await poll(); // the first one loads what it needs
  const before = cpuTime();
  let readings = 0;
  for (let i = 0; i < polls[way]; i++) readings = (await poll()).length;
  const cpu = (cpuTime() - before) / polls[way];
  report({ step: way, readings, cpu });
  await runtime.dispose();
  return { readings, cpu };
}

/** Of this process and of those that it has waited for, in milliseconds (proc(5)). */
function cpuTime(): number {
  const fields = readFileSync("/proc/self/stat", "latin1").split(") ")[1]?.split(" ") ?? [];
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) * tick;
}

function publicKey(): string {
  const { x = "" } = generateKeyPairSync("x25519").publicKey.export({ format: "jwk" });
  return Buffer.from(x, "base64url").toString("base64");
}
