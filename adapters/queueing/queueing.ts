import * as Context from "effect/Context";
import * as Data from "effect/Data";
import type * as Effect from "effect/Effect";

/** The queues, marks and limits of one neighbour. */
export interface QueuePlan {
  /** 0 to 249, one of its own for each neighbour: becomes part of names. */
  readonly index: number;
  /** Class 0 first, then the paid classes. */
  readonly interfaces: readonly string[];
  /** Bits a second. */
  readonly linkRate: bigint;
  readonly freeRate: bigint;
  readonly controlRate: bigint;
}

/** Routes that the agent installs in tables of its own, ahead of the main table. */
export interface QueueRoute {
  readonly prefix: string;
  /** The neighbour's index, and the price class to take. */
  readonly index: number;
  readonly class: number;
}

/** How much of a counter is left on one paid interface. */
export interface Allowance {
  readonly interfaceName: string;
  /** WireGuard transfer bytes, raw counter: may be reached, not passed. */
  readonly limit: bigint;
  /** The raw counter, read after {@link Queueing} told its `usage`. */
  readonly counter: bigint;
}

/** Queues or limits could not be set. */
export class QueueingError extends Data.TaggedError("QueueingError")<{
  readonly words: string;
}> {
  override get message(): string {
    return this.words;
  }
}

/**
 * The kernel's queues, quotas and marks. Everything it makes is in one nft table, one range of ip
 * rules and routing tables, and the qdiscs of the agent's own tunnels, so that all of it can be
 * removed, and nothing else.
 */
export class Queueing extends Context.Service<
  Queueing,
  {
    /**
     * Makes everything anew for these neighbours; paid classes begin closed. What an earlier run
     * left is replaced without a moment in which paid bytes pass uncounted.
     */
    readonly attach: (
      plans: readonly QueuePlan[],
      routes: readonly QueueRoute[],
    ) => Effect.Effect<void, QueueingError>;
    /** Queues and routes of tunnels that were made again; rules and limits are by name and stay. */
    readonly mend: (
      plan: QueuePlan,
      routes: readonly QueueRoute[],
    ) => Effect.Effect<void, QueueingError>;
    /** Q4: open, or throttled to the free rate in both directions. */
    readonly setStanding: (
      plan: QueuePlan,
      standing: "open" | "throttled",
    ) => Effect.Effect<void, QueueingError>;
    /**
     * What the quotas have counted so far: read before the counters that limits are set from. If
     * somebody flushed our table away, it is made again first, closed.
     */
    readonly usage: Effect.Effect<QuotaUsage, QueueingError>;
    /**
     * P2 and T7: sets quotas (bytes we send) and gates (bytes we take as paid), all or none. Refuses
     * interfaces that are no paid tunnels of the attached plans.
     */
    readonly setLimits: (
      before: QuotaUsage,
      quotas: readonly Allowance[],
      gates: readonly Allowance[],
    ) => Effect.Effect<void, QueueingError>;
    /** Removes all of it. Missing parts are fine. */
    readonly clean: Effect.Effect<void, QueueingError>;
  }
>()("meshtoll/adapters/queueing/Queueing") {}

/** Name of each quota object, and the bytes it has counted, up to its limit. */
export type QuotaUsage = ReadonlyMap<string, { readonly used: bigint; readonly limit: bigint }>;

/** The share of a limit in outer bytes that may be counted in inner bytes: see {@link innerOf}. */
const innerShare = { numerator: 4n, denominator: 5n };

/**
 * How many inner bytes may be let through so that no more than so many WireGuard bytes are sent.
 * A WireGuard message carries the inner packet padded to 16, and 32 bytes of its own. Packets below
 * 192 bytes are counted twice and those below 48 four times, so that what is counted is at least
 * four fifths of what is sent, for every size of packet. So it is for TCP segments that pass the
 * hook as one (GRO, GSO), if each carries at least {@link leastSegment} bytes.
 */
export function innerOf(outer: bigint): bigint {
  return outer <= 0n ? 0n : (outer * innerShare.numerator) / innerShare.denominator;
}

/**
 * Segments of at least so many bytes may be counted as one packet with one header h, whatever its
 * options: even where a last one of a byte follows, a quarter of the segment pays for its header and
 * both messages (s >= 4 x (3/4 h + 94) for h = 40 + 60). TCP over paths of the smallest IPv6 MTU,
 * 1280, carries 1160 and more.
 */
export const leastSegment = 676;

/** How often a packet of so many inner bytes is counted by the quota. */
export function countings(length: number): number {
  if (length < 48) return 4;
  return length < 192 ? 2 : 1;
}

/** What WireGuard sends for an inner packet of so many bytes (protocol paper, 5.4.6). */
export function outerLength(inner: number): number {
  return ((inner + 15) & ~15) + 32;
}
