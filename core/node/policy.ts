import type { Delivery } from "#core/account/delivery.ts";
import type { Terms } from "#core/account/terms.ts";
import type { NodeId } from "#core/units/node-id.ts";
import type { Price } from "#core/units/price.ts";

/** What the operator wants with one neighbour. */
export interface NeighbourPolicy {
  readonly id: NodeId;
  /** Paid classes with tunnels, 1 to 7. The same over the life of the accounts. */
  readonly classes: number;
  /** A delivery account beside them (protocol section 7); it counts among the 7. */
  readonly delivery?: Delivery;
  readonly terms: Terms;
  /** What the neighbour pays us, class 1 first; as an exit, the tariff of the delivery last. */
  readonly prices: readonly Pricing[];
  /** The WireGuard public key its HELLO must name, 32 bytes. */
  readonly tunnelKey: Uint8Array;
}

/** How a class is priced. */
export type Pricing =
  | { readonly kind: "fixed"; readonly price: Price }
  /**
   * Our own fee on top of what the upstream neighbour charges us; leased only as far as we hold
   * leases upstream ourselves (T12). Asked is at least `least` and at most `most`, where they are
   * given: with an upstream price above `most`, nothing is leased.
   */
  | {
      readonly kind: "resale";
      readonly via: NodeId;
      readonly fee: Price;
      readonly least?: Price;
      readonly most?: Price;
    }
  /**
   * Nothing is leased for now; leases that were granted hold. For what was resold a `most` below every price does
   * it better: the class stays one that is resold.
   */
  | { readonly kind: "withheld" };
