import * as Effect from "effect/Effect";
import { run } from "#adapters/command/command.ts";

/** Runs a tool and returns what it printed; rejects with its words. */
export const tool = (name: string, args: readonly string[], input = ""): Promise<string> =>
  Effect.runPromise(run(name, args, input));

/** The names of the demo's namespaces: they say which process made them. */
export function namespaceName(pid: number, place: string): string {
  return `meshtoll-${pid.toString(36)}-${place}`;
}

/** Namespaces of demos whose process is gone are removed; those of living ones are left alone. */
export async function removeLeftovers(): Promise<void> {
  const listed = await tool("ip", ["netns", "list"]);
  for (const line of listed.split("\n")) {
    const name = line.split(" ")[0] ?? "";
    const pid = Number.parseInt(/^meshtoll-([0-9a-z]+)-[a-z]$/.exec(name)?.[1] ?? "", 36);
    if (!Number.isInteger(pid) || isAlive(pid)) continue;
    await endInside(name);
    await tool("ip", ["netns", "delete", name]);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Ends every process in a namespace of ours, then its interfaces go with it. */
export async function endInside(name: string): Promise<void> {
  const pids = (await tool("ip", ["netns", "pids", name]).catch(() => "")).split("\n");
  for (const pid of pids.map(Number)) {
    if (!Number.isInteger(pid) || pid <= 1) continue;
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // it has ended meanwhile
    }
  }
}

/** A namespace that forwards, without duplicate address detection and reverse path filters. */
export async function makeNamespace(name: string): Promise<void> {
  await tool("ip", ["netns", "add", name]);
  await tool("ip", ["-n", name, "link", "set", "lo", "up"]);
  const settings = [
    "net.ipv4.ip_forward=1",
    "net.ipv4.conf.all.rp_filter=0",
    "net.ipv4.conf.default.rp_filter=0",
    "net.ipv6.conf.all.forwarding=1",
    "net.ipv6.conf.default.accept_dad=0",
  ];
  await tool("ip", ["netns", "exec", name, "sysctl", "-qw", ...settings]);
}

/** One end of a cable between two namespaces. */
export interface CableEnd {
  readonly namespace: string;
  readonly device: string;
  readonly address: string;
}

/** A veth pair, both ends up. */
export async function cable(one: CableEnd, other: CableEnd): Promise<void> {
  await tool("ip", [
    "link",
    "add",
    one.device,
    "netns",
    one.namespace,
    "type",
    "veth",
    "peer",
    "name",
    other.device,
    "netns",
    other.namespace,
  ]);
  for (const end of [one, other]) {
    await tool("ip", ["-n", end.namespace, "address", "add", end.address, "dev", end.device]);
    await tool("ip", ["-n", end.namespace, "link", "set", end.device, "up"]);
  }
}

/** Loses so many of a hundred packets that arrive on a device. */
export async function lossy(namespace: string, device: string, percent: number): Promise<void> {
  const text = [
    `add table netdev loss_${device}`,
    `add chain netdev loss_${device} in { type filter hook ingress device "${device}" priority 0; }`,
    `add rule netdev loss_${device} in numgen random mod 100 < ${percent} counter drop`,
  ].join("\n");
  await tool("ip", ["netns", "exec", namespace, "nft", "-f", "-"], `${text}\n`);
}
