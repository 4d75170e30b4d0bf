import * as Effect from "effect/Effect";
import { run } from "#adapters/command/command.ts";

/** Runs a tool and returns what it printed; rejects with its words. */
export const tool = (name: string, args: readonly string[], input = ""): Promise<string> =>
  Effect.runPromise(run(name, args, input));

/** Kernel settings of a router: it forwards, on whatever way packets come, without waiting. */
const settings = [
  ["ipv4/ip_forward", "1"],
  ["ipv4/conf/all/rp_filter", "0"],
  ["ipv4/conf/default/rp_filter", "0"],
  ["ipv6/conf/all/forwarding", "1"],
  ["ipv6/conf/default/accept_dad", "0"],
] as const;

/** A network namespace that forwards, without duplicate address detection and path filters. */
export async function makeNamespace(name: string): Promise<void> {
  await tool("ip", ["netns", "add", name]);
  await tool("ip", ["-n", name, "link", "set", "lo", "up"]);
  for (const [setting, value] of settings) {
    await inside(name, ["tee", `/proc/sys/net/${setting}`], value);
  }
}

/** Runs a tool inside a namespace. */
export function inside(namespace: string, command: readonly string[], input = ""): Promise<string> {
  return tool("ip", ["netns", "exec", namespace, ...command], input);
}

/** One end of a cable between two namespaces. */
export interface CableEnd {
  readonly namespace: string;
  readonly device: string;
  readonly address: string;
}

/** A veth pair, both ends up. */
export async function cable(one: CableEnd, other: CableEnd): Promise<void> {
  const ends = [one.device, "netns", one.namespace, "type", "veth", "peer", "name", other.device];
  await tool("ip", ["link", "add", ...ends, "netns", other.namespace]);
  for (const end of [one, other]) {
    await tool("ip", ["-n", end.namespace, "address", "add", end.address, "dev", end.device]);
    await tool("ip", ["-n", end.namespace, "link", "set", end.device, "up"]);
  }
}

/** Loses so many of a hundred packets that arrive on a device. */
export async function lossy(namespace: string, device: string, percent: number): Promise<void> {
  const table = `netdev loss_${device}`;
  const text = [
    `add table ${table}`,
    `add chain ${table} in { type filter hook ingress device "${device}" priority 0; }`,
    `add rule ${table} in numgen random mod 100 < ${percent} counter drop`,
  ].join("\n");
  await inside(namespace, ["nft", "-f", "-"], `${text}\n`);
}
