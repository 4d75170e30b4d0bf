/**
 * What is believed of a neighbour's prices. An advert can only choose the way; what is billed are
 * leases. Whoever leased dearer than it advertised is taken at the price of that lease until it
 * advertises as much.
 */
export interface PriceBelief {
  /** Leases of the account that were looked at. */
  readonly leases: bigint;
  /** The price of a lease that was dearer than the dearest advert; nothing while adverts hold. */
  readonly caught: bigint | undefined;
}

/** Nothing is known of the neighbour yet. @param leases how many it has granted so far. */
export function newBelief(leases: bigint): PriceBelief {
  return { leases, caught: undefined };
}

/**
 * Looks at the newest lease of an account.
 * @param leases how many leases are held, and the price of the last one in grains a byte.
 * @param advertised the dearest price that the neighbour advertises for this class.
 */
export function afterLeases(
  belief: PriceBelief,
  leases: bigint,
  leasePrice: bigint | undefined,
  advertised: bigint | undefined,
): PriceBelief {
  const admitted =
    belief.caught !== undefined && advertised !== undefined && advertised >= belief.caught;
  const caught = admitted ? undefined : belief.caught;
  if (leases === belief.leases || leasePrice === undefined) return { leases, caught };
  if (advertised === undefined || leasePrice <= advertised) return { leases, caught };
  return { leases, caught: caught === undefined || leasePrice > caught ? leasePrice : caught };
}

/** The price to choose by, in grains a byte. */
export function believedPrice({ caught }: PriceBelief, advertised: bigint): bigint {
  return caught !== undefined && caught > advertised ? caught : advertised;
}
