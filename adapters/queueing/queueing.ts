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
  /**
   * What all neighbours together get in the free class; nothing where each has its own free rate. All plans
   * say the same. An open neighbour may then have all of it, a throttled one its free rate at most.
   */
  readonly freePool?: bigint;
  /**
   * What of the link nobody has bought of late, in bits a second: what is carried for nothing on class 0
   * then has no more, but keeps what it is guaranteed. Nothing where that is not known.
   */
  readonly unsold?: bigint;
  /** Where neighbours bid: those that send to this one, in the order of HTB. Not among it itself. */
  readonly pairs?: readonly PairPlan[];
  /** Where neighbours bid: what our own packets to it have beside theirs. 0 goes first. */
  readonly ownPriority?: number;
  /** Interfaces where forwarding costs us something: what it sends for nothing leaves there by a quota. */
  readonly metered?: readonly string[];
  /** Where we pay for what one of its tunnels delivers: what nobody asked for is counted as junk. */
  readonly unasked?: UnaskedPlan;
}

/** How packets from one neighbour to another are queued. */
export interface PairPlan {
  /** The sender's index. */
  readonly from: number;
  /** 0 to 6: 0 goes first. */
  readonly priority: number;
  /** Bits a second that it gets whatever others bid. */
  readonly floor: bigint;
}

/** Our own users while they are throttled. */
export interface OwnPlan {
  /** The interfaces that they are behind. */
  readonly lan: readonly string[];
  /** Where what they ask of web servers is answered, once for each kind of address at most. */
  readonly notices: readonly NoticePlace[];
}

/** An address of the router and a port, where own users are told why it is slow. */
export interface NoticePlace {
  readonly host: string;
  readonly port: number;
}

/** How many bytes may still be carried for nothing for a neighbour, where that costs us something. */
export interface LeakRoom {
  /** The neighbour, by the name of its class-0 tunnel. */
  readonly neighbour: string;
  readonly bytes: bigint;
}

/** Which traffic is asked for though nobody behind us began it. */
export interface UnaskedPlan {
  /** The paid class whose tunnel delivers. */
  readonly carrier: number;
  /** Prefixes behind us that anybody may call, such as those of servers. */
  readonly served: readonly string[];
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
     * Queues, marks and routes for these neighbours, and for nobody else; paid classes begin closed.
     * Called again with others, it is the smallest change: who stays, with the same tunnels, keeps its
     * limits, its standing and the packets in its queues. What an earlier run left is replaced without
     * a moment in which paid bytes pass uncounted.
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
    /**
     * Other routes for the attached neighbours, by the smallest change; those of `attach` are replaced
     * too. @param except prefixes that are left to the machine's own tables, though a route covers them.
     */
    readonly setRoutes: (
      routes: readonly QueueRoute[],
      except?: readonly string[],
    ) => Effect.Effect<void, QueueingError>;
    /** Puts routes back that somebody took away, and tells how many were not as they should be. */
    readonly checkRoutes: Effect.Effect<number, QueueingError>;
    /**
     * Other rates for the links of attached neighbours, by index, in bits a second. Nothing else changes,
     * and no packet that waits is lost; whoever is not named keeps its rate, until `attach` says another.
     */
    readonly setRates: (rates: ReadonlyMap<number, bigint>) => Effect.Effect<void, QueueingError>;
    /** The rate that the link of each attached neighbour has now, by index, in bits a second. */
    readonly linkRates: Effect.Effect<ReadonlyMap<number, bigint>>;
    /** As `setRates` what of each link is unsold: see {@link QueuePlan.unsold}. */
    readonly setUnsold: (rates: ReadonlyMap<number, bigint>) => Effect.Effect<void, QueueingError>;
    /** Q4: open, or throttled to the free rate in both directions. */
    readonly setStanding: (
      plan: QueuePlan,
      standing: "open" | "throttled",
    ) => Effect.Effect<void, QueueingError>;
    /**
     * Restores what somebody took away of what was attached: to be called at every look, and cheap
     * where nothing did. Tells the differences in words.
     */
    readonly reconcile: Effect.Effect<Restoration, QueueingError>;
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
    /**
     * What came from each neighbour since its counters were made, by the name of its class-0 tunnel.
     * They are no part of any bill.
     */
    readonly tally: Effect.Effect<ReadonlyMap<string, NeighbourTally>, QueueingError>;
    /** Sets how much more is given away, from what `usage` told on; for attached neighbours with a meter. */
    readonly setLeaks: (
      before: QuotaUsage,
      rooms: readonly LeakRoom[],
    ) => Effect.Effect<void, QueueingError>;
    /** Throttles our own users, tells them so, or opens again: nothing is open. Outlives `attach`. */
    readonly setOwn: (own: OwnPlan | undefined) => Effect.Effect<void, QueueingError>;
    /** Removes all of it. Missing parts are fine. */
    readonly clean: Effect.Effect<void, QueueingError>;
  }
>()("meshtoll/adapters/queueing/Queueing") {}

/** Inner bytes of one neighbour, as the kernel's filter counts them. */
export interface NeighbourTally {
  readonly received: bigint;
  /** On a class cheaper than the destination's, leading nowhere, or not asked for. */
  readonly junk: bigint;
  /** Of it, so much came on the tunnel of a delivery that we pay for. */
  readonly undue: bigint;
  /** Carried for nothing: taken from it, and handed to it. */
  readonly freeIn: bigint;
  readonly freeOut: bigint;
  /** Of what was taken for nothing, so much left where that costs us something. */
  readonly leaked: bigint;
}

/** Nothing came. */
export const noTally: NeighbourTally = {
  received: 0n,
  junk: 0n,
  undue: 0n,
  freeIn: 0n,
  freeOut: 0n,
  leaked: 0n,
};

/** What was not as it should be, and is again. */
export interface Restoration {
  readonly differences: readonly string[];
  /** Whether limits began anew, closed: hand all of them on again. */
  readonly closed: boolean;
}

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
