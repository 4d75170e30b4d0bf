import type { Prefix } from "#core/route/prefix.ts";
import { saleOf } from "#core/route/resale-class.ts";
import type { Offer } from "#core/route/route-message.ts";
import { here } from "#core/route/vector.ts";
import type { NodeId } from "#core/units/node-id.ts";
import type { Choice } from "./route-choice.ts";

/**
 * What we carry bytes to for one neighbour: our own destinations and all that we chose a way to, but not
 * back through itself. What a destination costs it is the price of the class in which it is sold: that
 * class's next lease says the same. What would be sold at a loss is not offered.
 * @param prices what its next lease of each class would cost it, class 1 first.
 * @param own what this node announces, and whether it is an address of the node itself.
 */
export function offersTo(
  neighbour: NodeId,
  prices: readonly (bigint | undefined)[],
  own: readonly { readonly prefix: Prefix; readonly isSelf: boolean }[],
  choices: ReadonlyMap<Prefix, Choice>,
): ReadonlyMap<Prefix, Offer> {
  const offers = new Map<Prefix, Offer>();
  const put = (prefix: Prefix, cost: bigint | undefined, way: Offer["vector"]): void => {
    const sale = saleOf(cost, prices);
    if (sale === undefined) return;
    offers.set(prefix, { class: sale.class, vector: { ...way, price: sale.price } });
  };
  for (const { prefix, isSelf } of own) put(prefix, isSelf ? undefined : 0n, here);
  for (const [prefix, { taken }] of choices) {
    const vector = taken?.candidate.vector;
    if (vector === undefined || taken?.hop.id === neighbour) continue;
    // What is sold from now on is not covered by leases held: it costs what is asked.
    put(prefix, taken?.advertised?.price ?? vector.price, vector);
  }
  return offers;
}
