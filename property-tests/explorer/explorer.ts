import {
  type Account,
  brokenTheorem,
  curveOf,
  fresh,
  type Rules,
  type Scope,
  successors,
} from "./small-model.ts";

/** What the exploration of one scope found. */
export interface Exploration {
  readonly states: number;
  readonly transitions: number;
  /** The first broken theorem with the shortest way to it, or nothing. */
  readonly broken: { readonly theorem: string; readonly steps: readonly string[] } | undefined;
}

/** A total larger than this cannot be told from others in a packed state. */
const packBase = 32;

/**
 * Every state that the rules can reach in a scope, breadth first, so that the first violation is a
 * shortest one. Exhaustive: no chance, no depth limit.
 */
export function explore(rules: Rules, scope: Scope): Exploration {
  const f = curveOf(scope.prices);
  const seen = new Map<number, { readonly from: number; readonly by: string } | undefined>();
  const queue: Account[] = [fresh];
  seen.set(pack(fresh), undefined);
  let transitions = 0;
  for (let i = 0; i < queue.length; i++) {
    const state = queue[i] as Account;
    const theorem = brokenTheorem(scope, f, state);
    if (theorem !== undefined) {
      const steps = wayTo(seen, pack(state));
      return { states: seen.size, transitions, broken: { theorem, steps } };
    }
    for (const [by, next] of successors(rules, scope, f, state)) {
      transitions += 1;
      if (!inScope(scope, next)) continue;
      const key = pack(next);
      if (seen.has(key)) continue;
      seen.set(key, { from: pack(state), by });
      queue.push(next);
    }
  }
  return { states: seen.size, transitions, broken: undefined };
}

/** Every list of prices out of {1, 2} of a length. */
export function priceVectors(length: number): readonly (readonly number[])[] {
  return Array.from({ length: 1 << length }, (_, mask) =>
    Array.from({ length }, (_, i) => 1 + ((mask >> i) & 1)),
  );
}

function inScope(scope: Scope, s: Account): boolean {
  const n = scope.prices.length;
  return (
    s.payee.granted <= n &&
    s.tx <= n + 1 &&
    s.bytes <= n + 1 &&
    s.rx <= 2 * n &&
    s.leapt <= scope.reboots * scope.terms.reservation &&
    s.payee.credited < packBase
  );
}

function pack(s: Account): number {
  const { payer, payee } = s;
  const digits = [
    [payer.sent, 16],
    [payer.reserved, 16],
    [payer.leased, 16],
    [payer.signed, packBase],
    [payee.read, 8],
    [payee.granted, 8],
    [payee.credited, packBase],
    [s.tx, 16],
    [s.rx, 16],
    [s.bytes, 16],
    [s.leapt, 8],
  ] as const;
  let packed = 0;
  for (const [digit, base] of digits) {
    if (digit < 0 || digit >= base) throw new RangeError(`${digit} does not fit base ${base}`);
    packed = packed * base + digit;
  }
  return packed;
}

function wayTo(
  seen: ReadonlyMap<number, { readonly from: number; readonly by: string } | undefined>,
  end: number,
): readonly string[] {
  const steps: string[] = [];
  for (let at = seen.get(end); at !== undefined; at = seen.get(at.from)) steps.unshift(at.by);
  return steps;
}
