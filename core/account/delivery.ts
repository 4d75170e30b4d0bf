import { integers } from "#core/rules/algebra.ts";
import { banded } from "#core/rules/delivery-rules.ts";
import type { PayerView } from "#core/rules/payer-rules.ts";
import type { Position } from "#core/units/position.ts";
import type { PriceClass } from "#core/units/price-class.ts";
import type { PayerAccount } from "./payer-account.ts";
import { growthUnit, type Terms } from "./terms.ts";

/**
 * A delivery account between an exit and its client (protocol section 7): the client pays for what
 * the exit sends to it. It has no tunnel of its own; it counts, on the tunnel that carries it, the
 * direction from the exit to the client, in place of the account that would be there.
 */
export interface Delivery {
  /** What we are: the exit sends and is paid, the client receives and pays. */
  readonly role: "exit" | "client";
  /** The paid class whose tunnel carries it. */
  readonly carrier: PriceClass;
}

/** A neighbour as far as roles go. */
interface Party {
  readonly delivery: Delivery | undefined;
  /** Its accounts; a delivery account is the last one. */
  readonly outbound: readonly PayerAccount[];
}

/** The class number of the delivery account, or nothing where there is none. */
export function deliveryClass({ delivery, outbound }: Party): PriceClass | undefined {
  return delivery === undefined ? undefined : (outbound.length as PriceClass);
}

/** Whether we pay on a class: for what we send, or as a client for what is delivered to us. */
export function paysOn(party: Party, paidClass: PriceClass): boolean {
  const { delivery } = party;
  if (delivery === undefined) return true;
  if (paidClass === deliveryClass(party)) return delivery.role === "client";
  return delivery.role === "client" || paidClass !== delivery.carrier;
}

/** Whether we are paid on a class: for what we forward, or as an exit for what we deliver. */
export function earnsOn(party: Party, paidClass: PriceClass): boolean {
  const { delivery } = party;
  if (delivery === undefined) return true;
  if (paidClass === deliveryClass(party)) return delivery.role === "exit";
  return delivery.role === "exit" || paidClass !== delivery.carrier;
}

/**
 * A client reserves whole leases: no quota of its own stops what arrives between two readings, so
 * after a reboot it takes all of the lease to have arrived. The exit's word bounds what that costs,
 * and F(g) <= w + L bounds the exit's word.
 */
export function reservingTerms(party: Party, terms: Terms, paidClass: PriceClass): Terms {
  if (paidClass !== deliveryClass(party)) return terms;
  return { ...terms, reservation: party.outbound.at(-1)?.schedule.end ?? terms.reservation };
}

/** A client as the rules see it where they bound what it signs: v <= F(what r would bear out) (T22). */
export function deliveredView(client: PayerView<bigint>, terms: Terms): PayerView<bigint> {
  return { ...client, reserved: toleratedAt(terms, client.reserved as Position) };
}

/** The most that a client pays for where so much arrived: rx (1 + share) + bytes, rounded down. */
export function toleratedAt(terms: Terms, received: Position): Position {
  const { tolerance } = terms;
  if (tolerance === undefined) return received;
  const lost = (received * tolerance.share) / growthUnit;
  return banded(integers, received, lost, tolerance.bytes) as Position;
}
