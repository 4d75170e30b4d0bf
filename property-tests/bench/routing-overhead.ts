import { offerSender } from "#agent/routing/offer-sender.ts";
import { attenuationOf } from "#core/route/attenuation.ts";
import { bestBuy, type Candidate } from "#core/route/best-buy.ts";
import type { Preference } from "#core/route/preference.ts";
import { type Prefix, parsePrefix } from "#core/route/prefix.ts";
import {
  encodeRouteMessage,
  lineLimit,
  lineRoom,
  lineSize,
  type Offer,
} from "#core/route/route-message.ts";
import { along, here, type RouteVector } from "#core/route/vector.ts";
import { priceClass } from "#core/units/price-class.ts";

/** What routing costs each node of a large network, by simulation with the program's own parts. */
export interface RoutingOverhead {
  readonly nodes: number;
  readonly linksPerNode: number;
  /** Destinations that were followed through the whole network; the rest is taken to be like them. */
  readonly followed: number;
  readonly assumptions: string;
  /** Bits a second and node, all neighbours together, sent. */
  readonly bitsPerSecond: {
    readonly offersWhenLinksChange: number;
    readonly offersAgain: number;
    readonly probes: number;
    readonly babel: number;
    readonly all: number;
  };
  /** What the incumbent published for as many nodes. */
  readonly incumbentBitsPerSecond: number;
  readonly ratio: number;
}

/** UDP, IPv6, and what WireGuard adds to a datagram, in bytes. */
const around = 8 + 40 + 32;

/** Each link's loss or delay leaves the quarter around what was told so often, in seconds. */
const linkChangeSeconds = 600;

/** A node changes its price so often. */
const priceChangeSeconds = 86_400;

const incumbentBitsPerSecond = 1_800_000;

const preference: Preference = { price: 100n, loss: 100n, delay: 100n, margin: 10n };

interface Link {
  readonly to: number;
  vector: RouteVector;
}

/** Numbers that are the same in every run (Lehmer). */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

/** Nodes on a square, each joined with its nearest; and what lies apart joined to the rest. */
function mesh(
  count: number,
  nearest: number,
  random: (below: number) => number,
): readonly Link[][] {
  const side = 100_000;
  const places = Array.from({ length: count }, () => [random(side), random(side)] as const);
  const links: Link[][] = places.map(() => []);
  const quality = () => ({
    price: 0n,
    attenuation: attenuationOf(BigInt(random(30_000))),
    delay: BigInt(1000 + random(10_000)),
  });
  const join = (a: number, b: number): void => {
    if (a === b || links[a]?.some(({ to }) => to === b) === true) return;
    links[a]?.push({ to: b, vector: quality() });
    links[b]?.push({ to: a, vector: quality() });
  };
  const distance = (a: number, b: number): number => {
    const [ax, ay] = places[a] ?? [0, 0];
    const [bx, by] = places[b] ?? [0, 0];
    return (ax - bx) ** 2 + (ay - by) ** 2;
  };
  places.forEach((_, a) => {
    const near = places.map((__, b) => b).sort((b, c) => distance(a, b) - distance(a, c));
    for (const b of near.slice(1, 1 + nearest)) join(a, b);
  });
  for (let root = hops(links, 0); root.includes(-1); root = hops(links, 0)) {
    const apart = root.indexOf(-1);
    const reached = root.flatMap((hop, i) => (hop >= 0 ? [i] : []));
    join(
      apart,
      reached.reduce((a, b) => (distance(apart, a) < distance(apart, b) ? a : b)),
    );
  }
  return links;
}

/** Hops to a destination, as Babel counts them on links that are all alike. */
function hops(links: readonly (readonly Link[])[], to: number): readonly number[] {
  const found = links.map(() => -1);
  found[to] = 0;
  let front = [to];
  while (front.length > 0) {
    const next: number[] = [];
    for (const one of front) {
      for (const { to: other } of links[one] ?? []) {
        if (found[other] !== -1) continue;
        found[other] = (found[one] ?? 0) + 1;
        next.push(other);
      }
    }
    front = next;
  }
  return found;
}

/** One destination: what every node chose, and what it tells its neighbours. */
interface Followed {
  readonly prefix: Prefix;
  readonly distance: readonly number[];
  /** Nodes, nearest first: each depends only on nearer ones (feasibility). */
  readonly order: readonly number[];
  readonly told: (RouteVector | undefined)[];
  readonly taken: (number | undefined)[];
}

/** Chooses anew at every node whose inputs changed; tells how many lines each node says. */
function settle(
  links: readonly (readonly Link[])[],
  fees: readonly bigint[],
  one: Followed,
  changed: Set<number>,
  said: (node: number, lines: number) => void,
): void {
  for (const node of one.order) {
    if (!changed.has(node)) continue;
    const before = one.taken[node];
    const all = links[node] ?? [];
    const candidates = all.map(({ to, vector }): Candidate => {
      const offered = one.told[to];
      return {
        hop: `${to}`,
        feasible: (one.distance[to] ?? 0) < (one.distance[node] ?? 0),
        alive: true,
        vector: offered === undefined ? undefined : along(vector, offered),
        cap: 1n << 60n,
      };
    });
    const { taken } = bestBuy(
      candidates,
      before === undefined ? undefined : `${before}`,
      preference,
    );
    const way = taken === undefined ? undefined : candidates[taken]?.vector;
    const hop = taken === undefined ? undefined : all[taken]?.to;
    one.taken[node] = hop;
    if (way === undefined) continue;
    const next = { ...way, price: way.price + (fees[node] ?? 0n) };
    const old = one.told[node];
    if (old !== undefined && hop === before && !worthTelling(one.prefix, old, next)) continue;
    one.told[node] = next;
    said(node, all.length - 1);
    for (const { to } of all) changed.add(to);
  }
}

/** Asks the program's own sender whether a neighbour would be told. */
function worthTelling(prefix: Prefix, told: RouteVector, now: RouteVector): boolean {
  const offers = (vector: RouteVector): ReadonlyMap<Prefix, Offer> =>
    new Map([[prefix, { class: priceClass(1), vector }]]);
  const sender = offerSender(1n);
  sender.meet(2n);
  sender.offer(offers(told));
  const [first] = sender.due(0);
  sender.taken(1n, first?.number ?? 0n);
  sender.offer(offers(now));
  return sender.waiting() > 0;
}

/** @param followed destinations; @param events changes of links that are looked at. */
export function routingOverhead(
  nodes = 4000,
  nearest = 4,
  followed = 24,
  events = 150,
): RoutingOverhead {
  const random = chance(20_261);
  const links = mesh(nodes, nearest, random);
  const fees = links.map(() => BigInt(10_000_000 + random(40_000_000)));
  const ends = Array.from({ length: followed }, (): Followed => {
    const to = random(nodes);
    const distance = hops(links, to);
    const order = distance.map((_, i) => i).sort((a, b) => (distance[a] ?? 0) - (distance[b] ?? 0));
    const prefix = parsePrefix(`10.${to >> 8}.${to & 255}.1/32`) ?? ("10.0.0.1/32" as Prefix);
    const told: (RouteVector | undefined)[] = links.map(() => undefined);
    told[to] = here;
    return { prefix, distance, order: order.slice(1), told, taken: links.map(() => undefined) };
  });
  const everyone = () => new Set(links.map((_, i) => i));
  let initial = 0;
  for (const one of ends) settle(links, fees, one, everyone(), (_, lines) => (initial += lines));

  const scale = nodes / followed;
  const degree = links.reduce((sum, { length }) => sum + length, 0) / nodes;
  const lines = oneChange(links, fees, ends, random, events);
  const linkEventsPerSecond =
    (degree * nodes) / linkChangeSeconds + (degree * nodes) / priceChangeSeconds;
  const linesPerSecond = (lines.perEvent * scale * linkEventsPerSecond) / nodes;
  const line = lineOf(ends[0]);
  // One message may hold a single line, in the worst case, or be full; and each is answered.
  const perMessage = Math.min(lineLimit, Math.max(1, (lines.perMessage * scale) / 1));
  const answered = encodeRouteMessage({
    type: "TAKEN",
    epoch: 1n << 55n,
    of: 1n << 55n,
    number: 1000n,
  });
  const head = lineCost(line, perMessage, answered.length);
  const full = lineCost(line, Math.floor(lineRoom / line), answered.length);
  const again = (nodes * degree) / 600;
  const bits = {
    offersWhenLinksChange: Math.round(8 * linesPerSecond * head),
    offersAgain: Math.round(8 * again * full),
    probes: Math.round(8 * degree * 2 * probeBytes()),
    babel: Math.round(8 * degree * babelBytesPerSecond(nodes)),
  };
  const all = bits.offersWhenLinksChange + bits.offersAgain + bits.probes + bits.babel;
  return {
    nodes,
    linksPerNode: Math.round(degree * 10) / 10,
    followed,
    assumptions: `each direction of a link is told anew every ${linkChangeSeconds} s, each price every ${priceChangeSeconds} s; ${events} changes looked at; Babel: the whole table every 15 s on every link`,
    bitsPerSecond: { ...bits, all },
    incumbentBitsPerSecond,
    ratio: Math.round((incumbentBitsPerSecond / all) * 10) / 10,
  };
}

/** What one change of a link makes all nodes say, over the destinations that are followed. */
function oneChange(
  links: readonly (readonly Link[])[],
  fees: readonly bigint[],
  ends: readonly Followed[],
  random: (below: number) => number,
  events: number,
) {
  let lines = 0;
  let messages = 0;
  for (let event = 0; event < events; event++) {
    const node = random(links.length);
    const all = links[node] ?? [];
    const link = all[random(all.length)];
    if (link === undefined) continue;
    const worse = random(2) === 0;
    const { attenuation, delay } = link.vector;
    link.vector = {
      price: 0n,
      attenuation: (worse
        ? (attenuation * 3n) / 2n
        : (attenuation * 2n) / 3n) as typeof attenuation,
      delay: worse ? (delay * 3n) / 2n : (delay * 2n) / 3n,
    };
    const speakers = new Map<number, number>();
    for (const one of ends) {
      settle(links, fees, one, new Set([node]), (who, count) => {
        lines += count;
        speakers.set(who, (speakers.get(who) ?? 0) + 1);
      });
    }
    for (const who of speakers.keys()) messages += (links[who]?.length ?? 1) - 1;
  }
  return { perEvent: lines / events, perMessage: messages === 0 ? 1 : lines / messages };
}

function lineOf(one: Followed | undefined): number {
  const vector = one?.told.find((told) => told !== undefined && told.price > 0n) ?? here;
  const prefix = one?.prefix ?? ("10.0.0.1/32" as Prefix);
  return lineSize({ prefix, offer: { class: priceClass(1), vector } });
}

/** Bytes on the wire for one line, with its share of a message and of the answer to it. */
function lineCost(line: number, perMessage: number, answer: number): number {
  return line + (32 + around + answer + around) / Math.max(1, perMessage);
}

/** A probe and an answer to one, as they are sent to every neighbour twice a second. */
function probeBytes(): number {
  const counter = 1n << 40n;
  const epoch = 1n << 55n;
  const probe = encodeRouteMessage({
    type: "PROBE",
    epoch,
    number: 100_000n,
    sent: counter,
    at: counter,
  });
  const echo = encodeRouteMessage({
    type: "ECHO",
    epoch,
    number: 100_000n,
    at: counter,
    held: 300n,
    received: counter,
    sent: counter,
  });
  return probe.length + echo.length + 2 * around;
}

/**
 * Of Babel on one link (RFC 8966, 4.6): for each destination of another router a Router-Id TLV (12 bytes)
 * and an Update TLV (12 and the address), in packets of 1400 bytes, every 15 s; a Hello and an IHU a second.
 */
function babelBytesPerSecond(nodes: number): number {
  const table = nodes * (12 + 16);
  return (table + (table / 1400) * around) / 15 + (8 + 16 + 4 + around);
}
