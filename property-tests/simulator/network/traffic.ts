import { due } from "#core/schedule/schedule.ts";
import type { Position } from "#core/units/position.ts";
import { shareScale } from "../scenario/scenario.ts";
import { delayOf } from "./air.ts";
import { floods } from "./behaviour.ts";
import {
  across,
  isUp,
  linkAt,
  type Network,
  nodeAt,
  type Parcel,
  type SimFlow,
  type SimLink,
  type SimNode,
  type Waiting,
  type Way,
  wayAt,
} from "./network.ts";
import { hopKey } from "./offers.ts";

/** Bytes on the way of one flow: so many times what its way holds, so that links stay full. */
const windowFactor = 3n;

/** The hop on which a flow leaves a node now. */
interface Hop {
  readonly link: SimLink;
  readonly side: 0 | 1;
  /** The account, or nothing where the next hop charges nothing or is not to be paid. */
  readonly way: Way | undefined;
  /** Whether there is no way that is affordable: everything rides the free class. */
  readonly onlyFree: boolean;
}

/** Every node sends on what waits there, as far as links, quotas and the free tier allow. */
export function moveFlows(net: Network): boolean {
  let moved = false;
  for (const flow of net.flows) {
    if (flow.left > 0n) moved = emit(net, flow) || moved;
  }
  const size = net.nodes.length;
  for (let i = 0; i < size; i++) {
    const node = net.nodes[(i + net.now) % size] as SimNode;
    if (node.waiting.size > 0) moved = moveFrom(net, node) || moved;
  }
  return moved;
}

/** A source puts into its own queue what its window allows. */
function emit(net: Network, flow: SimFlow): boolean {
  const room = windowOf(net, flow) - flow.outstanding;
  const bytes = room < flow.left ? room : flow.left;
  if (bytes <= 0n) return false;
  const node = nodeAt(net, flow.from);
  flow.left -= bytes;
  flow.outstanding += bytes;
  node.entered += bytes;
  waitingAt(node, flow.index).paid += bytes;
  return true;
}

/** How much of a flow may be on the way at once. */
function windowOf(net: Network, flow: SimFlow): bigint {
  const routes = net.routes.free[flow.destination];
  let narrowest: bigint | undefined;
  let steps = 0;
  let at = flow.from;
  for (let hops = 0; at !== flow.to && hops < net.nodes.length; hops++) {
    const key = routes === undefined ? undefined : hopKey(routes, at);
    if (key === undefined) return 0n;
    const link = linkAt(net, key >> 1);
    steps += delayOf(link) + 1;
    if (narrowest === undefined || link.bytesPerStep < narrowest) narrowest = link.bytesPerStep;
    at = link.nodes[across((key & 1) as 0 | 1)];
  }
  return (narrowest ?? 0n) * BigInt(steps) * windowFactor;
}

function waitingAt(node: SimNode, flow: number): Waiting {
  const known = node.waiting.get(flow);
  if (known !== undefined) return known;
  const waiting: Waiting = { paid: 0n, free: 0n, since: undefined };
  node.waiting.set(flow, waiting);
  return waiting;
}

function moveFrom(net: Network, node: SimNode): boolean {
  let moved = false;
  for (const [index, waiting] of node.waiting) {
    const flow = net.flows[index];
    const hop = flow === undefined ? undefined : hopOf(net, node, flow);
    if (flow === undefined || hop === undefined) continue;
    // What is held is for paid bytes: free ones take the way that is chosen now, or they might go in circles.
    const held = waiting.paid > 0n ? heldHop(net, node, flow.destination) : undefined;
    moved = sendPaid(net, node, flow, held ?? hop, waiting) || moved;
    moved = sendFree(net, flow, hop, waiting) || moved;
    if (waiting.paid === 0n && waiting.free === 0n) node.waiting.delete(index);
  }
  return moved;
}

function hopOf(net: Network, node: SimNode, flow: SimFlow): Hop | undefined {
  const paid = net.routes.paid[flow.destination];
  const key = paid === undefined ? undefined : hopKey(paid, node.index);
  if (key !== undefined) {
    const link = linkAt(net, key >> 1);
    const side = (key & 1) as 0 | 1;
    const known =
      net.hops.get(key)?.get(flow.destination)?.class ?? sellerClass(net, node, flow, key);
    const paidClass = known ?? 0;
    // A hop that no flow was planned over: what got there before routes changed rides free.
    const unplanned = known === undefined && (paid?.price[node.index] ?? 0n) > 0n;
    const way = paidClass === 0 ? undefined : wayAt(link, side, paidClass);
    return { link, side, way, onlyFree: unplanned };
  }
  const free = net.routes.free[flow.destination];
  const other = free === undefined ? undefined : hopKey(free, node.index);
  if (other === undefined) return undefined;
  return {
    link: linkAt(net, other >> 1),
    side: (other & 1) as 0 | 1,
    way: undefined,
    onlyFree: true,
  };
}

/** Who sells what it holds sends it on as paid, also when nobody new is sold that way. */
function sellerClass(net: Network, node: SimNode, flow: SimFlow, key: number): number | undefined {
  const isFree = (net.routes.paid[flow.destination]?.price[node.index] ?? 0n) === 0n;
  if (node.seats[flow.destination] === undefined || isFree) return undefined;
  return heldAt(net, node, key, flow.destination) === undefined ? undefined : flow.destination + 1;
}

/** A hop that was left, where leases are held that are cheaper than the next byte elsewhere (T12). */
function heldHop(net: Network, node: SimNode, destination: number): Hop | undefined {
  const seat = node.seats[destination];
  const routes = net.routes.paid[destination];
  const key = routes === undefined ? undefined : hopKey(routes, node.index);
  if (seat === undefined || seat.left.length === 0 || key === undefined) return undefined;
  const charged = routes?.price[node.index] ?? 0n;
  const next = heldAt(net, node, key, destination) ?? charged;
  for (const left of seat.left) {
    const price = heldAt(net, node, left, destination);
    if (price === undefined || price >= next) continue;
    const link = linkAt(net, left >> 1);
    const side = (left & 1) as 0 | 1;
    return { link, side, way: wayAt(link, side, destination + 1), onlyFree: false };
  }
  return undefined;
}

/** What the next byte costs on a hop by the leases held; nothing where none is. */
function heldAt(net: Network, node: SimNode, key: number, destination: number): bigint | undefined {
  const link = linkAt(net, key >> 1);
  if (!isUp(net, link)) return undefined;
  const neighbour = node.ends.findIndex((end) => end.link === link.index && !end.retired);
  const schedule = node.core.ledger.neighbours[neighbour]?.outbound[destination]?.schedule;
  const { tx } = wayAt(link, (key & 1) as 0 | 1, destination + 1);
  if (schedule === undefined || tx >= schedule.end || tx < schedule.start) return undefined;
  return due(schedule, (tx + 1n) as Position) - due(schedule, tx as Position);
}

function sendPaid(net: Network, node: SimNode, flow: SimFlow, hop: Hop, waiting: Waiting): boolean {
  if (waiting.paid === 0n) return false;
  const { way } = hop;
  if (hop.onlyFree) {
    degrade(waiting, waiting.paid, way);
    return true;
  }
  const room = capacityLeft(net, hop);
  const allowed =
    way === undefined || floods(node) ? waiting.paid : positive(way.quota - way.rawSent);
  const bytes = least(waiting.paid, room, allowed);
  if (bytes > 0n) {
    waiting.paid -= bytes;
    waiting.since = undefined;
    send(net, flow, hop, bytes, way?.class ?? 0, way === undefined);
    return true;
  }
  if (room === 0n || allowed > 0n) return false;
  waiting.since ??= net.now;
  if (net.now - waiting.since < net.scenario.defaults.patienceSteps) return false;
  degrade(waiting, least(waiting.paid, net.scenario.defaults.freeBytesPerStep), way);
  return true;
}

/** Bytes that were to go as paid ride the free class from here on (protocol section 8). */
function degrade(waiting: Waiting, bytes: bigint, way: Way | undefined): void {
  waiting.paid -= bytes;
  waiting.free += bytes;
  if (way !== undefined) way.throttled += bytes;
}

function sendFree(net: Network, flow: SimFlow, hop: Hop, waiting: Waiting): boolean {
  if (waiting.free === 0n) return false;
  const used = usedNow(net, hop);
  const share = positive(net.scenario.defaults.freeBytesPerStep - used.free);
  const bytes = least(waiting.free, capacityLeft(net, hop), share);
  if (bytes === 0n) return false;
  waiting.free -= bytes;
  used.free += bytes;
  send(net, flow, hop, bytes, 0, false);
  return true;
}

function usedNow(net: Network, { link, side }: Hop) {
  const used = link.used[side];
  if (used.step !== net.now) Object.assign(used, { step: net.now, bytes: 0n, free: 0n });
  return used;
}

function capacityLeft(net: Network, hop: Hop): bigint {
  return positive(hop.link.bytesPerStep - usedNow(net, hop).bytes);
}

/** Bytes set out over a link; which of them are lost is decided now. */
function send(
  net: Network,
  flow: SimFlow,
  { link, side }: Hop,
  bytes: bigint,
  paidClass: number,
  plain: boolean,
): void {
  const lost = isUp(net, link) ? lostOf(net, link, side, bytes) : bytes;
  const used = link.used[side];
  used.bytes += bytes;
  if (paidClass > 0 || plain) {
    const { sentOn } = nodeAt(net, link.nodes[side]);
    sentOn[flow.destination] = (sentOn[flow.destination] ?? 0n) + bytes;
  }
  if (paidClass > 0) {
    const way = wayAt(link, side, paidClass);
    way.rawSent += bytes;
    way.sent += bytes;
    way.tx += bytes;
    stir(net, link, side, paidClass);
  }
  const generation = link.generation[across(side)];
  const parcel: Parcel = {
    link: link.index,
    side,
    class: paidClass,
    flow: flow.index,
    bytes,
    lost,
    plain,
    generation,
  };
  const at = net.now + delayOf(link);
  const there = net.carried.get(at);
  if (there === undefined) net.carried.set(at, [parcel]);
  else there.push(parcel);
  net.parcels += 1;
}

/** How much chance varies the loss of a parcel: from a half to three halves of the share. */
const spread = 1000;

function lostOf(net: Network, link: SimLink, side: 0 | 1, bytes: bigint): bigint {
  if (link.loss === 0) return 0n;
  if (link.loss === shareScale) return bytes;
  const vary = BigInt(spread / 2 + net.chance.loss.below(spread + 1));
  const whole = BigInt(shareScale) * BigInt(spread);
  const parts = link.lossCarry[side] + bytes * BigInt(link.loss) * vary;
  const lost = least(bytes, parts / whole);
  link.lossCarry[side] = parts - lost * whole;
  return lost;
}

/** Everything arrives that is due now: counted, and forwarded as paid as far as the gate is open. */
export function arrive(net: Network): boolean {
  const due = net.carried.get(net.now);
  if (due === undefined) return false;
  net.carried.delete(net.now);
  net.parcels -= due.length;
  for (const parcel of due) arriveOne(net, parcel);
  return true;
}

function arriveOne(net: Network, parcel: Parcel): void {
  const link = linkAt(net, parcel.link);
  const flow = net.flows[parcel.flow];
  if (flow === undefined) return;
  const to = across(parcel.side);
  const node = nodeAt(net, link.nodes[to]);
  // A link that went down, or a tunnel that was made anew meanwhile, receives nothing.
  const cut = !isUp(net, link) || link.generation[to] !== parcel.generation;
  const lost = cut ? parcel.bytes : parcel.lost;
  const bytes = parcel.bytes - lost;
  flow.lost += lost;
  flow.outstanding -= lost;
  if (bytes === 0n) return;
  const asPaid =
    parcel.class === 0 ? (parcel.plain ? bytes : 0n) : countIn(net, link, parcel, bytes);
  if (node.index === flow.to) {
    flow.arrived += bytes;
    flow.arrivedFree += bytes - asPaid;
    flow.outstanding -= bytes;
    return;
  }
  node.entered += bytes;
  const waiting = waitingAt(node, flow.index);
  waiting.paid += asPaid;
  waiting.free += bytes - asPaid;
}

/** The payee's kernel counts; says how much of it the gate lets through as paid. */
function countIn(net: Network, link: SimLink, parcel: Parcel, bytes: bigint): bigint {
  const way = wayAt(link, parcel.side, parcel.class);
  const open = least(bytes, positive(way.gate - way.rawReceived));
  way.rawReceived += bytes;
  way.rx += bytes;
  way.received += bytes;
  way.forwarded += open;
  way.throttled += bytes - open;
  stir(net, link, across(parcel.side), parcel.class);
  return open;
}

/** A counter moved: its node reads it twice, because two successive reads must agree. */
export function stir(net: Network, link: SimLink, side: 0 | 1, paidClass: number): void {
  const node = nodeAt(net, link.nodes[side]);
  node.unread.set(link.numbers[side] * 8 + paidClass, 2);
}

/** A machine went down: what waited in its queues is lost. */
export function dropQueue(net: Network, node: SimNode): void {
  for (const [index, waiting] of node.waiting) {
    const flow = net.flows[index];
    if (flow === undefined) continue;
    const bytes = waiting.paid + waiting.free;
    if (node.index === flow.from) {
      flow.left += bytes;
      node.entered -= bytes;
    } else {
      flow.lost += bytes;
      node.dropped += waiting.paid;
    }
    flow.outstanding -= bytes;
  }
  node.waiting.clear();
}

function least(...values: readonly bigint[]): bigint {
  return values.reduce((a, b) => (a < b ? a : b));
}

function positive(value: bigint): bigint {
  return value > 0n ? value : 0n;
}
