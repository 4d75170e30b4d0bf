/** A theorem that did not hold, and where. */
export interface Violation {
  /** Like `T6`; or `no false throttle`, `liveness`. */
  readonly theorem: string;
  readonly step: number;
  readonly payer: string;
  readonly payee: string;
  readonly words: string;
}

/** At most so many violations are told; the first ones matter. */
export const violationLimit = 20;
