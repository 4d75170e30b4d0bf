import type { Algebra } from "./algebra.ts";

/** What the contract has of a channel, in totals: both deposits, both vouchers, both payouts. */
export interface ContractView<I> {
  readonly depositA: I;
  readonly depositB: I;
  /** What a signed to b as far as it was registered, and the reverse. */
  readonly cumAB: I;
  readonly cumBA: I;
  readonly outA: I;
  readonly outB: I;
}

/**
 * What each signed, as far as it has that: nothing beyond is paid, so nothing beyond is settled, or
 * a party could register more than it has, and owe nothing on the channels after this one. At most
 * one of the two is cut.
 */
export function countedTotals<I, B>(
  a: Algebra<I, B>,
  { depositA, depositB, cumAB, cumBA, outA, outB }: ContractView<I>,
): Pick<ContractView<I>, "cumAB" | "cumBA"> {
  return {
    cumAB: a.min(cumAB, a.subtract(a.add(depositA, cumBA), outA)),
    cumBA: a.min(cumBA, a.subtract(a.add(depositB, cumAB), outB)),
  };
}

/**
 * What each party would get if the channel were closed now: its deposit and what counts of the
 * other's signed total, less what counts of its own, and what it took out.
 */
export function partsOf<I, B>(
  a: Algebra<I, B>,
  view: ContractView<I>,
): { readonly a: I; readonly b: I } {
  const { cumAB, cumBA } = countedTotals(a, view);
  return {
    a: a.subtract(a.add(view.depositA, cumBA), a.add(cumAB, view.outA)),
    b: a.subtract(a.add(view.depositB, cumAB), a.add(cumBA, view.outB)),
  };
}
