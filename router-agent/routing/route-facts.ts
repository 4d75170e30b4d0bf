import type { BabelView } from "#adapters/babel/babel.ts";
import { lossPpmOf } from "#core/route/attenuation.ts";
import { oneDoubling } from "#core/route/logarithm.ts";
import type { Prefix } from "#core/route/prefix.ts";
import type { Choice, Way } from "./route-choice.ts";
import { wayReason } from "./way-reason.ts";

/** What `routes` answers: amounts are texts, loss is in parts per million, delay in microseconds. */
export interface RoutesAnswer {
  readonly babel: string;
  readonly why: string | undefined;
  readonly version: string | undefined;
  /** Whether it is known which routes are feasible, beside those that babeld takes itself. */
  readonly verified: boolean;
  /** Lines of babeld that could not be read. */
  readonly refused: number;
  /** Messages of neighbours about routes that could not be read. */
  readonly strange: number;
  /** The links, as they are measured. */
  readonly links: readonly LinkFacts[];
  readonly routes: readonly RouteFacts[];
  /** Destinations that did not fit the answer: ask for one by its prefix. */
  readonly left: number;
}

/** One link. Loss by direction, as both ends count. */
export interface LinkFacts {
  readonly neighbour: string;
  readonly alive: boolean;
  readonly lossOut: string | undefined;
  readonly lossIn: string | undefined;
  readonly delay: string | undefined;
  /** Loss of paid classes by the counters that both ends signed; nothing where too little was sent. */
  readonly signedOut?: string | undefined;
  readonly signedIn?: string | undefined;
  /** Destinations that it offers, and lines of its offers beyond the limit. */
  readonly offers: number;
  readonly refused: number;
}

/** One destination. */
export interface RouteFacts extends WayFacts {
  readonly prefix: string;
  readonly class: number | undefined;
  readonly alternatives: readonly (WayFacts & { readonly feasible: boolean })[];
}

/** One way to a destination. */
export interface WayFacts {
  /** The neighbour's name; nothing where plain Babel decides. */
  readonly via: string | undefined;
  /** Grains a byte. */
  readonly price: string | undefined;
  readonly loss: string | undefined;
  readonly delay: string | undefined;
  /** Grains a byte that it asks from now on, where leases held at `price` come first. */
  readonly asks?: string | undefined;
  /** Sum of weighted doublings, smaller is better. */
  readonly score: string | undefined;
  readonly why: string;
}

/** The most destinations in one answer. */
export const answeredRoutes = 2000;

/** @param nameOf a neighbour's name. @param only one destination, or all. */
export function routesAnswer(
  view: BabelView,
  choices: ReadonlyMap<Prefix, Choice>,
  links: readonly LinkFacts[],
  nameOf: (id: string) => string,
  only: string | undefined,
): Omit<RoutesAnswer, "strange"> {
  const all = [...choices.values()].filter(({ prefix }) => only === undefined || prefix === only);
  const { state, why, version, verified, refused } = view;
  return {
    babel: state,
    why,
    version,
    verified,
    refused,
    links,
    routes: all.slice(0, answeredRoutes).map((choice) => routeFacts(choice, nameOf)),
    left: all.length > answeredRoutes ? all.length - answeredRoutes : 0,
  };
}

function routeFacts(choice: Choice, nameOf: (id: string) => string): RouteFacts {
  const { prefix, ways, buy, taken } = choice;
  const facts = ways.map((way, i): WayFacts & { readonly feasible: boolean } => {
    const why = wayReason(choice, i, nameOf);
    const { feasible } = way.candidate;
    return { ...wayFacts(way, buy.judged[i]?.badness, nameOf), why, feasible };
  });
  const alternatives = facts.filter((_, i) => ways[i] !== taken);
  const index = taken === undefined ? -1 : ways.indexOf(taken);
  const own = facts[index];
  if (own === undefined) {
    const none = { via: undefined, price: undefined, loss: undefined, delay: undefined };
    const why = "no way may be taken: plain Babel decides, in the free class";
    return { prefix, ...none, class: undefined, score: undefined, why, alternatives };
  }
  const { feasible, ...rest } = own;
  return { prefix, class: taken?.class, ...rest, alternatives };
}

function wayFacts(
  { hop, advertised, candidate: { vector } }: Way,
  badness: bigint | undefined,
  nameOf: (id: string) => string,
) {
  return {
    via: nameOf(hop.id),
    price: vector?.price.toString(),
    asks: advertised?.price === vector?.price ? undefined : advertised?.price.toString(),
    loss: vector === undefined ? undefined : lossPpmOf(vector.attenuation).toString(),
    delay: vector?.delay.toString(),
    score: badness === undefined ? undefined : (badness / oneDoubling).toString(),
  };
}
