import * as Context from "effect/Context";
import type * as Effect from "effect/Effect";
import type { Place } from "#core/discovery/acquaintance.ts";
import type { HearingRefusal } from "#core/discovery/introductions.ts";
import type { NodeId } from "#core/units/node-id.ts";

/** A router that has proven to be there, and that it holds the key of its id. */
export interface DiscoveredPeer {
  readonly id: NodeId;
  /** WireGuard public key, base64. */
  readonly tunnelKey: string;
  /** How many paid classes it has with a neighbour it finds. */
  readonly classes: number;
  readonly place: Place;
  /** Of its class-0 tunnel towards us; 0 where it has not accepted us. */
  readonly port: number;
  /** Whether it has answered lately. */
  readonly alive: boolean;
  /** Where else the same key answers, and whether with another tunnel key. */
  readonly elsewhere: { readonly place: Place; readonly clash: boolean } | undefined;
}

/** What discovery did and met, in totals since it began. */
export interface DiscoveryCounts {
  readonly rounds: number;
  readonly sent: number;
  /** Could not be sent. */
  readonly unsent: number;
  readonly heard: number;
  /** Dropped before it was looked at: more than its share. */
  readonly flooded: number;
  /** Dropped: not from a link-local address and our port. */
  readonly strange: number;
  readonly refused: Readonly<Partial<Record<HearingRefusal, number>>>;
}

/** One moment of discovery. */
export interface DiscoveryReport {
  readonly peers: readonly DiscoveredPeer[];
  /** Where another machine with our own node key is. */
  readonly twin: Place | undefined;
  /** The interfaces that it calls on, and our own addresses there; nothing for one that is down. */
  readonly interfaces: readonly { readonly name: string; readonly address: string | undefined }[];
  readonly counts: DiscoveryCounts;
}

/** How many interfaces discovery may be given. */
export const interfaceLimit = 16;

/**
 * Who is on the same cable or channel, proven (see core/discovery). May hear nobody for a while,
 * never invents anybody; interfaces may be missing at first, vanish and come back.
 */
export class Discovery extends Context.Service<
  Discovery,
  {
    readonly report: () => DiscoveryReport;
    /** Waits until a router was proven, or something about a proven one changed. */
    readonly news: Effect.Effect<void>;
    /**
     * Tells a router at which port our class-0 tunnel towards it listens, 0 where we have not accepted
     * it, and keeps its place in the table; undefined lets it go.
     */
    readonly offer: (id: NodeId, port: number | undefined) => Effect.Effect<void>;
    /** A round of calls now, and not only when it is time. */
    readonly call: Effect.Effect<void>;
  }
>()("meshtoll/adapters/discovery/Discovery") {}
