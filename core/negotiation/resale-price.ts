import { priceLimit } from "#core/units/price.ts";

/** How a class is resold: a fee on top of what upstream charges, within bounds. Grains a byte. */
export interface ResaleTerms {
  readonly fee: bigint;
  /** Asked at least, where it is more. */
  readonly least?: bigint;
  /** Never asked more: where upstream and fee are above it, nothing is sold. */
  readonly most?: bigint;
}

/**
 * What the next lease costs over an upstream price: never less than that price and the fee (T12),
 * whatever the market does. Nothing where that is more than may be asked.
 */
export function resalePrice(
  upstream: bigint,
  { fee, least, most }: ResaleTerms,
): bigint | undefined {
  const covering = upstream + fee;
  const asked = least !== undefined && least > covering ? least : covering;
  return asked > (most ?? priceLimit) || asked > priceLimit ? undefined : asked;
}
