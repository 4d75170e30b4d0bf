import * as Effect from "effect/Effect";
import * as Latch from "effect/Latch";
import type { NodeId } from "#core/units/node-id.ts";
import { type Datagram, datagramLimit, type LinkCounts } from "./link.ts";
import { type Share, type TokenBucket, tokenBucket } from "./token-bucket.ts";

/** How many datagrams wait at most: of one neighbour, and of all together. */
export interface InboxLimits {
  readonly ofOne: number;
  readonly ofAll: number;
}

/** At most 1.2 MB waits in all, and one neighbour fills at most a sixteenth of it. */
export const defaultInboxLimits: InboxLimits = { ofOne: 64, ofAll: 1024 };

/** Where the datagrams of all neighbours wait: bounded, counted, and emptied in turns. */
export interface Inbox {
  /**
   * Takes in a datagram of a neighbour, or drops and counts it: longer than the protocol allows,
   * faster than its share, or no room (the newest is dropped: what waits is older, not worse,
   * and every message states the whole). Copies the bytes. Constant time.
   */
  readonly put: (neighbour: NodeId, bytes: Uint8Array) => void;
  /** The next datagram; neighbours who have some take turns. Waits without holding anything. */
  readonly take: Effect.Effect<Datagram>;
  /** Adds one to a count of a neighbour. */
  readonly count: (neighbour: NodeId, what: keyof LinkCounts) => void;
  readonly counts: () => ReadonlyMap<NodeId, LinkCounts>;
  /** From now on for these neighbours; who stays keeps everything, what waits of others goes. */
  readonly setNeighbours: (neighbours: readonly NodeId[]) => void;
}

type Tally = { -readonly [What in keyof LinkCounts]: number };

interface Place {
  readonly tally: Tally;
  readonly bucket: TokenBucket;
  readonly waiting: Datagram[];
}

/**
 * An inbox for these neighbours.
 * @param milliseconds a monotonic clock, for the shares only.
 */
export function inbox(
  neighbours: readonly NodeId[],
  share: Share,
  limits: InboxLimits,
  milliseconds: () => number,
): Inbox {
  const places = new Map(neighbours.map((id) => [id, place(share, milliseconds())]));
  /** Neighbours with waiting datagrams, in the order of their turns; each at most once. */
  const turns: NodeId[] = [];
  const arrived = Latch.makeUnsafe(false);
  let waiting = 0;

  const next = (): Datagram | undefined => {
    const id = turns.shift();
    const at = id === undefined ? undefined : places.get(id);
    const datagram = at?.waiting.shift();
    if (id === undefined || at === undefined || datagram === undefined) return undefined;
    waiting -= 1;
    if (at.waiting.length > 0) turns.push(id);
    return datagram;
  };

  const take: Effect.Effect<Datagram> = Effect.suspend(() => {
    const datagram = next();
    if (datagram !== undefined) return Effect.succeed(datagram);
    arrived.closeUnsafe();
    return Effect.andThen(arrived.await, take);
  });

  const put = (neighbour: NodeId, bytes: Uint8Array): void => {
    const at = places.get(neighbour);
    if (at === undefined) return;
    const fate = judge(at, bytes, milliseconds(), waiting, limits);
    at.tally[fate] += 1;
    if (fate !== "received") return;
    waiting += 1;
    // Not slice(): that of a Buffer is a view, and would keep the socket's whole buffer alive.
    if (at.waiting.push({ neighbour, bytes: new Uint8Array(bytes) }) === 1) turns.push(neighbour);
    arrived.openUnsafe();
  };

  const count = (neighbour: NodeId, what: keyof LinkCounts): void => {
    const at = places.get(neighbour);
    if (at !== undefined) at.tally[what] += 1;
  };

  const setNeighbours = (wanted: readonly NodeId[]): void => {
    for (const [id, { waiting: left }] of places) {
      if (wanted.includes(id)) continue;
      places.delete(id);
      waiting -= left.length;
      const turn = turns.indexOf(id);
      if (turn >= 0) turns.splice(turn, 1);
    }
    for (const id of wanted) {
      if (!places.has(id)) places.set(id, place(share, milliseconds()));
    }
  };

  return {
    put,
    take,
    count,
    setNeighbours,
    counts: () => new Map([...places].map(([id, at]) => [id, { ...at.tally }])),
  };
}

function judge(
  at: Place,
  bytes: Uint8Array,
  now: number,
  waiting: number,
  limits: InboxLimits,
): "oversized" | "flooded" | "overflowed" | "received" {
  if (!at.bucket.take(now)) return "flooded";
  if (bytes.length > datagramLimit) return "oversized";
  if (at.waiting.length >= limits.ofOne) return "overflowed";
  if (waiting >= limits.ofAll) return "overflowed";
  return "received";
}

function place(share: Share, now: number): Place {
  const tally: Tally = {
    sent: 0,
    unsent: 0,
    received: 0,
    oversized: 0,
    strange: 0,
    flooded: 0,
    overflowed: 0,
    opened: 0,
  };
  return { tally, bucket: tokenBucket(share, now), waiting: [] };
}
