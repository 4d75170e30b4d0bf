import type { Terms } from "#core/account/terms.ts";
import type { NodeId } from "#core/units/node-id.ts";
import type { Price } from "#core/units/price.ts";

/** What the operator wants with one neighbour. */
export interface NeighbourPolicy {
  readonly id: NodeId;
  /** Paid classes, 1 to 7. May grow, never shrink, in the life of the accounts. */
  readonly classes: number;
  readonly terms: Terms;
  /** What the neighbour pays us, class 1 first. */
  readonly prices: readonly Pricing[];
  /** The WireGuard public key its HELLO must name, 32 bytes. */
  readonly tunnelKey: Uint8Array;
}

/** How a class is priced. */
export type Pricing =
  | { readonly kind: "fixed"; readonly price: Price }
  /**
   * Our own fee on top of what the upstream neighbour charges us; leased only as far as we hold
   * leases upstream ourselves (T12).
   */
  | { readonly kind: "resale"; readonly via: NodeId; readonly fee: Price };
