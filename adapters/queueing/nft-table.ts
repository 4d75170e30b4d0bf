import { tunnelMtu } from "#adapters/tunnel/tunnel.ts";
import {
  bytesLimit,
  type FreePool,
  isShaped,
  openRate,
  poolLimit,
  poolLimitLines,
  senderLines,
} from "./free-pool.ts";
import { classIds, pairLeaf, type Standing, transmitQueue } from "./htb.ts";
import { neighbourOf } from "./neighbour-name.ts";
import { handedRule, leakLines, meteredLines, withoutLeakLines } from "./nft-giving.ts";
import { judgeLines, tallyLines, tallyNames } from "./nft-judge.ts";
import { pairLines } from "./pair-queues.ts";
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

/** What happens to packets from a neighbour. */
function arrivalChain(plan: QueuePlan): string {
  return `in_${neighbourOf(plan)}`;
}

/** What a neighbour may send for nothing. */
function freeLimitName(plan: QueuePlan): string {
  return `free_${neighbourOf(plan)}`;
}

/** What it may send for nothing while it is open: more than that only where neighbours share a pool. */
function openLimitName(plan: QueuePlan): string {
  return `open_${neighbourOf(plan)}`;
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
export function tableLines(
  options: TableOptions,
  plans: readonly QueuePlan[],
  pool?: FreePool,
): readonly string[] {
  const t = `inet ${options.table}`;
  return [
    `add table ${t}`,
    `delete table ${t}`,
    `add table ${t}`,
    `add set ${t} ${tunnelSet} { type ifname; }`,
    ...plans.flatMap((plan) => neighbourLines(options, plan)),
    `add chain ${t} judge`,
    `add chain ${t} waste`,
    `add chain ${t} passing { type filter hook forward priority mangle; policy accept; }`,
    `add chain ${t} arriving { type filter hook prerouting priority mangle; policy accept; }`,
    `add chain ${t} sending { type route hook output priority mangle; policy accept; }`,
    `add chain ${t} leaving { type filter hook postrouting priority mangle; policy accept; }`,
    ...poolLimitLines(options.table, pool),
    ...hookLines(options, plans, pool),
  ];
}

/** Who comes, who goes, and who stays in another form, when other plans are attached. */
export interface TableChange {
  readonly gone: readonly QueuePlan[];
  readonly come: readonly QueuePlan[];
  /** The neighbour and its tunnels stay; its free rate is another. */
  readonly changed: readonly (readonly [QueuePlan, Standing])[];
  /** Rules of hooks are others: who bids, what is asked for, or what all share. */
  readonly hooks: boolean;
  /** What all share before and afterwards. */
  readonly pool?: readonly [FreePool | undefined, FreePool | undefined];
}

/**
 * What leads from a table to that of other plans, for one transaction. Whoever stays keeps its quotas
 * and gates, and what they have counted; new ones begin closed.
 * @param plans all that there are afterwards.
 */
export function tableChangeLines(
  options: TableOptions,
  { gone, come, changed, hooks, pool: [before, after] = [undefined, undefined] }: TableChange,
  plans: readonly QueuePlan[],
): readonly string[] {
  if (gone.length + come.length + changed.length === 0 && !hooks) return [];
  const t = `inet ${options.table}`;
  return [
    // Rules of hooks name those who come and go. In one transaction no packet sees them missing.
    ...["arriving", "judge", "waste", "passing", "sending", "leaving"].map(
      (chain) => `flush chain ${t} ${chain}`,
    ),
    ...gone.flatMap((plan) => withoutNeighbourLines(options, plan)),
    ...come.flatMap((plan) => neighbourLines(options, plan)),
    ...changed.flatMap(([plan, standing]) => [
      `flush chain ${t} ${arrivalChain(plan)}`,
      `delete limit ${t} ${freeLimitName(plan)}`,
      `delete limit ${t} ${openLimitName(plan)}`,
      ...neighbourLimits(t, plan),
      ...standingLines(options, plan, standing),
    ]),
    ...(before?.way === "limited" ? [`delete limit ${t} ${poolLimit}`] : []),
    ...poolLimitLines(options.table, after),
    ...hookLines(options, plans, after),
  ];
}

/** One neighbour's part: closed, and open. */
function neighbourLines(options: TableOptions, plan: QueuePlan): readonly string[] {
  const t = `inet ${options.table}`;
  return [
    `add element ${t} ${tunnelSet} ${braced(plan.interfaces)}`,
    ...plan.interfaces
      .slice(1)
      .flatMap((name) => [
        `add quota ${t} ${quotaName(name)} { over 1 bytes }`,
        `add quota ${t} ${gateName(name)} { over 1 bytes }`,
        `add chain ${t} count_${name}`,
        ...countLines(options, name),
        `add chain ${t} admit_${name}`,
        ...admitLines(options, name),
      ]),
    ...tallyLines("add", options.table, plan),
    ...leakLines(options.table, plan),
    ...neighbourLimits(t, plan),
    `add chain ${t} ${arrivalChain(plan)}`,
    ...standingLines(options, plan, "open"),
  ];
}

/** Once no hook leads there any more. */
function withoutNeighbourLines(options: TableOptions, plan: QueuePlan): readonly string[] {
  const t = `inet ${options.table}`;
  return [
    `delete element ${t} ${tunnelSet} ${braced(plan.interfaces)}`,
    `flush chain ${t} ${arrivalChain(plan)}`,
    `delete chain ${t} ${arrivalChain(plan)}`,
    `delete limit ${t} ${freeLimitName(plan)}`,
    `delete limit ${t} ${openLimitName(plan)}`,
    ...withoutLeakLines(options.table, plan),
    ...tallyLines("delete", options.table, plan),
    ...plan.interfaces
      .slice(1)
      .flatMap((name) => [
        `flush chain ${t} count_${name}`,
        `delete chain ${t} count_${name}`,
        `flush chain ${t} admit_${name}`,
        `delete chain ${t} admit_${name}`,
        `delete quota ${t} ${quotaName(name)}`,
        `delete quota ${t} ${gateName(name)}`,
      ]),
  ];
}

/** Rules of the three hooks that packets pass: one lookup each, however many neighbours there are. */
function hookLines(
  options: TableOptions,
  plans: readonly QueuePlan[],
  pool: FreePool | undefined,
): readonly string[] {
  const t = `inet ${options.table}`;
  const paid = plans.flatMap((plan) => plan.interfaces.slice(1));
  const ways = plans.flatMap((plan) =>
    plan.interfaces.map((name) => `"${name}" : jump ${arrivalChain(plan)}`),
  );
  const counts = `vmap { ${paid.map((name) => `"${name}" : jump count_${name}`).join(", ")} }`;
  const free = braced(plans.flatMap((plan) => plan.interfaces.slice(0, 1)));
  const isFree = `meta mark ${options.freeMark}`;
  const ports = `udp dport { ${options.controlPort}, ${babelPort} }`;
  const arriving = `add rule ${t} arriving`;
  const leaving = `add rule ${t} leaving`;
  return [
    ...judgeLines(options.table, options.freeMark, plans),
    ...pairLines(options.table, options.freeMark, plans),
    ...meteredLines(options.table, options.freeMark, plans),
    ...senderLines(options.table, pool, plans),
    ...(plans.length === 0
      ? []
      : [
          `${arriving} iifname @${tunnelSet} jump judge`,
          `${arriving} iifname vmap { ${ways.join(", ")} }`,
        ]),
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
          ...(pool?.way === "limited"
            ? [`${leaving} oifname ${free} ${isFree} limit name "${poolLimit}" drop`]
            : []),
          `${handedRule(`${leaving} oifname ${free} ${isFree}`, plans)}`,
          // Shaped, the priority is the sender's class of the ifb; a filter finds the tunnel's by the mark.
          ...(isShaped(pool)
            ? []
            : [`${leaving} oifname ${free} ${isFree} meta priority set ${classIds.free}`]),
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

/** What is taken from a neighbour for nothing, throttled and open. */
function neighbourLimits(t: string, plan: QueuePlan): readonly string[] {
  return [
    `add limit ${t} ${freeLimitName(plan)} { ${bytesLimit(plan.freeRate)} }`,
    `add limit ${t} ${openLimitName(plan)} { ${bytesLimit(openRate(plan))} }`,
  ];
}

/**
 * What happens to packets from a neighbour, as it stands, in one transaction. A packet that arrives
 * on a class cheaper than its destination's rides the free class on: it is never bought for the
 * neighbour (protocol, section 2). Throttled, everything but control traffic does.
 */
export function standingLines(
  options: TableOptions,
  plan: QueuePlan,
  standing: Standing,
): readonly string[] {
  const t = `inet ${options.table}`;
  const chain = arrivalChain(plan);
  const rule = `add rule ${t} ${chain}`;
  const mark = `meta mark set ${options.freeMark}`;
  const given = tallyNames.freeIn(neighbourOf(plan));
  const police = (name: string) => `limit name "${name}" drop`;
  if (standing === "throttled") {
    const ports = `udp dport { ${options.controlPort}, ${babelPort} }`;
    return [
      `flush chain ${t} ${chain}`,
      `${rule} ${linkLocal} ${ports} return`,
      `${rule} ${linkLocal} meta l4proto ipv6-icmp return`,
      `${rule} ${mark}`,
      `${rule} ${police(freeLimitName(plan))}`,
      `${rule} counter name "${given}"`,
    ];
  }
  const [free = "", ...paid] = plan.interfaces;
  return [
    `flush chain ${t} ${chain}`,
    ...paid.map((name) => `${rule} iifname "${name}" jump admit_${name}`),
    // What is for this router itself goes through class 0 without a limit but the link's.
    `${rule} iifname "${free}" fib daddr type unicast ${mark}`,
    `${rule} meta mark ${options.freeMark} ${police(openLimitName(plan))}`,
    `${rule} meta mark ${options.freeMark} counter name "${given}"`,
  ];
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
 * than its limit (P2). @param linkRate bits a second. @param leaves how many HTB has on the tunnel.
 */
export function backlog(linkRate: bigint, leaves = 1): bigint {
  const waiting = BigInt(leaves) * pairLeaf(linkRate, leaves);
  const leaf = (waiting * BigInt(outerLength(smallest))) / BigInt(smallest);
  return leaf + BigInt((transmitQueue + stagedPackets) * outerLength(tunnelMtu));
}
