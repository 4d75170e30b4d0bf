import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { MonotonicClock } from "#adapters/clock/monotonic-clock.ts";
import type { NodeId } from "#core/units/node-id.ts";
import { certain, type Fate } from "./fate.ts";
import { defaultInboxLimits, type Inbox, type InboxLimits, inbox } from "./inbox.ts";
import { datagramLimit, Link } from "./link.ts";
import { DatagramTooLarge, LinkDown, type LinkError, UnknownNeighbour } from "./link-error.ts";
import type { LinkNeighbour } from "./link-neighbour.ts";
import { defaultShare, type Share } from "./token-bucket.ts";

/**
 * A network in memory: nodes send to each other through it, and every fault of a real one is to
 * be had, at will and reproducibly. Nothing in it depends on time: what is delayed waits for a
 * number of later datagrams.
 */
export interface Ether {
  /** A node's link to its neighbours. A node that begins again replaces its former self. */
  readonly link: (
    self: NodeId,
    neighbours: readonly NodeId[],
    options?: { readonly share?: Share; readonly limits?: InboxLimits },
  ) => Layer.Layer<Link, never, MonotonicClock>;
  /** From now on, what becomes of each datagram. At first: {@link certain}. */
  readonly setFate: (fate: Fate) => void;
  /** Loses everything between two nodes, silently, both ways, until {@link Ether.mend}. */
  readonly cut: (a: NodeId, b: NodeId) => void;
  readonly mend: (a: NodeId, b: NodeId) => void;
  /** Takes away a node's interface to a neighbour: sends fail, and what comes is lost. */
  readonly takeDown: (self: NodeId, neighbour: NodeId) => void;
  readonly bringUp: (self: NodeId, neighbour: NodeId) => void;
  /** A datagram of any length as if the neighbour had sent it past its own adapter. */
  readonly forge: (from: NodeId, to: NodeId, bytes: Uint8Array) => void;
  /** A datagram of a stranger on the interface between a node and its neighbour. */
  readonly intrude: (self: NodeId, neighbour: NodeId, bytes: Uint8Array) => void;
  /** Delivers everything that is still delayed, oldest first. */
  readonly flush: () => void;
}

/** How many datagrams of one direction can be delayed at a time; further ones are lost. */
export const heldLimit = 1024;

interface Held {
  readonly due: number;
  readonly bytes: Uint8Array;
}

interface Direction {
  sent: number;
  held: readonly Held[];
}

/** A new network in memory, without nodes and without faults. */
export function ether(): Ether {
  const boxes = new Map<NodeId, Inbox>();
  const directions = new Map<string, Direction>();
  const severed = new Set<string>();
  const down = new Set<string>();
  let fate: Fate = certain;

  const arrive = (from: NodeId, to: NodeId, bytes: Uint8Array): void => {
    if (!severed.has(key(from, to)) && !down.has(key(to, from))) boxes.get(to)?.put(from, bytes);
  };
  const release = (from: NodeId, to: NodeId, direction: Direction, upTo: number): void => {
    const ready = direction.held.filter(({ due }) => due <= upTo);
    direction.held = direction.held.filter(({ due }) => due > upTo);
    for (const { bytes } of ready) arrive(from, to, bytes);
  };
  const carry = (from: NodeId, to: NodeId, bytes: Uint8Array): void => {
    const direction = directions.get(key(from, to)) ?? { sent: 0, held: [] };
    directions.set(key(from, to), direction);
    const n = direction.sent;
    direction.sent += 1;
    const copies = fate(n, from, to).map((delay) => ({
      due: n + delay,
      bytes: new Uint8Array(bytes),
    }));
    direction.held = [...direction.held, ...copies].slice(0, heldLimit);
    release(from, to, direction, n);
  };

  return {
    link: (self, neighbours, options = {}) =>
      Layer.effect(
        Link,
        Effect.gen(function* () {
          const { milliseconds } = yield* MonotonicClock;
          const { share = defaultShare, limits = defaultInboxLimits } = options;
          const box = inbox(neighbours, share, limits, milliseconds);
          boxes.set(self, box);
          for (const neighbour of neighbours) box.count(neighbour, "opened");
          yield* Effect.addFinalizer(() =>
            Effect.sync(() => {
              if (boxes.get(self) === box) boxes.delete(self);
            }),
          );
          return etherLink(self, neighbours, box, down, carry);
        }),
      ),
    setFate: (next) => {
      fate = next;
    },
    cut: (a, b) => {
      severed.add(key(a, b)).add(key(b, a));
    },
    mend: (a, b) => {
      severed.delete(key(a, b));
      severed.delete(key(b, a));
    },
    takeDown: (self, neighbour) => {
      down.add(key(self, neighbour));
    },
    bringUp: (self, neighbour) => {
      if (down.delete(key(self, neighbour))) boxes.get(self)?.count(neighbour, "opened");
    },
    forge: arrive,
    intrude: (self, neighbour) => boxes.get(self)?.count(neighbour, "strange"),
    flush: () => {
      for (const [name, direction] of directions) {
        const [from, to] = name.split(">") as [NodeId, NodeId];
        release(from, to, direction, Number.POSITIVE_INFINITY);
      }
    },
  };
}

function key(from: NodeId, to: NodeId): string {
  return `${from}>${to}`;
}

function etherLink(
  self: NodeId,
  first: readonly NodeId[],
  box: Inbox,
  down: ReadonlySet<string>,
  carry: (from: NodeId, to: NodeId, bytes: Uint8Array) => void,
): Link["Service"] {
  let neighbours: ReadonlySet<NodeId> = new Set(first);
  const setNeighbours = (wanted: readonly LinkNeighbour[]) =>
    Effect.sync(() => {
      const ids = wanted.map(({ id }) => id);
      box.setNeighbours(ids);
      for (const id of ids) if (!neighbours.has(id)) box.count(id, "opened");
      neighbours = new Set(ids);
    });
  const isUp = (neighbour: NodeId): boolean =>
    neighbours.has(neighbour) && !down.has(key(self, neighbour));
  const send = (neighbour: NodeId, bytes: Uint8Array): Effect.Effect<void, LinkError> =>
    Effect.suspend((): Effect.Effect<void, LinkError> => {
      if (!neighbours.has(neighbour)) return Effect.fail(new UnknownNeighbour({ neighbour }));
      if (bytes.length <= datagramLimit && isUp(neighbour)) {
        box.count(neighbour, "sent");
        return Effect.sync(() => carry(self, neighbour, bytes));
      }
      box.count(neighbour, "unsent");
      if (bytes.length > datagramLimit) {
        return Effect.fail(new DatagramTooLarge({ found: bytes.length, allowed: datagramLimit }));
      }
      const reason = "taken down";
      return Effect.fail(new LinkDown({ neighbour, interfaceName: "ether", reason }));
    });
  return Link.of({ send, receive: box.take, isUp, setNeighbours, counts: box.counts });
}
