import type { PriceClass } from "#core/units/price-class.ts";
import type { AccountKey, KeptEvent, LedgerEvent } from "./event.ts";
import type { Ledger } from "./ledger.ts";
import { keptOf } from "./ledger-form.ts";

/** How often counters began anew on each account, which no ledger says. */
export interface KeptResets {
  readonly leaps: (key: AccountKey) => bigint;
  readonly forgiven: (key: AccountKey) => bigint;
}

/**
 * What all events so far come down to: folded from nothing they give this ledger, and folded after
 * all those events they change nothing. Nothing for a ledger without a name: nothing has happened.
 */
export function restatement(ledger: Ledger, resets: KeptResets): readonly LedgerEvent[] {
  const { node, journal, run, neighbours } = ledger;
  if (node === undefined || journal === undefined) return [];
  const parts = neighbours.flatMap((neighbour, number): readonly KeptEvent[] => [
    { type: "NeighbourKept", neighbour: number, kept: keptOf(neighbour) },
    ...neighbour.outbound.map((account, i): KeptEvent => {
      const key = { neighbour: number, class: (i + 1) as PriceClass };
      return { type: "PayerKept", ...key, account, resets: resets.leaps(key) };
    }),
    ...neighbour.inbound.map((account, i): KeptEvent => {
      const key = { neighbour: number, class: (i + 1) as PriceClass };
      return { type: "PayeeKept", ...key, account, resets: resets.forgiven(key) };
    }),
  ]);
  return [{ type: "HistoryKept", node, journal, run, parts: parts.length }, ...parts];
}
