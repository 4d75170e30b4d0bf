import { payerView } from "#core/account/payer-account.ts";
import { integers } from "#core/rules/algebra.ts";
import { coverable } from "#core/rules/resale-rules.ts";
import { dearest, reach } from "#core/schedule/schedule.ts";
import type { NodeId } from "#core/units/node-id.ts";
import { type Price, price, priceLimit } from "#core/units/price.ts";
import type { PriceClass } from "#core/units/price-class.ts";
import type { Pricing } from "./policy.ts";
import { type Acting, acting, inboundOf, outboundOf, type PathKey, type Turn } from "./turn.ts";

/** What the next lease costs: the fixed price, or our fee on the dearest lease held upstream. */
export function priceOf(turn: Turn, of: Acting, key: PathKey): Price | undefined {
  const pricing = pricingOf(of, key.class);
  if (pricing === undefined) return undefined;
  if (pricing.kind === "fixed") return pricing.price;
  const upstream = upstreamOf(turn, pricing.via, key.class);
  if (upstream === undefined) return undefined;
  const dear = dearest(upstream.account.schedule, upstream.path.sent);
  if (dear === undefined || dear + pricing.fee > priceLimit) return undefined;
  return price(dear + pricing.fee);
}

/**
 * How many of so many bytes may be leased (T12): for resale, no more than what is held upstream
 * beyond what other leases of ours already promise.
 */
export function uncovered(turn: Turn, of: Acting, key: PathKey, bytes: bigint): bigint {
  const pricing = pricingOf(of, key.class);
  if (pricing?.kind !== "resale") return bytes;
  const upstream = upstreamOf(turn, pricing.via, key.class);
  if (upstream === undefined) return 0n;
  const held = payerView(upstream.account, upstream.path.sent);
  return coverable(integers, held, promised(turn, pricing.via, key.class), bytes);
}

/** Bytes that neighbours may still send on leases sold over this upstream. */
function promised(turn: Turn, via: NodeId, paidClass: PriceClass): bigint {
  let all = 0n;
  turn.node.ledger.neighbours.forEach((_, neighbour) => {
    const of = acting(turn, neighbour);
    const pricing = of === undefined ? undefined : pricingOf(of, paidClass);
    if (of === undefined || pricing?.kind !== "resale" || pricing.via !== via) return;
    const found = inboundOf(of, paidClass);
    if (found === undefined) return;
    const { read, paid } = found.path;
    all += found.account.schedule.end - (read > paid ? read : paid);
  });
  return all;
}

/** Neighbours who buy what we hold from this one: a new lease here may allow one there. */
export function resellersOf(turn: Turn, upstream: number): readonly number[] {
  const id = turn.node.ledger.neighbours[upstream]?.id;
  return turn.live.flatMap((live, neighbour) =>
    live.policy?.prices.some((pricing) => pricing.kind === "resale" && pricing.via === id) === true
      ? [neighbour]
      : [],
  );
}

/** How far a payer had got by its own payments when the counter was read. */
export function paidPosition(of: Acting, paidClass: PriceClass) {
  const found = inboundOf(of, paidClass);
  return found === undefined ? undefined : reach(found.account.schedule, found.account.credited);
}

function pricingOf(of: Acting, paidClass: PriceClass): Pricing | undefined {
  return of.live.policy?.prices[paidClass - 1];
}

function upstreamOf(turn: Turn, via: NodeId, paidClass: PriceClass) {
  const neighbour = turn.node.ledger.neighbours.findIndex((other) => other.id === via);
  const of = neighbour < 0 ? undefined : acting(turn, neighbour);
  return of === undefined ? undefined : outboundOf(of, paidClass);
}
