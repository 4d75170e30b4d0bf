import { deliveryClass, earnsOn, paysOn } from "#core/account/delivery.ts";
import type { PayeeAccount } from "#core/account/payee-account.ts";
import type { PayerAccount } from "#core/account/payer-account.ts";
import type { Terms } from "#core/account/terms.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import { evolve, type NeighbourLedger } from "#core/journal/ledger.ts";
import type { AccountId } from "#core/schedule/account-id.ts";
import type { PriceClass } from "#core/units/price-class.ts";
import { awaken, type LiveNeighbour, type LivePath } from "./live.ts";
import type { Node } from "./node.ts";
import type { Output } from "./output.ts";
import type { Refusal } from "./refusal.ts";

/**
 * One step in the making: the node as it stands so far, the events decided, the outputs asked for.
 * Mutable, but only inside `step`, which hands out frozen results.
 */
export interface Turn {
  node: Node;
  /** The live part, copied once a turn so that a batch of readings copies nothing again. */
  readonly live: LiveNeighbour[];
  readonly events: LedgerEvent[];
  readonly outputs: Output[];
  /** Neighbours whose invariants are checked at the end. */
  readonly touched: Set<number>;
}

/** A turn that has not decided anything. */
export function beginTurn(node: Node): Turn {
  return { node, live: node.live.slice(), events: [], outputs: [], touched: new Set() };
}

/** Decides an event: from here on the state is what it says. */
export function record(turn: Turn, event: LedgerEvent): void {
  turn.events.push(event);
  turn.node = { ...turn.node, ledger: evolve(turn.node.ledger, event) };
  if (event.type === "NeighbourAdded") {
    const added = turn.node.ledger.neighbours[event.neighbour];
    if (added !== undefined) turn.live[event.neighbour] = awaken(added);
  }
  if ("neighbour" in event) turn.touched.add(event.neighbour);
}

/** Changes the live part of a neighbour. */
export function revise(turn: Turn, neighbour: number, change: Partial<LiveNeighbour>): void {
  const before = turn.live[neighbour];
  if (before !== undefined) turn.live[neighbour] = { ...before, ...change };
}

/** Changes one live path of a neighbour. */
export function revisePath(turn: Turn, key: PathKey, change: Partial<LivePath>): void {
  const before = turn.live[key.neighbour];
  if (before === undefined) return;
  const paths = before.paths.slice();
  const path = paths[key.class - 1];
  if (path === undefined) return;
  paths[key.class - 1] = { ...path, ...change };
  turn.live[key.neighbour] = { ...before, paths };
}

/** Counts a refusal: at the neighbour, or at the node where it is about no known neighbour. */
export function refuse(turn: Turn, neighbour: number, why: Refusal): void {
  const before = turn.live[neighbour];
  const known = (before ?? turn.node).refusals;
  const refusals = { ...known, [why]: (known[why] ?? 0) + 1 };
  if (before === undefined) turn.node = { ...turn.node, refusals };
  else turn.live[neighbour] = { ...before, refusals };
}

/** Counts an input about a neighbour that {@link acting} does not find. */
export function refuseAbsent(turn: Turn, neighbour: number): void {
  const known = turn.live[neighbour] !== undefined;
  const why = known ? "neighbour stopped after a broken invariant" : "unknown neighbour";
  refuse(turn, neighbour, why);
}

/** Which account. */
export interface PathKey {
  readonly neighbour: number;
  readonly class: PriceClass;
}

/** All there is about one neighbour that the rules may act on. */
export interface Acting {
  readonly ledger: NeighbourLedger;
  readonly live: LiveNeighbour;
  readonly terms: Terms;
}

/** The neighbour, if it is configured and no invariant about it is broken. */
export function acting(turn: Turn, neighbour: number): Acting | undefined {
  const ledger = turn.node.ledger.neighbours[neighbour];
  const live = turn.live[neighbour];
  if (ledger?.terms === undefined || live === undefined || ledger.broken !== undefined) {
    return undefined;
  }
  return { ledger, live, terms: ledger.terms };
}

/** The account on which we pay, with its live path. */
export function outboundOf(
  of: Acting,
  paidClass: PriceClass,
): { readonly account: PayerAccount; readonly path: LivePath } | undefined {
  const account = of.ledger.outbound[paidClass - 1];
  const path = of.live.paths[paidClass - 1];
  return account === undefined || path === undefined ? undefined : { account, path };
}

/** The account on which we are paid, with its live path. */
export function inboundOf(
  of: Acting,
  paidClass: PriceClass,
): { readonly account: PayeeAccount; readonly path: LivePath } | undefined {
  const account = of.ledger.inbound[paidClass - 1];
  const path = of.live.paths[paidClass - 1];
  return account === undefined || path === undefined ? undefined : { account, path };
}

/** The name of the account on which we pay the neighbour. */
export function outboundId(turn: Turn, of: Acting, paidClass: PriceClass): AccountId {
  return { payer: turn.node.signer.id, payee: of.ledger.id, class: paidClass };
}

/** The name of the account on which the neighbour pays us. */
export function inboundId(turn: Turn, of: Acting, paidClass: PriceClass): AccountId {
  return { payer: of.ledger.id, payee: turn.node.signer.id, class: paidClass };
}

/** The paid classes of a neighbour, 1 first. */
export function paidClasses(of: Acting): readonly PriceClass[] {
  return of.ledger.outbound.map((_, i) => (i + 1) as PriceClass);
}

/** Those on which we pay. */
export function payingClasses(of: Acting): readonly PriceClass[] {
  return paidClasses(of).filter((paidClass) => paysOn(of.ledger, paidClass));
}

/** Those on which we are paid. */
export function earningClasses(of: Acting): readonly PriceClass[] {
  return paidClasses(of).filter((paidClass) => earnsOn(of.ledger, paidClass));
}

/** Whether a class is the delivery account, which has no tunnel of its own. */
export function isDelivery(of: Acting, paidClass: PriceClass): boolean {
  return paidClass === deliveryClass(of.ledger);
}
