import * as Context from "effect/Context";
import type * as Effect from "effect/Effect";
import type { NodeId } from "#core/units/node-id.ts";
import type { LinkError, LinkMisconfigured } from "./link-error.ts";
import type { LinkNeighbour } from "./link-neighbour.ts";

/** The longest datagram of the protocol, in bytes (protocol section 9). */
export const datagramLimit = 1200;

/** How many neighbours one link serves. */
export const neighbourLimit = 250;

/** One datagram that arrived from a neighbour. */
export interface Datagram {
  readonly neighbour: NodeId;
  readonly bytes: Uint8Array;
}

/** What happened to the datagrams of one neighbour since the link began. All are totals. */
export interface LinkCounts {
  readonly sent: number;
  /** Sends that failed, for whatever reason. */
  readonly unsent: number;
  /** Datagrams put into the queue. */
  readonly received: number;
  /** Dropped: longer than {@link datagramLimit}. */
  readonly oversized: number;
  /** Dropped: not from the neighbour's link-local address and port on its interface. */
  readonly strange: number;
  /** Dropped: faster than the neighbour's share. */
  readonly flooded: number;
  /** Dropped: the queue was full. */
  readonly overflowed: number;
  /** How often the way to the neighbour was opened: 1 if its interface never vanished. */
  readonly opened: number;
}

/**
 * Datagrams to and from neighbours over the class-0 tunnels (protocol section 9). May lose,
 * duplicate and reorder; never alters, never invents, never says a wrong neighbour.
 */
export class Link extends Context.Service<
  Link,
  {
    /**
     * Sends at most {@link datagramLimit} bytes. Success means handed over, not delivered. The
     * bytes may be altered by the caller once the effect is done.
     */
    readonly send: (neighbour: NodeId, bytes: Uint8Array) => Effect.Effect<void, LinkError>;
    /**
     * The next datagram; waits for one. Neighbours with waiting datagrams take turns, so that one
     * who sends much delays nobody else. Interrupting a wait loses nothing.
     */
    readonly receive: Effect.Effect<Datagram>;
    /** Whether a send to the neighbour would reach its interface now. */
    readonly isUp: (neighbour: NodeId) => boolean;
    /**
     * Serves these neighbours from now on. Whoever was served before keeps socket, queue and counts;
     * what waits of others is dropped. Fails, and changes nothing, on neighbours that cannot be served.
     */
    readonly setNeighbours: (
      neighbours: readonly LinkNeighbour[],
    ) => Effect.Effect<void, LinkMisconfigured>;
    /** Totals for each neighbour. */
    readonly counts: () => ReadonlyMap<NodeId, LinkCounts>;
  }
>()("meshtoll/adapters/link/Link") {}
