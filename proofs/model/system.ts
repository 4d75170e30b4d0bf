import type { Algebra, Curve } from "#core/rules/algebra.ts";

/**
 * A state machine written once over an algebra, as the rules are: small numbers enumerate it, terms
 * prove it for all integers. F names its fields, C its constants.
 */
export interface System<F extends string, C extends string> {
  readonly name: string;
  readonly fields: readonly F[];
  readonly constants: readonly C[];
  readonly model: <I, B>(world: World<C, I, B>) => Model<F, I, B>;
}

/** What a system is read in: an algebra, the cumulative price F, and what its constants are. */
export interface World<C extends string, I, B> {
  readonly a: Algebra<I, B>;
  /** F where every position has its price for ever. A system cuts it off where leases end. */
  readonly f: Curve<I>;
  readonly constants: Readonly<Record<C, I>>;
}

/** One state: a whole number in each field. */
export type State<F extends string, I> = Readonly<Record<F, I>>;

/** A system read in one algebra. */
export interface Model<F extends string, I, B> {
  /** What is asked of the constants. */
  readonly terms: readonly Named<B>[];
  readonly first: State<F, I>;
  readonly actions: readonly Action<F, I, B>[];
  readonly claims: (state: State<F, I>) => readonly Claim<B>[];
}

/** A truth value with a name: an assumption, or one part of a guard. */
export interface Named<B> {
  readonly name: string;
  readonly holds: B;
}

/** What must hold in every reachable state. */
export interface Claim<B> extends Named<B> {
  /** The theorem of the protocol it is, or is a part of: T1 to T24. */
  readonly theorem: string;
}

/** Something that can happen: to every whole number `choice` for which the guard holds. */
export interface Action<F extends string, I, B> {
  /** In plain words, for counter-examples. */
  readonly name: string;
  /** Whether `choice` means anything; where not, it is 0. */
  readonly chooses: boolean;
  readonly guard: (state: State<F, I>, choice: I) => readonly Named<B>[];
  readonly next: (state: State<F, I>, choice: I) => State<F, I>;
}

/** a = b, which the rules themselves never ask. */
export function equal<I, B>(a: Algebra<I, B>, one: I, other: I): B {
  return a.and(a.atMost(one, other), a.atMost(other, one));
}
