import type { MarkClassifier } from "#adapters/netlink/traffic-filter.ts";
import type { QueuePart, QueueTree } from "#core/queue/queue-part.ts";
import { classIds, htbClass, htbKind, type LeafKind, leafOf, pairLeaf } from "./htb.ts";
import type { QueuePlan } from "./queueing.ts";

/**
 * What all neighbours together are given for nothing. Shaped: what is free and leaves by any tunnel goes
 * through one interface of kind ifb first, whose queues take turns between neighbours, and then waits in
 * its tunnel's free class behind all others. Limited: the same rate for all, by a limit that drops.
 */
export interface FreePool {
  readonly way: PoolWay;
  /** Bits a second. */
  readonly rate: bigint;
  /** The ifb's name. */
  readonly device: string;
  /** By the mark of what is free. */
  readonly mark: number;
}

/** By what this kernel can tell what to redirect to an ifb, or that it has to do with a limit. */
export type PoolWay = MarkClassifier | "limited";

/** Whether what is free goes through queues of its own. */
export function isShaped(pool: FreePool | undefined): pool is FreePool {
  return pool !== undefined && pool.way !== "limited";
}

/** The pool of plans that share one; all of them say the same rate. */
export function poolOf(
  plans: readonly QueuePlan[],
  means: { readonly way: PoolWay; readonly device: string; readonly mark: number },
): FreePool | undefined {
  const rate = plans.find(({ freePool }) => freePool !== undefined)?.freePool;
  return rate === undefined ? undefined : { ...means, rate };
}

/** What an open neighbour may send for nothing, bits a second: the whole pool, if nobody else does. */
export function openRate({ freeRate, freePool = freeRate }: QueuePlan): bigint {
  return freePool > freeRate ? freePool : freeRate;
}

/** The name of the limit that all share where nothing can be redirected. */
export const poolLimit = "pool";

/** The number of the ifb's discipline: packets that say a class of it say none of a tunnel's. */
const handle = "2:";
const whole = "2:1";

/** What is sent for nothing by this router itself, and by its users. */
const ownClass = 0x30;

/** Senders' classes begin here, by index. */
const firstSender = 0x100;

function senderClass(index: number): string {
  return `2:${(firstSender + index).toString(16)}`;
}

/**
 * The queues of the ifb: a class for each neighbour that sends, and one for ourselves. Each is guaranteed
 * the same part of the pool, and may have all that others leave.
 */
export function poolQueues(
  { rate }: FreePool,
  plans: readonly QueuePlan[],
  leaf: LeafKind,
): QueueTree {
  const senders = [`2:${ownClass.toString(16)}`, ...plans.map(({ index }) => senderClass(index))];
  const part = rate / BigInt(senders.length);
  const bytes = pairLeaf(rate, senders.length);
  return [
    { id: handle, parent: undefined, kind: htbKind(ownClass), settings: {} },
    htbClass(whole, handle, rate, rate, 0n),
    ...senders.flatMap((id) => [
      htbClass(id, whole, part, rate, 0n),
      leafOf(`${id.slice(2)}:`, id, leaf, bytes),
    ]),
  ];
}

/** The discipline that holds filters of what leaves an interface, and its number. */
export const clsact = "clsact";

/** The number that the kernel gives it. */
export const clsactId = "ffff:";

/** The kind of a filter that sends what has a mark to an interface. */
export function redirectKind(way: MarkClassifier, mark: number, device: string): string {
  return `redirect ${way} ${mark} ${device}`;
}

/** The kind of a filter that puts what has a mark into a class. */
export function classifyKind(way: MarkClassifier, mark: number, classId: string): string {
  return `classify ${way} ${mark} ${classId}`;
}

/** The id of our filter below a discipline: there is one at most. */
export function filterId(parent: string): string {
  return `${parent} filter`;
}

/**
 * What a class-0 tunnel has beside its queues: what is free leaves by the ifb, and comes from it into the
 * free class. The kernel looks at the first filter once only, so that what comes back goes on.
 */
export function poolFilters({ way, mark, device }: FreePool): readonly QueuePart[] {
  if (way === "limited") return [];
  const filter = (parent: string, kind: string) => ({
    id: filterId(parent),
    parent,
    kind,
    settings: {},
  });
  return [
    filter("1:", classifyKind(way, mark, classIds.free)),
    { id: clsactId, parent: undefined, kind: clsact, settings: {} },
    filter(clsactId, redirectKind(way, mark, device)),
  ];
}

/** Gives free packets the class of the ifb that is their sender's; our own have none, and need none. */
export function senderLines(
  table: string,
  pool: FreePool | undefined,
  plans: readonly QueuePlan[],
): readonly string[] {
  if (!isShaped(pool) || plans.length === 0) return [];
  const free = plans.flatMap(({ interfaces }) => interfaces.slice(0, 1));
  const classes = plans.flatMap(({ index, interfaces }) =>
    interfaces.map((name) => `"${name}" : ${senderClass(index)}`),
  );
  const out = free.map((name) => `"${name}"`).join(", ");
  return [
    `add rule inet ${table} passing meta mark ${pool.mark} oifname { ${out} } meta priority set iifname map { ${classes.join(", ")} }`,
  ];
}

/** The limit that all share, to be made; none where what is free is shaped. */
export function poolLimitLines(table: string, pool: FreePool | undefined): readonly string[] {
  if (pool?.way !== "limited") return [];
  return [`add limit inet ${table} ${poolLimit} { ${bytesLimit(pool.rate)} }`];
}

/** Bytes a second beyond which packets are dropped, and a burst of an eighth of them. */
export function bytesLimit(rate: bigint): string {
  const bytes = rate / 8n;
  const burst = bytes / 8n > leastBurst ? bytes / 8n : leastBurst;
  return `rate over ${bytes} bytes/second burst ${burst} bytes`;
}

/** Ten full packets. */
const leastBurst = 16_384n;
