import { type BabelRoute, type BabelView, infinity } from "#adapters/babel/babel.ts";
import type { Prefix } from "#core/route/prefix.ts";
import type { Choice } from "./route-choice.ts";

/**
 * What a babeld says that began anew, and with it the ways that were taken before and that it knows nothing of
 * yet: it learns each link and each neighbour's routes in seconds of their own. They are judged like all
 * others, so that prices, caps and links go on counting. A way that its neighbour retracts is not kept: by it
 * packets might come back.
 */
export function heldWays(view: BabelView, before: ReadonlyMap<Prefix, Choice>): BabelView {
  const routes = new Map(view.routes);
  for (const [prefix, { taken }] of before) {
    if (taken === undefined) continue;
    const { interfaceName, address: nextHop } = taken.hop;
    const said = routes.get(prefix) ?? [];
    const own = said.find((one) => one.interfaceName === interfaceName && one.nextHop === nextHop);
    if (own !== undefined && !isWithoutLink(own)) continue;
    const unsaid = { prefix, interfaceName, nextHop, metric: infinity, refMetric: 0 };
    const kept = own ?? { ...unsaid, installed: false, price: undefined };
    routes.set(prefix, [...said.filter((one) => one !== own), { ...kept, feasible: true }]);
  }
  return { ...view, routes };
}

/** Announced, by a neighbour whose link babeld has not measured yet. */
function isWithoutLink({ metric, refMetric }: BabelRoute): boolean {
  return metric >= infinity && refMetric < infinity;
}
