import type { Asked, Charge, Config, NeighbourConfig } from "#agent/config/config.ts";
import { type Asking, ask } from "#core/negotiation/asking.ts";
import { type Damped, damped } from "#core/negotiation/damping.ts";
import {
  emptyWindow,
  type Purchase,
  type PurchaseWindow,
  resized,
  withPurchase,
} from "#core/negotiation/purchase-window.ts";
import { boughtBefore, boughtSince, type Looked } from "#core/negotiation/purchases.ts";
import type { Wishes } from "#core/negotiation/wishes.ts";
import type { Node } from "#core/node/node.ts";
import { dearest } from "#core/schedule/schedule.ts";
import type { NodeId } from "#core/units/node-id.ts";
import { type Price, price } from "#core/units/price.ts";

/** What one neighbour is asked for one class, and what is known for that. */
export interface MarketSeat {
  readonly damped: Damped;
  readonly bought: PurchaseWindow;
  readonly asking: Asking;
  /** How often it changed in this run. */
  readonly changes: number;
}

/** What all neighbours are asked. Everything in it can be lost: it begins anew from the ledger. */
export interface MarketBook {
  /**
   * Thinks about every price once more. @param seconds since the last time, for how much the links could
   * have carried: no bill hangs on it.
   */
  readonly think: (node: Node, config: Config, wishes: Wishes, seconds: number) => void;
  /** What the market asks a neighbour, class 1 first; nothing before it has thought about it. */
  readonly asked: (neighbour: NodeId) => readonly Asked[] | undefined;
  readonly seat: (neighbour: NodeId, paidClass: number) => MarketSeat | undefined;
}

/** One account on which we pay: how far it was looked at, and what was bought since the look before. */
interface Upstream {
  readonly looked: Looked;
  readonly purchases: readonly Purchase[];
}

/** A book in which nothing is known. */
export function marketBook(): MarketBook {
  const upstreams = new Map<string, Upstream>();
  const carried = new Map<string, bigint>();
  const seats = new Map<string, MarketSeat>();
  const asked = new Map<NodeId, readonly Asked[]>();

  /** Bytes more than at the last look; none at the first. */
  const since = (key: string, total: bigint): bigint => {
    const before = carried.get(key) ?? total;
    carried.set(key, total);
    return total > before ? total - before : 0n;
  };
  return {
    think: (node, config, wishes, seconds) => {
      lookUpstream(node, config, wishes, upstreams);
      const capacity = (config.rates.link * BigInt(Math.round(seconds * 1000))) / 8000n;
      const moved = new Map(
        node.ledger.neighbours.map(({ id }, i) => [
          id,
          {
            sent: since(`sent ${id}`, totalOf(node, i, "sent")),
            received: since(`received ${id}`, totalOf(node, i, "read")),
          },
        ]),
      );
      for (const neighbour of config.neighbours) {
        const { id, charge, classes } = neighbour;
        if (!moved.has(id)) continue;
        const via = viaOf(config, charge);
        const into = moved.get(id)?.received ?? 0n;
        const out = via === undefined ? 0n : (moved.get(via)?.sent ?? 0n);
        const sold = into > out ? into : out;
        const prices = Array.from({ length: classes }, (_, i): Asked => {
          const key = `${id} ${i + 1}`;
          const seat = next(node, config, { neighbour, via, at: i }, wishes, upstreams, {
            before: seats.get(key),
            sold,
            capacity,
          });
          seats.set(key, seat);
          const { price: least } = seat.asking;
          return {
            least: least === undefined ? undefined : price(least),
            most: price(wishes.ceiling),
          };
        });
        asked.set(id, prices);
      }
    },
    asked: (neighbour) => asked.get(neighbour),
    seat: (neighbour, paidClass) => seats.get(`${neighbour} ${paidClass}`),
  };
}

/** A class of a neighbour that may be sold over another one. */
interface Ware {
  readonly neighbour: NeighbourConfig;
  readonly via: NodeId | undefined;
  /** 0 for class 1. */
  readonly at: number;
}

function next(
  node: Node,
  config: Config,
  ware: Ware,
  wishes: Wishes,
  upstreams: ReadonlyMap<string, Upstream>,
  known: {
    readonly before: MarketSeat | undefined;
    readonly sold: bigint;
    readonly capacity: bigint;
  },
): MarketSeat {
  const { before, sold, capacity } = known;
  const bought = suppliersOf(config, ware)
    .flatMap((id) =>
      before === undefined
        ? remembered(node, id, ware.at, wishes)
        : (upstreams.get(`${id} ${ware.at + 1}`)?.purchases ?? []),
    )
    // What comes from several accounts in one look: the cheapest counts as the oldest.
    .toSorted((a, b) => (a.dearest < b.dearest ? -1 : a.dearest > b.dearest ? 1 : 0))
    .reduce(withPurchase, windowOf(before, wishes));
  const { charge } = ware.neighbour;
  const fee = charge.kind === "resale" ? (charge.fee > 0n ? charge.fee : 1n) : 0n;
  const sight = { bought, present: presentOf(node, ware), fee, sold, capacity };
  const now = before?.damped ?? damped(firstPrice(node, ware, wishes));
  const asking = ask(wishes, now, sight);
  const isOther = before !== undefined && asking.price !== before.asking.price;
  const changes = (before?.changes ?? 0) + (isOther ? 1 : 0);
  const kept = asking.isStale ? emptyWindow(wishes.window) : bought;
  return { damped: asking.damped, bought: kept, asking, changes };
}

function windowOf(before: MarketSeat | undefined, { window }: Wishes): PurchaseWindow {
  if (before === undefined) return emptyWindow(window);
  return before.bought.limit === window ? before.bought : resized(before.bought, window);
}

/** From whom what is sold to a neighbour was bought: never from itself, or two would drive each other up. */
function suppliersOf({ neighbours }: Config, { neighbour, via }: Ware): readonly NodeId[] {
  if (via !== undefined) return [via];
  return neighbours.map(({ id }) => id).filter((id) => id !== neighbour.id);
}

function viaOf({ neighbours }: Config, charge: Charge): NodeId | undefined {
  if (charge.kind === "price") return undefined;
  return neighbours.find(({ name }) => name === charge.via)?.id;
}

/** The dearest lease held of whom it is resold from; nothing where none is, or several may be. */
function presentOf(node: Node, { via, at }: Ware): Price | undefined {
  if (via === undefined) return undefined;
  const account = payingAccount(node, via, at);
  return account === undefined ? undefined : dearest(account.schedule, account.sent);
}

/** What was asked last, by the ledger or as it is written; within the wishes. */
function firstPrice(node: Node, { neighbour, at }: Ware, { floor, ceiling }: Wishes): bigint {
  const { charge, id } = neighbour;
  const ledger = node.ledger.neighbours.find((one) => one.id === id)?.inbound[at];
  const written = charge.kind === "price" ? charge.prices[at] : undefined;
  const found = ledger?.price ?? written ?? floor;
  return found < floor ? floor : found > ceiling ? ceiling : found;
}

/** What the leases of an account still tell of the last bytes: how a window begins. */
function remembered(node: Node, id: NodeId, at: number, { window }: Wishes): readonly Purchase[] {
  const account = payingAccount(node, id, at);
  return account === undefined
    ? []
    : boughtBefore(account.schedule, account.sent, window).purchases;
}

/** What we pay a neighbour on: its leases, and how far we sent. */
function payingAccount(node: Node, id: NodeId, at: number) {
  const index = node.ledger.neighbours.findIndex((one) => one.id === id);
  const account = node.ledger.neighbours[index]?.outbound[at];
  if (account === undefined) return undefined;
  return { schedule: account.schedule, sent: node.live[index]?.paths[at]?.sent ?? account.sent };
}

/** What was bought on every account since the last look; of a new one, what its leases still tell. */
function lookUpstream(
  node: Node,
  { neighbours }: Config,
  { window }: Wishes,
  upstreams: Map<string, Upstream>,
): void {
  for (const { id, classes, maxPrice } of neighbours) {
    for (let at = 0; at < classes; at++) {
      const account = payingAccount(node, id, at);
      if (account === undefined) continue;
      const { schedule, sent } = account;
      const key = `${id} ${at + 1}`;
      const before = upstreams.get(key)?.looked;
      const since = before && boughtSince(schedule, before, sent, maxPrice);
      // Of a new account, and of one that began anew after a lost disk, what its leases tell.
      const isKnown = since !== undefined && typeof since !== "string";
      upstreams.set(key, isKnown ? since : boughtBefore(schedule, sent, window));
    }
  }
}

/** Bytes of all paid classes of a neighbour: sent, or read as received. */
function totalOf(node: Node, index: number, which: "sent" | "read"): bigint {
  return (node.live[index]?.paths ?? []).reduce((all, path) => all + path[which], 0n);
}
