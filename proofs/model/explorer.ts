import type { Algebra, Curve } from "#core/rules/algebra.ts";
import type { Model, State, System } from "./system.ts";

/** The algebra that enumerates: small numbers, exact far below 2^53. */
export const numbers: Algebra<number, boolean> = {
  constant: (value) => Number(value),
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

/** How large the enumerated world is. */
export interface Scope<F extends string, C extends string> {
  /** The price of each position; positions beyond cost what the last one costs. */
  readonly prices: readonly number[];
  readonly constants: Readonly<Record<C, number>>;
  /** The largest value of each field that is looked beyond. */
  readonly most: Readonly<Record<F, number>>;
  /** The largest number an action may choose. */
  readonly choices: number;
}

/** What the exploration of one scope found. */
export interface Exploration {
  readonly states: number;
  readonly transitions: number;
  /** The packed states, for comparison with another tool's. */
  readonly seen: ReadonlyMap<number, unknown>;
  readonly broken: Breach | undefined;
}

/** A shortest way to a state in which a claim does not hold. */
export interface Breach {
  readonly theorem: string;
  readonly claim: string;
  readonly steps: readonly string[];
}

/** A scope with more states than this is refused: it is a mistake, and would eat the machine. */
export const stateLimit = 12_000_000;

/**
 * Every state that a system can reach in a scope, breadth first, so that the first breach is a
 * shortest one. Exhaustive: no chance, no depth limit. Claims are checked on the states just beyond
 * the scope as well, unless `claims` are ignored: then all that can be reached is, broken or not.
 * @throws RangeError beyond {@link stateLimit}.
 */
export function explore<F extends string, C extends string>(
  system: System<F, C>,
  scope: Scope<F, C>,
  claims: "checked" | "ignored" = "checked",
): Exploration {
  const model = system.model({ a: numbers, f: curveOf(scope.prices), constants: scope.constants });
  const pack = packing(system.fields, scope);
  const seen = new Map<number, Step | undefined>();
  const queue: State<F, number>[] = [model.first];
  seen.set(pack(model.first), undefined);
  let transitions = 0;
  const end = (broken: Breach | undefined) => ({ states: seen.size, transitions, seen, broken });
  const early = claims === "ignored" ? undefined : breach(model, model.first, []);
  if (early !== undefined) return end(early);
  for (let i = 0; i < queue.length; i++) {
    const state = queue[i] as State<F, number>;
    const from = pack(state);
    for (const [by, next] of successors(model, scope, state)) {
      transitions += 1;
      const key = isInside(system.fields, scope, next) ? pack(next) : undefined;
      if (key !== undefined && seen.has(key)) continue;
      const broken =
        claims === "ignored" ? undefined : breach(model, next, () => [...wayTo(seen, from), by]);
      if (broken !== undefined) return end(broken);
      if (key === undefined) continue;
      seen.set(key, { from, by });
      queue.push(next);
      if (seen.size > stateLimit) throw new RangeError(`more than ${stateLimit} states`);
    }
  }
  return end(undefined);
}

interface Step {
  readonly from: number;
  readonly by: string;
}

/** Everything that can happen next, named. */
export function successors<F extends string, C extends string>(
  model: Model<F, number, boolean>,
  scope: Scope<F, C>,
  state: State<F, number>,
): readonly (readonly [string, State<F, number>])[] {
  const found: (readonly [string, State<F, number>])[] = [];
  for (const action of model.actions) {
    for (let choice = 0; choice <= (action.chooses ? scope.choices : 0); choice++) {
      if (!action.guard(state, choice).every(({ holds }) => holds)) continue;
      const by = action.chooses ? `${action.name} ${choice}` : action.name;
      found.push([by, action.next(state, choice)]);
    }
  }
  return found;
}

function breach<F extends string>(
  model: Model<F, number, boolean>,
  state: State<F, number>,
  steps: readonly string[] | (() => readonly string[]),
): Breach | undefined {
  const claim = model.claims(state).find(({ holds }) => !holds);
  if (claim === undefined) return undefined;
  const way = typeof steps === "function" ? steps() : steps;
  return { theorem: claim.theorem, claim: claim.name, steps: way };
}

/** F of a scope. */
export function curveOf(prices: readonly number[]): Curve<number> {
  const last = prices[prices.length - 1] ?? 1;
  const sums = [0];
  for (const price of prices) sums.push((sums[sums.length - 1] ?? 0) + price);
  const end = sums[prices.length] ?? 0;
  return (at) => (at <= 0 ? at : (sums[at] ?? end + (at - prices.length) * last));
}

/** Every list of prices out of {1, 2} of a length. */
export function priceVectors(length: number): readonly (readonly number[])[] {
  return Array.from({ length: 1 << length }, (_, mask) =>
    Array.from({ length }, (_, i) => 1 + ((mask >> i) & 1)),
  );
}

function isInside<F extends string, C extends string>(
  fields: readonly F[],
  scope: Scope<F, C>,
  state: State<F, number>,
): boolean {
  return fields.every((field) => state[field] >= 0 && state[field] <= scope.most[field]);
}

/** A state as one number, exact because every scope is small. @throws RangeError if it is not. */
function packing<F extends string, C extends string>(fields: readonly F[], scope: Scope<F, C>) {
  const size = fields.reduce((all, field) => all * (scope.most[field] + 1), 1);
  if (!Number.isSafeInteger(size)) throw new RangeError("the scope is too large to be packed");
  return (state: State<F, number>): number => {
    let packed = 0;
    for (const field of fields) packed = packed * (scope.most[field] + 1) + state[field];
    return packed;
  };
}

/** A packed state, unpacked: what a comparison with another tool prints. */
export function unpack<F extends string, C extends string>(
  fields: readonly F[],
  scope: Scope<F, C>,
  packed: number,
): Readonly<Record<F, number>> {
  let left = packed;
  const entries = fields.toReversed().map((field) => {
    const base = scope.most[field] + 1;
    const digit = left % base;
    left = Math.floor(left / base);
    return [field, digit] as const;
  });
  return Object.fromEntries(entries) as Record<F, number>;
}

function wayTo(seen: ReadonlyMap<number, Step | undefined>, end: number): readonly string[] {
  const steps: string[] = [];
  for (let at = seen.get(end); at !== undefined; at = seen.get(at.from)) steps.unshift(at.by);
  return steps;
}
