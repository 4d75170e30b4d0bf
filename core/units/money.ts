/**
 * Money in units so small that price x bytes is exact ("grains"): never a float, never rounded
 * before settlement (protocol section 2). How many grains one unit of the settlement token has is
 * a fact of the channel (see {@link toTokenUnits}).
 */
export type Money = bigint & { readonly unit: "grain" };

/** No money. */
export const noMoney = 0n as Money;

/** The largest total: what fits the 128-bit cumulative amount of a voucher with room for the scale. */
export const moneyLimit = (1n << 160n) - 1n;

/**
 * An amount of money, in grains.
 * @throws RangeError below 0 or above {@link moneyLimit}.
 */
export function money(grains: bigint): Money {
  if (grains < 0n || grains > moneyLimit) {
    throw new RangeError(`money lies between 0 and 2^160 - 1 grains, found ${grains}`);
  }
  return grains as Money;
}

/** Money in whole units of the settlement token, as it stands in a voucher. */
export type TokenUnits = bigint & { readonly unit: "token unit" };

/** The largest cumulative amount a voucher can carry (uint128 in the contract). */
export const tokenUnitsLimit = (1n << 128n) - 1n;

/**
 * An amount in token units.
 * @throws RangeError outside of an unsigned 128-bit number.
 */
export function tokenUnits(value: bigint): TokenUnits {
  if (value < 0n || value > tokenUnitsLimit) {
    throw new RangeError(`a token amount lies between 0 and 2^128 - 1, found ${value}`);
  }
  return value as TokenUnits;
}

/**
 * The one rounding of the protocol (T13): a total of grains becomes whole token units, upwards,
 * because the payer pays it. Rounding a *total* costs the payer less than one unit in the life of
 * the account; rounding each payment would cost one unit a payment.
 */
export function toTokenUnits(total: Money, grainsPerUnit: bigint): TokenUnits {
  return tokenUnits((total + grainsPerUnit - 1n) / grainsPerUnit);
}

/** The grains that whole token units are worth: what the payee may count on, exactly. */
export function toGrains(units: TokenUnits, grainsPerUnit: bigint): Money {
  return money(units * grainsPerUnit);
}
