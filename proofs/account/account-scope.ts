import { priceVectors, type Scope } from "../model/explorer.ts";
import type { AccountConstant, AccountField } from "./account-system.ts";

/** A scope of the account: as many positions as prices, L, c, and reboots of the payer. */
export function accountScope(
  prices: readonly number[],
  constants: Readonly<Record<AccountConstant, number>>,
  reboots: number,
): Scope<AccountField, AccountConstant> {
  const n = prices.length;
  const total = prices.reduce((all, price) => all + price, 0);
  const position = { x: n, r: n, g: n, y: n, G: n, tx: n, rx: n, quota: n, offered: n, bytes: n };
  const most = {
    ...position,
    v: total,
    w: total,
    said: total,
    leapt: reboots * constants.c,
    rise: 1,
  };
  return { prices, constants, most, choices: Math.max(n, total) };
}

/** Every price vector out of {1, 2} of a length, with every given L and c. */
export function accountScopes(
  length: number,
  limits: readonly number[],
  chunks: readonly number[],
  reboots: number,
): readonly Scope<AccountField, AccountConstant>[] {
  return priceVectors(length).flatMap((prices) =>
    limits.flatMap((L) => chunks.map((c) => accountScope(prices, { L, c }, reboots))),
  );
}
