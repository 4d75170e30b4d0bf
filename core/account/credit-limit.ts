import { integers } from "#core/rules/algebra.ts";
import { grownLimit } from "#core/rules/payee-rules.ts";
import type { Money } from "#core/units/money.ts";
import { growthUnit, type Terms } from "./terms.ts";

/**
 * L(w) = min(L0 + floor(kappa w), ceiling), in grains. It never falls while w rises, so what was
 * granted once stays within it (T6, T7).
 */
export function creditLimitAt(terms: Terms, credited: Money): Money {
  const { creditLimit, growth } = terms;
  if (growth === undefined) return creditLimit;
  const grown = (credited * growth.share) / growthUnit;
  return grownLimit(integers, creditLimit, grown, growth.ceiling) as Money;
}
