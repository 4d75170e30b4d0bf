import type { NeighbourLedger } from "#core/journal/ledger.ts";
import type { Node } from "#core/node/node.ts";
import { nextPrice } from "#core/schedule/schedule.ts";
import type { NodeId } from "#core/units/node-id.ts";
import type { PriceClass } from "#core/units/price-class.ts";

/** The price by which a next hop is chosen now, of what it asks for a class. Grains a byte. */
export type PriceNow = (priceClass: PriceClass, asked: bigint) => bigint;

/**
 * While neighbours may still send on leases that were sold to them over leases held upstream, a way is
 * judged by what its next byte costs. What was sold is covered by what is held where it was sold over,
 * and by nothing else (T12): that is used up first as long as it is the cheaper one, and leases held of
 * somebody else that are dearer than what it asks by now count as dear as they are. Where nothing was
 * sold so, what is asked counts: what is held and not used costs nothing.
 * @returns of a neighbour's place in the ledger, what it is judged by.
 */
export function resoldLeases(node: Node): (upstream: number) => PriceNow {
  const soldOver = upstreamsOfLeases(node);
  if (soldOver.size === 0) return () => (_, asked) => asked;
  return (upstream) => {
    const self = node.ledger.neighbours[upstream];
    const isCovering = self !== undefined && soldOver.has(self.id);
    return (priceClass, asked) => {
      const held = heldNext(node, self, upstream, priceClass - 1);
      if (held === undefined) return asked;
      const isCheaper = held < asked;
      return isCheaper === isCovering ? held : asked;
    };
  };
}

/** What the next byte costs by leases that are held; nothing where none are. */
function heldNext(
  { live }: Node,
  of: NeighbourLedger | undefined,
  place: number,
  index: number,
): bigint | undefined {
  const account = of?.outbound[index];
  if (account === undefined) return undefined;
  return nextPrice(account.schedule, live[place]?.paths[index]?.sent ?? account.sent);
}

/** Whom leases were sold over that neighbours may still send on. */
function upstreamsOfLeases({ ledger, live }: Node): ReadonlySet<NodeId> {
  const found = new Set<NodeId>();
  ledger.neighbours.forEach(({ inbound }, i) => {
    inbound.forEach(({ schedule }, index) => {
      const path = live[i]?.paths[index];
      if (path === undefined) return;
      const used = path.read > path.paid ? path.read : path.paid;
      const pricing = live[i]?.policy?.prices[index];
      if (pricing?.kind === "resale" && schedule.end > used) found.add(pricing.via);
      for (const { via, until } of path.resold) if (until > used) found.add(via);
    });
  });
  return found;
}
