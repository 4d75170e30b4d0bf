import { payerView } from "#core/account/payer-account.ts";
import { resalePrice } from "#core/negotiation/resale-price.ts";
import { integers } from "#core/rules/algebra.ts";
import { coverable } from "#core/rules/resale-rules.ts";
import { dearest, reach } from "#core/schedule/schedule.ts";
import type { NodeId } from "#core/units/node-id.ts";
import { origin, type Position } from "#core/units/position.ts";
import { type Price, price } from "#core/units/price.ts";
import type { PriceClass } from "#core/units/price-class.ts";
import type { ResoldClass } from "./input.ts";
import type { LivePath } from "./live.ts";
import type { Node } from "./node.ts";
import type { NeighbourPolicy, Pricing } from "./policy.ts";
import {
  type Acting,
  acting,
  earningClasses,
  inboundOf,
  outboundOf,
  type PathKey,
  revisePath,
  type Turn,
} from "./turn.ts";

/** What the next lease costs: the fixed price, or our fee on the dearest lease held upstream; nothing where none may be sold. */
export function priceOf(turn: Turn, of: Acting, key: PathKey): Price | undefined {
  const pricing = pricingOf(of, key.class);
  if (pricing === undefined || pricing.kind === "withheld") return undefined;
  if (pricing.kind === "fixed") return pricing.price;
  const upstream = upstreamOf(turn, pricing.via, key.class);
  if (upstream === undefined) return undefined;
  const dear = dearest(upstream.account.schedule, upstream.path.sent);
  const asked = dear === undefined ? undefined : resalePrice(dear, pricing);
  return asked === undefined ? undefined : price(asked);
}

/**
 * How many of so many bytes may be leased (T12): for resale, no more than what is held upstream
 * beyond what other leases of ours already promise.
 */
export function uncovered(turn: Turn, of: Acting, key: PathKey, bytes: bigint): bigint {
  const pricing = pricingOf(of, key.class);
  if (pricing?.kind !== "resale") return bytes;
  const upstream = upstreamOf(turn, pricing.via, key.class);
  // After a restart more may have been sent than is known: what is held is known with the first reading.
  if (upstream === undefined || !upstream.path.seen) return 0n;
  const held = payerView(upstream.account, upstream.path.sent);
  return coverable(integers, held, promised(turn, pricing.via, key.class), bytes);
}

/** Bytes that neighbours may still send on leases sold over this upstream. */
function promised(turn: Turn, via: NodeId, paidClass: PriceClass): bigint {
  let all = 0n;
  turn.node.ledger.neighbours.forEach((_, neighbour) => {
    const of = acting(turn, neighbour);
    const pricing = of === undefined ? undefined : pricingOf(of, paidClass);
    if (of === undefined || pricing === undefined) return;
    const found = inboundOf(of, paidClass);
    if (found === undefined) return;
    const isSold = pricing.kind === "resale" && pricing.via === via;
    const end = isSold
      ? found.account.schedule.end
      : (found.path.resold.find((one) => one.via === via)?.until ?? origin);
    const used = usedOf(found.path);
    if (end > used) all += end - used;
  });
  return all;
}

/** How far a neighbour has used its leases: what it sent by its own payments may not have come. */
function usedOf({ read, paid }: LivePath): Position {
  return read > paid ? read : paid;
}

/**
 * A class that was resold is sold otherwise from now on, over another upstream, or not at all: the leases
 * out go on to count among those that are covered where they were, until they are used, else what is held
 * for them would be sold to others (T12). The next run is told of them. @param now the new policy; nothing where the neighbour goes.
 */
export function keepResold(turn: Turn, neighbour: number, now: NeighbourPolicy | undefined): void {
  const of = acting(turn, neighbour);
  if (of === undefined) return;
  for (const paidClass of earningClasses(of)) {
    const before = pricingOf(of, paidClass);
    const found = inboundOf(of, paidClass);
    if (found === undefined || before?.kind !== "resale") continue;
    const after = now?.prices[paidClass - 1];
    if (after?.kind === "resale" && after.via === before.via) continue;
    const used = usedOf(found.path);
    const others = found.path.resold.filter(({ via, until }) => via !== before.via && until > used);
    const { end } = found.account.schedule;
    const resold = end > used ? [...others, { via: before.via, until: end }] : others;
    revisePath(turn, { neighbour, class: paidClass }, { resold });
  }
}

/** As {@link keepResold}, for what a run before this one resold: all leases that are out may be of it. */
export function resumeResold(turn: Turn, { id, class: paidClass, via }: ResoldClass): void {
  const neighbour = turn.node.ledger.neighbours.findIndex((other) => other.id === id);
  const of = neighbour < 0 ? undefined : acting(turn, neighbour);
  const found = of === undefined ? undefined : inboundOf(of, paidClass);
  if (of === undefined || found === undefined) return;
  const pricing = pricingOf(of, paidClass);
  if (pricing?.kind === "resale" && pricing.via === via) return;
  const { end } = found.account.schedule;
  if (end <= usedOf(found.path)) return;
  const others = found.path.resold.filter((one) => one.via !== via);
  const resold = [...others, { via, until: end }];
  revisePath(turn, { neighbour, class: paidClass }, { resold });
}

/** What is resold now, and what was while leases of it are out: what the next run has to be told. */
export function resoldNow({ ledger, live }: Pick<Node, "ledger" | "live">): readonly ResoldClass[] {
  return ledger.neighbours.flatMap(({ id, inbound }, i) =>
    inbound.flatMap((_, index) => {
      const path = live[i]?.paths[index];
      const pricing = live[i]?.policy?.prices[index];
      const before = path?.resold.filter(({ until }) => until > usedOf(path)) ?? [];
      const now = pricing?.kind === "resale" ? [pricing.via] : [];
      const vias = new Set([...now, ...before.map(({ via }) => via)]);
      return [...vias].map((via) => ({ id, class: (index + 1) as PriceClass, via }));
    }),
  );
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
