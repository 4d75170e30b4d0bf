import { freeClass, type PriceClass } from "#core/units/price-class.ts";

/** In which class a destination is sold to a neighbour, and at what price. */
export interface Sale {
  readonly class: PriceClass;
  /** Grains a byte. */
  readonly price: bigint;
}

/**
 * The cheapest class whose price covers what the destination costs ourselves; nothing where none does:
 * nobody is offered what would be sold at a loss.
 * @param cost what we are charged for a byte; nothing for our own address, which costs nobody anything.
 * @param prices what the neighbour pays us in each class, class 1 first; nothing where none is set.
 */
export function saleOf(
  cost: bigint | undefined,
  prices: readonly (bigint | undefined)[],
): Sale | undefined {
  if (cost === undefined) return { class: freeClass, price: 0n };
  let best: Sale | undefined;
  prices.forEach((price, i) => {
    if (price === undefined || price < cost || (best !== undefined && best.price <= price)) return;
    best = { class: (i + 1) as PriceClass, price };
  });
  return best;
}
