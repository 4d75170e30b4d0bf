import type { Hop } from "#agent/routing/route-choice.ts";
import { neutral } from "#core/quality/evidence.ts";
import { here } from "#core/route/vector.ts";
import { priceClass } from "#core/units/price-class.ts";

/** A neighbour of the diamond that asks so much for a byte, or offers nothing. */
export function hop(id: string, price: bigint | undefined, more: Partial<Hop> = {}): Hop {
  return {
    id,
    index: id === "b" ? 0 : 1,
    interfaceName: `toll${id}0`,
    address: `fe80::${id}`,
    alive: true,
    link: here,
    cap: 1000n,
    offer: () =>
      price === undefined ? undefined : { class: priceClass(1), vector: { ...here, price } },
    believed: (_, advertised) => advertised,
    priceNow: (_, asked) => asked,
    factors: () => ({ loss: neutral, delay: neutral }),
    classes: 1,
    ...more,
  };
}
