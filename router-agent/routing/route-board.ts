import { randomBytes } from "node:crypto";
import type { BabelView } from "#adapters/babel/babel.ts";
import { routeLimit } from "#adapters/queueing/plan-fault.ts";
import type { QueueRoute } from "#adapters/queueing/queueing.ts";
import type { Agent } from "#agent/agent/agent.ts";
import type { Blueprint } from "#agent/agent/blueprint.ts";
import type { Prefix } from "#core/route/prefix.ts";
import { vectorPriceLimit } from "#core/route/vector.ts";
import type { NodeId } from "#core/units/node-id.ts";
import { priceClass } from "#core/units/price-class.ts";
import { askedPrices } from "./asked-prices.ts";
import { type ExitBoard, exitBoard } from "./exit-board.ts";
import { heldWays } from "./held-ways.ts";
import { endsOnTheGround, isOwnAddress, leftAlone, type OwnAddress } from "./left-alone.ts";
import { hopTo, seenPaths, tunnelEnds } from "./measured-way.ts";
import { type NeighbourRouting, neighbourRouting } from "./neighbour-routing.ts";
import { offersTo } from "./own-offers.ts";
import { type RankBoard, rankBoard } from "./rank-board.ts";
import { resoldLeases } from "./resold-leases.ts";
import { type Choice, chooseRoutes, type Hop } from "./route-choice.ts";
import { type LinkFacts, type RoutesAnswer, routesAnswer } from "./route-facts.ts";
import { type SignedLinks, signedLinks } from "./signed-links.ts";

/** What is known for choosing routes, and what was chosen. */
export interface RouteBoard {
  /** Of this run. */
  readonly epoch: bigint;
  readonly of: (neighbour: NodeId) => NeighbourRouting;
  /** Exits that we are the client of: another kind of way, chosen at the same looks. */
  readonly exits: ExitBoard;
  /** What was measured of neighbours as next hops. */
  readonly ranks: RankBoard;
  /** Chooses anew where anything changed; tells which routes the kernel is to have, if others than before. */
  readonly choose: (view: BabelView) => Wanted | undefined;
  /** The kernel may not have what it was told: tell it again. */
  readonly forget: () => void;
  /** Destinations that a way was chosen to, or looked for. */
  readonly size: () => number;
  /** Counts a message that could not be read. */
  readonly refuse: () => void;
  readonly answer: (view: BabelView, only: string | undefined) => RoutesAnswer;
}

/** Routes for the agent's own tables. */
export interface Wanted {
  readonly routes: readonly QueueRoute[];
  readonly except: readonly Prefix[];
}

/** How long choices outlive a babeld that is gone, and one that has begun anew, in milliseconds. */
export const holdTime = 15_000;

/** Destinations kept of one neighbour, at least and at most; in between they share the routes there are. */
const leastOffers = 256;

const microseconds = (): bigint => process.hrtime.bigint() / 1000n;

/** A board on which nothing is known. @param addresses those of the machine. */
export function routeBoard(agent: Agent, addresses: () => readonly OwnAddress[]): RouteBoard {
  const epoch = BigInt(`0x${randomBytes(7).toString("hex")}`);
  const neighbours = new Map<NodeId, NeighbourRouting>();
  const hold = holder();
  let choices: ReadonlyMap<Prefix, Choice> = new Map();
  /** What this node announces, as babeld said last. */
  let own: readonly Prefix[] = [];
  const last = newLast();
  let refused = 0;

  const limit = () => Math.max(leastOffers, Math.floor((4 * routeLimit) / (neighbours.size || 1)));
  const of = (id: NodeId): NeighbourRouting => {
    const found = neighbours.get(id) ?? neighbourRouting(epoch, limit);
    neighbours.set(id, found);
    return found;
  };
  const exits = exitBoard(agent, (id) => of(id).probe);
  const ranks = rankBoard(agent);
  const signed = signedLinks();
  const hopsNow = (): readonly Hop[] => {
    const now = microseconds();
    const node = agent.node();
    const ledgers = node.ledger.neighbours;
    const priceNow = resoldLeases(node);
    return agent.blueprint().neighbours.map((drawn) => {
      const { id } = drawn.config;
      const place = ledgers.findIndex((one) => one.id === id);
      const { maxPrice } = agent.config().routing;
      const factors = (prefix: Prefix) => ranks.factors(id, prefix);
      return of(id).hop(drawn, ledgers[place], maxPrice, now, factors, priceNow(place));
    });
  };
  const tellNeighbours = (view: BabelView, held: boolean): void => {
    // A babeld that begins anew says step by step what it announces: until then what it said before holds.
    own = held ? [...new Set([...own, ...view.own])] : view.own;
    const machine = addresses();
    const sold = own.map((prefix) => ({ prefix, isSelf: isOwnAddress(prefix, machine) }));
    const node = agent.node();
    node.ledger.neighbours.forEach(({ id }, i) => {
      neighbours.get(id)?.sender.offer(offersTo(id, askedPrices(node, i), sold, choices));
    });
  };
  return {
    epoch,
    of,
    exits,
    ranks,
    size: () => choices.size,
    refuse: () => {
      refused += 1;
    },
    forget: () => Object.assign(last, newLast()),
    choose: (view) => {
      const now = performance.now();
      // Neighbours that came or went: the queues were attached anew, with the configured routes alone.
      if (last.drawn !== agent.blueprint()) {
        Object.assign(last, { ...newLast(), drawn: agent.blueprint() });
      }
      for (const { book } of neighbours.values()) book.expire(now);
      const held = hold(view.state === "up", now);
      ranks.look(now, () => seenPaths(agent, choices, of));
      signed.look(agent.node());
      const hops = hopsNow();
      const byExit = exits.choose();
      const key = `${held} ${JSON.stringify(byExit)} ${ranks.text()} ${inputsOf(agent, view, hops, of)}`;
      if (key === last.seen) return undefined;
      last.seen = key;
      choices = chosenNow(agent, view, hops, held, choices);
      tellNeighbours(view, held);
      const wanted = wantedOf(agent, choices, byExit, addresses());
      const text = JSON.stringify(wanted);
      if (text === last.written) return undefined;
      last.written = text;
      return wanted;
    },
    answer: (view, only) => {
      const links = linkFacts(agent, of, signed);
      return { ...routesAnswer(view, choices, links, namesOf(agent), only), strange: refused };
    },
  };
}

/** The choices by what babeld says now. @param held whether those before outlive what it does not say. */
function chosenNow(
  agent: Agent,
  view: BabelView,
  hops: readonly Hop[],
  held: boolean,
  before: ReadonlyMap<Prefix, Choice>,
): ReadonlyMap<Prefix, Choice> {
  if (view.state !== "up") {
    const there = new Set(hops.map(({ id }) => id));
    const isThere = ({ taken }: Choice) => taken === undefined || there.has(taken.hop.id);
    return new Map([...(held ? before : [])].filter(([, choice]) => isThere(choice)));
  }
  const fixed = new Set(agent.config().routes.map(({ prefix }) => prefix));
  const { preference } = agent.config().routing;
  const room = { fixed, limit: routeLimit - fixed.size, preference };
  return chooseRoutes({ view: held ? heldWays(view, before) : view, hops, ...room }, before);
}

function namesOf(agent: Agent): (id: string) => string {
  const names = new Map(agent.config().neighbours.map(({ id, name }) => [id as string, name]));
  return (id) => names.get(id) ?? id;
}

/** What was looked at and written last, and for which neighbours. */
interface Last {
  seen: string;
  written: string;
  drawn: Blueprint | undefined;
}

function newLast(): Last {
  return { seen: "", written: "", drawn: undefined };
}

/** The routes of the configuration and those that were chosen; what takes an exit takes no other way. */
function wantedOf(
  agent: Agent,
  choices: ReadonlyMap<Prefix, Choice>,
  byExit: readonly QueueRoute[],
  machine: readonly OwnAddress[],
): Wanted {
  const { neighbours: drawn, routes: fixed } = agent.blueprint();
  const taken = [...choices.values()].flatMap(({ prefix, taken: way }): readonly QueueRoute[] =>
    way?.class === undefined ? [] : [{ prefix, index: way.hop.index, class: way.class }],
  );
  const routed = new Set([...taken, ...byExit].map(({ prefix }) => prefix));
  const given = new Set(byExit.map(({ prefix }) => prefix));
  const own = new Set(drawn.flatMap(({ interfaces }) => interfaces));
  const ways = new Map([...fixed, ...taken].map(({ prefix, index }) => [prefix, index]));
  const hopOf = (host: string) => hopTo(drawn, ways, host);
  const ends = endsOnTheGround(tunnelEnds(drawn), machine, own, hopOf);
  return {
    routes: [...fixed, ...taken.filter(({ prefix }) => !given.has(prefix)), ...byExit],
    except: routed.size === 0 ? [] : leftAlone(machine, own, ends, routed as ReadonlySet<string>),
  };
}

/** Tells whether choices outlive what babeld says: while it is gone, and while it learns anew. */
function holder(): (up: boolean, now: number) => boolean {
  let gone: number | undefined;
  let renewed: number | undefined;
  let wasUp = false;
  return (up, now) => {
    if (wasUp && !up) gone = now;
    if (gone !== undefined && up) [renewed, gone] = [now, undefined];
    wasUp = up;
    const within = (since: number | undefined) => since !== undefined && now - since < holdTime;
    return up ? within(renewed) : within(gone);
  };
}

/** Everything that a choice hangs on, in short: as long as it stays, so does the choice. */
function inputsOf(
  agent: Agent,
  view: BabelView,
  hops: readonly Hop[],
  of: (id: NodeId) => NeighbourRouting,
): string {
  const { preference } = agent.config().routing;
  const { routes, neighbours } = agent.blueprint();
  const node = agent.node();
  const prices = node.ledger.neighbours.map((_, i) => askedPrices(node, i));
  // Leases held show at one of both, if they count.
  const extremes = [0n, vectorPriceLimit];
  const parts = hops.map((hop) => {
    const { attenuation, delay } = hop.link;
    const classes = Array.from({ length: hop.classes }, (_, i) => priceClass(i + 1));
    const believed = classes.map((one) => [
      hop.believed(one, 0n),
      ...extremes.map((asked) => hop.priceNow(one, asked)),
    ]);
    const { book } = of(hop.id as NodeId);
    return [hop.id, hop.index, hop.alive, hop.cap, attenuation, delay, believed, book.change()];
  });
  const { price, loss, delay, margin } = preference;
  const weights = [price, loss, delay, margin];
  const drawn = [routes.length, neighbours.length];
  return [view.change, view.state, weights, prices, drawn, parts].join("|");
}

function linkFacts(
  agent: Agent,
  of: (id: NodeId) => NeighbourRouting,
  signed: SignedLinks,
): readonly LinkFacts[] {
  const now = microseconds();
  return agent.blueprint().neighbours.map(({ config }) => {
    const { probe, book } = of(config.id);
    const { lossOut, lossIn, delay } = probe.measured();
    const both = signed.of(config.id);
    return {
      neighbour: config.name,
      alive: probe.answered() && probe.alive(now),
      lossOut: lossOut?.toString(),
      lossIn: lossIn?.toString(),
      delay: delay?.toString(),
      signedOut: both.out?.toString(),
      signedIn: both.in?.toString(),
      offers: book.size(),
      refused: book.refused(),
    };
  });
}
