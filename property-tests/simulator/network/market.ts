import { ask } from "#core/negotiation/asking.ts";
import { emptyWindow, withPurchase } from "#core/negotiation/purchase-window.ts";
import { boughtBefore, boughtSince } from "#core/negotiation/purchases.ts";
import { dearest } from "#core/schedule/schedule.ts";
import type { Price } from "#core/units/price.ts";
import type { Seat } from "./charge.ts";
import { isHonest, linkAt, type Network, nodeAt, type SimNode, wayAt } from "./network.ts";
import { hopKey } from "./offers.ts";
import { reroute } from "./rerouting.ts";

/** How often forwarders think about their prices, in steps. */
const marketSteps = 16;

/** Everybody who forwards thinks about what it asks; routes follow where anything changed. */
export function trade(net: Network): void {
  const { market } = net.scenario;
  if (market === undefined || net.now > market.steps) return;
  if (net.now === market.steps) return close(net);
  if (net.now % marketSteps !== 0) return;
  let changed = false;
  for (const node of net.nodes) {
    if (!isHonest(node)) continue;
    node.seats.forEach((seat, destination) => {
      changed = think(net, node, seat, destination) || changed;
    });
  }
  if (changed) reroute(net);
}

/**
 * Nobody wants to send more than what is on its way as paid, and what waits in the free class is given up: what
 * follows only settles what is owed.
 */
function close(net: Network): void {
  for (const flow of net.flows) {
    flow.left = 0n;
    for (const { index, waiting } of net.nodes) {
      const own = waiting.get(flow.index);
      if (own === undefined) continue;
      const given = own.free + (index === flow.from ? own.paid : 0n);
      if (index !== flow.from) flow.lost += given;
      flow.outstanding -= given;
      if (index === flow.from) waiting.delete(flow.index);
      else own.free = 0n;
    }
  }
}

function think(net: Network, node: SimNode, seat: Seat, destination: number): boolean {
  const { market } = net.scenario;
  if (market === undefined) return false;
  look(node, seat, destination);
  const upstream = upstreamOf(net, node, seat, destination);
  if (upstream === undefined) return false; // no way there: nothing to sell
  const { sold, capacity, present } = upstream;
  const sight = { bought: seat.bought, present, fee: node.price, sold, capacity };
  const asking = ask(market.wishes, seat.damped, sight);
  Object.assign(seat, { damped: asking.damped, asking });
  if (asking.isStale) seat.bought = emptyWindow(seat.bought.limit);
  if (asking.price === seat.price) return false;
  seat.price = asking.price;
  const bytes = net.flows.reduce((all, { arrived }) => all + arrived, 0n);
  const messages = net.said;
  seat.changes.push({ step: net.now, price: seat.price, messages, bytes });
  return true;
}

/** What was bought since the last look, on every account of the class. */
function look(node: SimNode, seat: Seat, destination: number): void {
  node.ends.forEach((end, neighbour) => {
    const account = node.core.ledger.neighbours[neighbour]?.outbound[destination];
    const path = node.core.live[neighbour]?.paths[destination];
    if (end.retired || account === undefined || path === undefined) return;
    const { schedule } = account;
    const before = seat.looked.get(neighbour);
    const cap = node.scenario.maxPrice as Price;
    const found =
      before === undefined ? "position went back" : boughtSince(schedule, before, path.sent, cap);
    // At first, and after a lost disk: what the leases still tell.
    const bought =
      typeof found === "string" ? boughtBefore(schedule, path.sent, seat.bought.limit) : found;
    seat.bought = bought.purchases.reduce(withPurchase, seat.bought);
    seat.looked.set(neighbour, bought.looked);
  });
}

/** What the next hop charges, and how much of the link to it was sold since the last look. */
function upstreamOf(net: Network, node: SimNode, seat: Seat, destination: number) {
  const routes = net.routes.paid[destination];
  const key = routes === undefined ? undefined : hopKey(routes, node.index);
  if (routes === undefined || key === undefined) return undefined;
  const link = linkAt(net, key >> 1);
  const charged = routes.price[node.index] ?? 0n;
  const isLast =
    nodeAt(net, link.nodes[(key & 1) === 0 ? 1 : 0]).index === net.destinations[destination];
  const sent = node.sentOn[destination] ?? 0n;
  const sold = sent - seat.sent;
  const capacity = link.bytesPerStep * BigInt(net.now - seat.at);
  Object.assign(seat, { sent, at: net.now });
  if (isLast) return { sold, capacity, present: undefined };
  const way = wayAt(link, (key & 1) as 0 | 1, destination + 1);
  const neighbour = node.ends.findIndex((end) => end.link === link.index && !end.retired);
  const account = node.core.ledger.neighbours[neighbour]?.outbound[destination];
  const held = account === undefined ? undefined : dearest(account.schedule, way.tx as never);
  return { sold, capacity, present: held === undefined || charged > held ? charged : held };
}
