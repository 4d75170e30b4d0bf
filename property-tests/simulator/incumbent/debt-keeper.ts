/**
 * A model of the incumbent's debt keeper (Althea's rita): one number for each neighbour, in memory,
 * kept within limits at every round and written to a file once in a while, or never.
 */
export interface DebtKeeper {
  /** What the neighbour owes us, grains; below zero what we owe it. */
  readonly debt: bigint;
  /** What the file says. */
  readonly saved: bigint;
  /** Whether the neighbour is throttled. */
  readonly throttles: boolean;
}

/** Its constants. */
export interface DebtTerms {
  /** Whoever owes more than this pays. */
  readonly payThreshold: bigint;
  /** Whoever is owed more than this throttles. */
  readonly limit: bigint;
}

/** Nobody owes anything. */
export const noDebt: DebtKeeper = { debt: 0n, saved: 0n, throttles: false };

/** Debts beyond the limit are cut off: what lies beyond is forgotten. */
export function clamped(debt: bigint, { limit }: DebtTerms): bigint {
  const most = limit + 1n;
  if (debt > most) return most;
  return debt < -most ? -most : debt;
}

/** The neighbour sent us bytes to forward, or we sent it some: it owes so much more, or less. */
export function charge(keeper: DebtKeeper, grains: bigint, terms: DebtTerms): DebtKeeper {
  return { ...keeper, debt: clamped(keeper.debt + grains, terms) };
}

/** What we pay now: all that we owe, once it is more than the threshold. */
export function payment({ debt }: DebtKeeper, { payThreshold }: DebtTerms): bigint {
  return -debt > payThreshold ? -debt : 0n;
}

/** Throttles whoever owes more than the limit, and nobody else. */
export function enforce(keeper: DebtKeeper, { limit }: DebtTerms): DebtKeeper {
  return { ...keeper, throttles: keeper.debt > limit };
}

/** Writes the file. */
export function save(keeper: DebtKeeper): DebtKeeper {
  return { ...keeper, saved: keeper.debt };
}

/** The power failed: memory is what the file says. */
export function reload({ saved }: DebtKeeper): DebtKeeper {
  return { debt: saved, saved, throttles: false };
}
