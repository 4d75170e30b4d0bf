import { tunnelMtu } from "#adapters/tunnel/tunnel.ts";
import { classIds, leafLimit, transmitQueue } from "./htb.ts";
import { countings, outerLength, type QueuePlan } from "./queueing.ts";

/** Names that everything in nft hangs on. */
export interface TableOptions {
  /** The nft table, all of it ours. */
  readonly table: string;
  /** The mark of packets that ride the free class. */
  readonly freeMark: number;
  /** UDP port of the agent: its traffic is control traffic. */
  readonly controlPort: number;
}

/** The quota object of a paid interface: bytes we send. */
export function quotaName(interfaceName: string): string {
  return `quota_${interfaceName}`;
}

/** The gate of a paid interface: bytes we take as paid. */
export function gateName(interfaceName: string): string {
  return `gate_${interfaceName}`;
}

/** The set of all tunnels: tells who cleans up after a killed run where our queues are. */
export const tunnelSet = "tunnels";

/** babeld's port (RFC 8966): routing is control traffic too. */
const babelPort = 6696;

/** Addresses that no router forwards: nothing carried for others hides among control traffic. */
const linkLocal = "ip6 daddr { fe80::/10, ff02::/16 }";

/**
 * The whole table, paid classes closed, everybody open, for one transaction. It takes the place of
 * an older one within it: at no moment may paid bytes pass uncounted.
 */
export function tableLines(options: TableOptions, plans: readonly QueuePlan[]): readonly string[] {
  const t = `inet ${options.table}`;
  const tunnels = plans.flatMap((plan) => plan.interfaces);
  const paid = plans.flatMap((plan) => plan.interfaces.slice(1));
  return [
    `add table ${t}`,
    `delete table ${t}`,
    `add table ${t}`,
    `add set ${t} ${tunnelSet} { type ifname; }`,
    ...(tunnels.length === 0 ? [] : [`add element ${t} ${tunnelSet} ${braced(tunnels)}`]),
    ...paid.flatMap((name) => [
      `add quota ${t} ${quotaName(name)} { over 1 bytes }`,
      `add quota ${t} ${gateName(name)} { over 1 bytes }`,
      `add chain ${t} count_${name}`,
      ...countLines(options, name),
      `add chain ${t} admit_${name}`,
      ...admitLines(options, name),
    ]),
    ...plans.flatMap((plan) => [
      `add limit ${t} free_${plan.index} { ${freeLimit(plan)} }`,
      `add chain ${t} in_${plan.index}`,
      ...standingLines(options, plan, "open"),
    ]),
    ...hookLines(options, plans, paid),
  ];
}

/** The three hooks that packets pass. One lookup each, however many neighbours there are. */
function hookLines(
  options: TableOptions,
  plans: readonly QueuePlan[],
  paid: readonly string[],
): readonly string[] {
  const t = `inet ${options.table}`;
  const ways = plans.flatMap((plan) =>
    plan.interfaces.map((name) => `"${name}" : jump in_${plan.index}`),
  );
  const counts = `vmap { ${paid.map((name) => `"${name}" : jump count_${name}`).join(", ")} }`;
  const free = braced(plans.flatMap((plan) => plan.interfaces.slice(0, 1)));
  const isFree = `meta mark ${options.freeMark}`;
  const ports = `udp dport { ${options.controlPort}, ${babelPort} }`;
  const arriving = `add rule ${t} arriving`;
  const leaving = `add rule ${t} leaving`;
  return [
    `add chain ${t} arriving { type filter hook prerouting priority mangle; policy accept; }`,
    `add chain ${t} sending { type route hook output priority mangle; policy accept; }`,
    `add chain ${t} leaving { type filter hook postrouting priority mangle; policy accept; }`,
    ...cheaperLines(options, plans),
    ...(plans.length === 0 ? [] : [`${arriving} iifname vmap { ${ways.join(", ")} }`]),
    ...(paid.length === 0
      ? []
      : [
          `${arriving} meta mark != ${options.freeMark} fib daddr oifname ${counts}`,
          `add rule ${t} sending meta mark != ${options.freeMark} oifname ${counts}`,
          // Free packets that have no way but a paid one (bound to it, or class 0 is gone).
          `${leaving} oifname ${braced(paid)} ${isFree} counter drop`,
        ]),
    ...(plans.length === 0
      ? []
      : [
          `${leaving} oifname ${free} ${linkLocal} ${ports} meta priority set ${classIds.control} return`,
          `${leaving} oifname ${free} ${linkLocal} meta l4proto ipv6-icmp meta priority set ${classIds.control} return`,
          `${leaving} oifname ${free} ${isFree} meta priority set ${classIds.free}`,
        ]),
  ];
}

function braced(names: readonly string[]): string {
  return `{ ${names.map((name) => `"${name}"`).join(", ")} }`;
}

/**
 * Counts a packet as often as its size demands (see `countings`), and sends it to the free class
 * once the quota is used up.
 */
export function countLines(options: TableOptions, name: string): readonly string[] {
  const rule = `add rule inet ${options.table} count_${name}`;
  const quota = `quota name "${quotaName(name)}"`;
  const extra = [47, 191].flatMap((longest) => {
    const times = countings(longest) - countings(longest + 1);
    return Array.from({ length: times }, () => `${rule} meta length <= ${longest} ${quota}`);
  });
  return [...extra, `${rule} ${quota} meta mark set ${options.freeMark}`];
}

/** Counts what arrives as paid; beyond the gate it is carried for nothing. */
export function admitLines(options: TableOptions, name: string): readonly string[] {
  const quota = `quota name "${gateName(name)}"`;
  return [
    `add rule inet ${options.table} admit_${name} ${quota} meta mark set ${options.freeMark}`,
  ];
}

/** Bytes a second that are taken from a neighbour for nothing, and a burst of an eighth of them. */
function freeLimit(plan: QueuePlan): string {
  const bytes = plan.freeRate / 8n;
  const burst = bytes / 8n > 16_384n ? bytes / 8n : 16_384n;
  return `rate over ${bytes} bytes/second burst ${burst} bytes`;
}

/**
 * What happens to packets from a neighbour, as it stands, in one transaction. A packet that arrives
 * on a class cheaper than its destination's rides the free class on: it is never bought for the
 * neighbour (protocol, section 2). Throttled, everything but control traffic does.
 */
export function standingLines(
  options: TableOptions,
  plan: QueuePlan,
  standing: "open" | "throttled",
): readonly string[] {
  const t = `inet ${options.table}`;
  const chain = `in_${plan.index}`;
  const rule = `add rule ${t} ${chain}`;
  const mark = `meta mark set ${options.freeMark}`;
  const police = `limit name "free_${plan.index}" drop`;
  if (standing === "throttled") {
    const ports = `udp dport { ${options.controlPort}, ${babelPort} }`;
    return [
      `flush chain ${t} ${chain}`,
      `${rule} ${linkLocal} ${ports} return`,
      `${rule} ${linkLocal} meta l4proto ipv6-icmp return`,
      `${rule} ${mark}`,
      `${rule} ${police}`,
    ];
  }
  const [free = "", ...paid] = plan.interfaces;
  return [
    `flush chain ${t} ${chain}`,
    ...paid.map((name) => `${rule} iifname "${name}" jump admit_${name}`),
    // What is for this router itself goes through class 0 without a limit but the link's.
    `${rule} iifname "${free}" fib daddr type unicast ${mark}`,
    `${rule} meta mark ${options.freeMark} ${police}`,
  ];
}

/**
 * A packet that arrives on a paid class, but a cheaper one than its destination's, is marked before
 * its neighbour's chain polices it.
 */
function cheaperLines(options: TableOptions, plans: readonly QueuePlan[]): readonly string[] {
  const classes = Math.max(0, ...plans.map((plan) => plan.interfaces.length - 1));
  return Array.from({ length: classes }, (_, i) => i + 1).flatMap((k) => {
    const from = plans.flatMap((plan) => plan.interfaces.slice(k, k + 1));
    const above = plans.flatMap((plan) => plan.interfaces.slice(k + 1));
    if (above.length === 0) return [];
    return [
      `add rule inet ${options.table} arriving iifname ${braced(from)} fib daddr oifname ${braced(above)} meta mark set ${options.freeMark}`,
    ];
  });
}

/**
 * The most packets that WireGuard itself keeps while it has no session (MAX_STAGED_PACKETS in the
 * kernel, QueueStagedSize in wireguard-go): quotas have counted them, its counter has not.
 */
const stagedPackets = 128;

/** The smallest IP packet, and what WireGuard makes of it: the worst that a queue can grow by. */
const smallest = 20;

/**
 * Bytes on the wire that may be on their way between where quotas count and where WireGuard does:
 * HTB's leaf, the device's queue, and packets that wait for a handshake. A quota is so much less
 * than its limit (P2). @param linkRate bits a second.
 */
export function backlog(linkRate: bigint): bigint {
  const leaf = (leafLimit(linkRate) * BigInt(outerLength(smallest))) / BigInt(smallest);
  return leaf + BigInt((transmitQueue + stagedPackets) * outerLength(tunnelMtu));
}
