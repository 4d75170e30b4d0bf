import type { BabelRoute, BabelView } from "#adapters/babel/babel.ts";
import type { Factors } from "#core/quality/rank-table.ts";
import { believedQuality } from "#core/route/believed-quality.ts";
import { type BestBuy, bestBuy, type Candidate } from "#core/route/best-buy.ts";
import type { Preference } from "#core/route/preference.ts";
import type { Prefix } from "#core/route/prefix.ts";
import type { Offer } from "#core/route/route-message.ts";
import { along, type RouteVector } from "#core/route/vector.ts";
import type { PriceClass } from "#core/units/price-class.ts";
import type { PriceNow } from "./resold-leases.ts";

/** A neighbour, as far as a choice of routes needs it. */
export interface Hop {
  /** Its node id. */
  readonly id: string;
  /** Its index in the queues. */
  readonly index: number;
  /** Class-0 tunnel, and its address on it as the kernel writes addresses. */
  readonly interfaceName: string;
  readonly address: string;
  readonly alive: boolean;
  /** What the link to it adds. */
  readonly link: RouteVector;
  /** The most that may be paid through it, in grains a byte. */
  readonly cap: bigint;
  readonly offer: (prefix: Prefix) => Offer | undefined;
  /** What is believed of a price that it advertises for a class. */
  readonly believed: (priceClass: PriceClass, advertised: bigint) => bigint;
  /** What it is chosen by, of what it asks: leases that are held may count. */
  readonly priceNow: PriceNow;
  /** How much worse than advertised it is taken to be, as the way to a destination. */
  readonly factors: (prefix: Prefix) => Factors;
  /** How many paid tunnels there are to it. */
  readonly classes: number;
}

/** A next hop to one destination, as it was judged. */
export interface Way {
  readonly hop: Hop;
  readonly candidate: Candidate;
  /** As it is advertised, with the link to it; what it is believed to be, and costs now, is the candidate's. */
  readonly advertised: RouteVector | undefined;
  readonly class: PriceClass | undefined;
}

/** What was chosen for one destination, among what, and why. */
export interface Choice {
  readonly prefix: Prefix;
  readonly ways: readonly Way[];
  readonly buy: BestBuy;
  /** What it was judged by. */
  readonly preference: Preference;
  /** The way that is taken; nothing where plain Babel decides. */
  readonly taken: Way | undefined;
}

/** What has to be known for all choices at once. */
export interface Choosing {
  readonly view: BabelView;
  readonly hops: readonly Hop[];
  readonly preference: Preference;
  /** Destinations that are not chosen here: those of the configuration. */
  readonly fixed: ReadonlySet<string>;
  /** At most so many destinations; beyond it plain Babel decides. */
  readonly limit: number;
}

/** Chooses for every destination. @param before the choices until now. */
export function chooseRoutes(
  choosing: Choosing,
  before: ReadonlyMap<Prefix, Choice>,
): ReadonlyMap<Prefix, Choice> {
  const { view, hops, fixed, limit } = choosing;
  const byTunnel = new Map(hops.map((hop) => [`${hop.interfaceName} ${hop.address}`, hop]));
  const own = new Set<string>(view.own);
  const choices = new Map<Prefix, Choice>();
  for (const [prefix, routes] of view.routes) {
    if (fixed.has(prefix) || own.has(prefix) || choices.size >= limit) continue;
    const ways = routes.flatMap((route): readonly Way[] => {
      // A route that does not lead to the neighbour of its tunnel is none of ours.
      const hop = byTunnel.get(`${route.interfaceName} ${route.nextHop}`);
      return hop === undefined ? [] : [wayBy(hop, prefix, route)];
    });
    if (ways.length === 0) continue;
    choices.set(
      prefix,
      choose(prefix, ways, before.get(prefix)?.taken?.hop.id, choosing.preference),
    );
  }
  return choices;
}

function wayBy(hop: Hop, prefix: Prefix, route: BabelRoute): Way {
  const offer = hop.offer(prefix);
  const usable = offer !== undefined && offer.class <= hop.classes ? offer : undefined;
  const advertised =
    usable === undefined
      ? undefined
      : along(hop.link, {
          ...usable.vector,
          price: hop.believed(usable.class, usable.vector.price),
        });
  const { id, alive, cap } = hop;
  const believed = advertised && believedQuality(advertised, hop.factors(prefix));
  const vector = believed &&
    usable && { ...believed, price: hop.priceNow(usable.class, believed.price) };
  return {
    hop,
    class: usable?.class,
    advertised,
    candidate: { hop: id, feasible: route.feasible, alive, vector, cap },
  };
}

/**
 * Where nobody answers, nobody is dead for it: a neighbour whose agent begins anew goes on forwarding,
 * and there is nowhere else to go.
 */
function choose(
  prefix: Prefix,
  ways: readonly Way[],
  before: string | undefined,
  preference: Preference,
): Choice {
  const candidates = ways.map(({ candidate }) => candidate);
  const first = bestBuy(candidates, before, preference);
  const buy =
    first.taken !== undefined
      ? first
      : bestBuy(
          candidates.map((one) => ({ ...one, alive: true })),
          before,
          preference,
        );
  const taken = buy.taken === undefined ? undefined : ways[buy.taken];
  return { prefix, ways, buy, preference, taken };
}
