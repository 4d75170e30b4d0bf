import { resalePrice } from "#core/negotiation/resale-price.ts";
import type { Node } from "#core/node/node.ts";
import { dearest } from "#core/schedule/schedule.ts";

/**
 * What the next lease to a neighbour would cost it, class 1 first, in grains a byte; nothing where none
 * could be granted. The ledger has the price of a resale as it was at the last lease: without traffic there
 * is no next one, and whoever became cheaper would never be found out.
 * @param neighbour its place in the ledger.
 */
export function askedPrices(node: Node, neighbour: number): readonly (bigint | undefined)[] {
  const { ledger, live } = node;
  const policy = live[neighbour]?.policy;
  return (ledger.neighbours[neighbour]?.inbound ?? []).map(({ price }, i) => {
    const pricing = policy?.prices[i];
    if (pricing === undefined) return price;
    if (pricing.kind === "fixed") return pricing.price;
    if (pricing.kind === "withheld") return undefined;
    const via = ledger.neighbours.findIndex(({ id }) => id === pricing.via);
    const upstream = ledger.neighbours[via]?.outbound[i];
    if (upstream === undefined) return undefined;
    const sent = live[via]?.paths[i]?.sent ?? upstream.sent;
    const dear = dearest(upstream.schedule, sent);
    return dear === undefined ? undefined : resalePrice(dear, pricing);
  });
}
