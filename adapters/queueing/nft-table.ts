import { tunnelMtu } from "#adapters/tunnel/tunnel.ts";
import { leafLimit, transmitQueue } from "./htb.ts";
import { type Allowance, countings, innerOf, type QueuePlan, type QuotaUsage } from "./queueing.ts";

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

/** babeld's port (RFC 8966): routing is control traffic too. */
const babelPort = 6696;

/** The whole table, paid classes closed, everybody open. */
export function tableLines(options: TableOptions, plans: readonly QueuePlan[]): readonly string[] {
  const t = `inet ${options.table}`;
  const paid = plans.flatMap((plan) => plan.interfaces.slice(1));
  const classless = plans.map((plan) => plan.interfaces[0] ?? "");
  return [
    `add table ${t}`,
    ...paid.flatMap((name) => [
      `add quota ${t} ${quotaName(name)} { over 1 bytes }`,
      `add quota ${t} ${gateName(name)} { over 1 bytes }`,
      `add chain ${t} count_${name}`,
      ...countLines(options, name),
    ]),
    ...plans.flatMap((plan) => [
      `add chain ${t} in_${plan.index}`,
      ...standingLines(options, plan, "open"),
    ]),
    `add chain ${t} arriving { type filter hook prerouting priority mangle; policy accept; }`,
    ...plans.flatMap((plan) =>
      plan.interfaces.map(
        (name) => `add rule ${t} arriving iifname "${name}" jump in_${plan.index}`,
      ),
    ),
    ...paid.map(
      (name) =>
        `add rule ${t} arriving meta mark != ${options.freeMark} fib daddr oifname "${name}" jump count_${name}`,
    ),
    `add chain ${t} sending { type route hook output priority mangle; policy accept; }`,
    ...paid.map((name) => `add rule ${t} sending oifname "${name}" jump count_${name}`),
    `add chain ${t} queueing { type filter hook postrouting priority mangle; policy accept; }`,
    ...classless.flatMap((name) => [
      `add rule ${t} queueing oifname "${name}" udp dport { ${options.controlPort}, ${babelPort} } meta priority set 1:10`,
      `add rule ${t} queueing oifname "${name}" meta l4proto ipv6-icmp meta priority set 1:10`,
    ]),
  ];
}

/**
 * Counts a packet as often as its size demands (see `countings`), and sends it to the free class
 * once the quota is used up.
 */
function countLines(options: TableOptions, name: string): readonly string[] {
  const rule = `add rule inet ${options.table} count_${name}`;
  const quota = `quota name "${quotaName(name)}"`;
  const extra = [47, 191].flatMap((longest) => {
    const times = countings(longest) - countings(longest + 1);
    return Array.from({ length: times }, () => `${rule} meta length <= ${longest} ${quota}`);
  });
  return [...extra, `${rule} ${quota} meta mark set ${options.freeMark}`];
}

/** What happens to packets from a neighbour, as it stands. */
export function standingLines(
  options: TableOptions,
  plan: QueuePlan,
  standing: "open" | "throttled",
): readonly string[] {
  const t = `inet ${options.table}`;
  const rule = `add rule ${t} in_${plan.index}`;
  const paid = plan.interfaces.slice(1);
  const bytes = plan.freeRate / 8n;
  const police = `limit rate over ${bytes} bytes/second burst ${bytes} bytes drop`;
  const mark = `meta mark set ${options.freeMark}`;
  if (standing === "throttled") {
    return [
      `flush chain ${t} in_${plan.index}`,
      `${rule} udp dport { ${options.controlPort}, ${babelPort} } return`,
      `${rule} meta l4proto ipv6-icmp return`,
      `${rule} ${mark}`,
      `${rule} ${police}`,
    ];
  }
  return [
    `flush chain ${t} in_${plan.index}`,
    ...paid.flatMap((name) => [
      `${rule} iifname "${name}" quota name "${gateName(name)}" ${mark}`,
      `${rule} iifname "${name}" meta mark ${options.freeMark} ${police}`,
    ]),
  ];
}

/** Bytes that may be queued between where quotas count and where WireGuard does (see P2). */
export function backlog(linkRate: bigint): bigint {
  return leafLimit(linkRate) + BigInt(transmitQueue) * BigInt(tunnelMtu + 80);
}

/**
 * New limits in one transaction. A quota that has some left is raised in place, because what passes
 * meanwhile is counted against it; one that is used up also counted what it refused, so it is made
 * anew: nothing passes it in between.
 */
export function limitLines(
  options: TableOptions,
  plans: readonly QueuePlan[],
  standings: ReadonlyMap<number, "open" | "throttled">,
  before: QuotaUsage,
  quotas: readonly Allowance[],
  gates: readonly Allowance[],
): readonly string[] {
  const t = `inet ${options.table}`;
  const planOf = (name: string) => plans.find((plan) => plan.interfaces.includes(name));
  const quotaLines = quotas.flatMap(({ interfaceName, limit, counter }) => {
    const plan = planOf(interfaceName);
    if (plan === undefined) return [];
    const inner = innerOf(limit - counter - backlog(plan.linkRate));
    const remake = [`flush chain ${t} count_${interfaceName}`];
    const name = quotaName(interfaceName);
    return setLines(t, name, before, inner, remake, () => countLines(options, interfaceName));
  });
  const gateLines = gates.flatMap(({ interfaceName, limit, counter }) => {
    const plan = planOf(interfaceName);
    if (plan === undefined) return [];
    const inner = limit > counter ? limit - counter : 0n;
    const remake = [`flush chain ${t} in_${plan.index}`];
    const name = gateName(interfaceName);
    const standing = standings.get(plan.index) ?? "open";
    return setLines(t, name, before, inner, remake, () => standingLines(options, plan, standing));
  });
  return [...quotaLines, ...gateLines];
}

function setLines(
  table: string,
  name: string,
  before: QuotaUsage,
  inner: bigint,
  remake: readonly string[],
  rules: () => readonly string[],
): readonly string[] {
  const state = before.get(name);
  const left = inner > 0n ? inner : 1n;
  if (state === undefined) return [];
  if (state.used < state.limit) {
    return [`add quota ${table} ${name} { over ${state.used + left} bytes }`];
  }
  if (inner <= 0n) return []; // used up, and nothing to add
  return [
    ...remake,
    `delete quota ${table} ${name}`,
    `add quota ${table} ${name} { over ${left} bytes }`,
    ...rules(),
  ];
}
