import type { PriceClass } from "#core/units/price-class.ts";

/** Something an audit objects to. */
export interface Finding {
  /** The node in whose journal it stands. */
  readonly node: string;
  /** The number of the event in that journal, 1 first; nothing where two journals disagree. */
  readonly event: number | undefined;
  /** The commit that carried it, where it was read from a journal on disk. */
  readonly sequence: bigint | undefined;
  readonly neighbour: string | undefined;
  readonly class: PriceClass | undefined;
  /** The rule or theorem that does not hold. */
  readonly rule: string;
  /** What was found, in words. */
  readonly words: string;
}

/** An audit stops listing after so many findings, and goes on counting. */
export const findingLimit = 1000;
