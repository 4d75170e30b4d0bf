import type { Asking } from "#core/negotiation/asking.ts";
import { type Damped, damped } from "#core/negotiation/damping.ts";
import { emptyWindow, type PurchaseWindow } from "#core/negotiation/purchase-window.ts";
import type { Looked } from "#core/negotiation/purchases.ts";
import { resalePrice } from "#core/negotiation/resale-price.ts";
import type { Price } from "#core/units/price.ts";
import type { ScenarioMarket } from "../scenario/scenario.ts";
import type { Network, SimNode } from "./network.ts";

/** The most paid classes between two neighbours. */
export const classLimit = 7;

/** What a forwarder asks for one destination, and what it knows about it. */
export interface Seat {
  damped: Damped;
  /** Nothing where nothing can be sold within its wishes. Grains a byte. */
  price: bigint | undefined;
  asking: Asking | undefined;
  bought: PurchaseWindow;
  /** How far each of its upstream accounts was looked at, by neighbour number. */
  readonly looked: Map<number, Looked>;
  /** Bytes that it had sent on as paid at the last look, and when that was. */
  sent: bigint;
  at: number;
  readonly changes: PriceChange[];
  /** Hops that it left, the last one first: what it holds there may be cheaper than what it would buy. */
  readonly left: number[];
}

/** How many hops that were left are remembered. */
const leftLimit = 4;

/** Another next hop was chosen: the one before is remembered. @param key link * 2 + sending side. */
export function leave({ left }: Seat, key: number): void {
  const known = left.indexOf(key);
  if (known >= 0) left.splice(known, 1);
  left.unshift(key);
  if (left.length > leftLimit) left.pop();
}

/** A price that changed: what had happened in the whole network until then. */
export interface PriceChange {
  readonly step: number;
  readonly price: bigint | undefined;
  readonly messages: number;
  readonly bytes: bigint;
}

/** A seat for each destination, where a scenario has a market and the node forwards. */
export function seatsOf(
  market: ScenarioMarket | undefined,
  node: { readonly index: number; readonly ends: number; readonly fee: bigint },
  destinations: readonly number[],
): readonly Seat[] {
  const isForwarder = node.ends > 1 && node.fee > 0n && !destinations.includes(node.index);
  if (market === undefined || !isForwarder) return [];
  const { wishes, start } = market;
  const first =
    start < wishes.floor ? wishes.floor : start > wishes.ceiling ? wishes.ceiling : start;
  return destinations.slice(0, classLimit).map(() => ({
    damped: damped(first),
    price: first,
    asking: undefined,
    bought: emptyWindow(wishes.window),
    looked: new Map(),
    sent: 0n,
    at: 0,
    changes: [],
    left: [],
  }));
}

/** What a node charges for a destination over what its next hop does; nothing where it sells nothing. */
export function chargeOf(
  net: Network,
  node: SimNode,
  destination: number,
  upstream: bigint,
): bigint | undefined {
  const seat = node.seats[destination];
  if (seat === undefined) return node.price + upstream;
  if (seat.price === undefined) return undefined;
  return resalePrice(upstream, { fee: node.price, ...boundsOf(net, seat) });
}

/** The bounds that the core is told of a resale. */
export function boundsOf(net: Network, { price }: Seat) {
  const most = net.scenario.market?.wishes.ceiling as Price;
  return price === undefined ? { most } : { least: price as Price, most };
}
