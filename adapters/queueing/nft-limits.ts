import { neighbourOf } from "./neighbour-name.ts";
import { leakName, spendingLines } from "./nft-giving.ts";
import {
  admitLines,
  backlog,
  countLines,
  gateName,
  quotaName,
  type TableOptions,
} from "./nft-table.ts";
import { leavesOf } from "./pair-queues.ts";
import {
  type Allowance,
  innerOf,
  type LeakRoom,
  QueueingError,
  type QueuePlan,
  type QuotaUsage,
} from "./queueing.ts";

/** The largest number that nft's JSON tells without rounding. */
const mostBytes = (1n << 53n) - 1n;

/**
 * New limits in one transaction. A quota that has some left is raised in place, because what passes
 * meanwhile is counted against it; one that is used up also counted what it refused, so it is made
 * anew: nothing passes it in between. Throws {@link QueueingError} for what is not attached.
 */
export function limitLines(
  options: TableOptions,
  plans: readonly QueuePlan[],
  before: QuotaUsage,
  quotas: readonly Allowance[],
  gates: readonly Allowance[],
): readonly string[] {
  const t = `inet ${options.table}`;
  const quotaLines = quotas.flatMap(({ interfaceName, limit, counter }) => {
    const plan = planOf(plans, interfaceName);
    const inner = innerOf(limit - counter - backlog(plan.linkRate, leavesOf(plan)));
    const made = [`flush chain ${t} count_${interfaceName}`];
    const rules = countLines(options, interfaceName);
    return setLines(t, quotaName(interfaceName), before, inner, made, rules);
  });
  const gateLines = gates.flatMap(({ interfaceName, limit, counter }) => {
    planOf(plans, interfaceName);
    const made = [`flush chain ${t} admit_${interfaceName}`];
    const rules = admitLines(options, interfaceName);
    return setLines(t, gateName(interfaceName), before, limit - counter, made, rules);
  });
  return [...quotaLines, ...gateLines];
}

/** New room for what is given away: raised in place, or made anew where it was used up. */
export function leakRoomLines(
  options: TableOptions,
  plans: readonly QueuePlan[],
  before: QuotaUsage,
  rooms: readonly LeakRoom[],
): readonly string[] {
  const t = `inet ${options.table}`;
  return rooms.flatMap(({ neighbour, bytes }) => {
    const plan = plans.find((one) => neighbourOf(one) === neighbour);
    if (plan?.metered === undefined) {
      throw new QueueingError({ words: `${neighbour} is no attached neighbour with a meter` });
    }
    const flush = [`flush chain ${t} ${leakName(neighbour)}`];
    const rules = spendingLines(options.table, neighbour);
    return setLines(t, leakName(neighbour), before, bytes, flush, rules);
  });
}

function planOf(plans: readonly QueuePlan[], name: string): QueuePlan {
  const found = plans.find((plan) => plan.interfaces.indexOf(name) > 0);
  if (found === undefined) {
    throw new QueueingError({ words: `${name} is no paid tunnel of an attached neighbour` });
  }
  return found;
}

function setLines(
  table: string,
  name: string,
  before: QuotaUsage,
  inner: bigint,
  flush: readonly string[],
  rules: readonly string[],
): readonly string[] {
  const state = before.get(name);
  if (state === undefined) {
    throw new QueueingError({ words: `the usage is of another table: it has no ${name}` });
  }
  // A limit of one byte above what was counted lets no packet through.
  const left = inner > 0n ? inner : 1n;
  const capped = (limit: bigint) => (limit < mostBytes ? limit : mostBytes);
  if (state.used < state.limit) {
    return [`add quota ${table} ${name} { over ${capped(state.used + left)} bytes }`];
  }
  if (inner <= 0n) return []; // used up, and nothing to add
  return [
    ...flush,
    `delete quota ${table} ${name}`,
    `add quota ${table} ${name} { over ${capped(left)} bytes }`,
    ...rules,
  ];
}
