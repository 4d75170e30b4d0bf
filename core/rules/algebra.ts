/**
 * What the rules are written over: integers I and truth values B. Bigints run them, the explorer
 * enumerates them, a solver proves them for all integers: one text, several readings.
 */
export interface Algebra<I, B> {
  /** A whole number. */
  constant(value: bigint): I;
  add(a: I, b: I): I;
  subtract(a: I, b: I): I;
  max(a: I, b: I): I;
  min(a: I, b: I): I;
  /** a <= b */
  atMost(a: I, b: I): B;
  /** a < b */
  below(a: I, b: I): B;
  and(...all: readonly B[]): B;
  or(...any: readonly B[]): B;
  not(a: B): B;
}

/** F of one account: the cumulative price of the positions before a position. */
export type Curve<I> = (position: I) => I;

/** The algebra that production runs: bigints and booleans. */
export const integers: Algebra<bigint, boolean> = {
  constant: (value) => value,
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  max: (a, b) => (a > b ? a : b),
  min: (a, b) => (a < b ? a : b),
  atMost: (a, b) => a <= b,
  below: (a, b) => a < b,
  and: (...all) => all.every(Boolean),
  or: (...any) => any.some(Boolean),
  not: (a) => !a,
};
