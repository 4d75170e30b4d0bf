import { booksAtEnd } from "../check/end-check.ts";
import { newWays } from "./build.ts";
import { channelAt } from "./chain.ts";
import { across, linkAt, type Network, nodeAt, type SimLink, type SimNode } from "./network.ts";
import { renewOffers, reroute } from "./rerouting.ts";
import { configured, feed, limitSpending, start } from "./shell.ts";

/** How often cheats think of something new, in steps. */
const cheatSteps = 200;

/** A cheat comes back under so many names, at most. */
const identityLimit = 20;

/** A fee is not raised above this, grains a byte. */
const feeLimit = 1n << 48n;

/** Cheats that do things of their own accord: raise their price, come back under another name. */
export function cheat(net: Network): void {
  if (net.now % cheatSteps !== 0) return;
  for (const node of net.nodes) {
    if (node.behaviour === "inflatesPrice") inflate(net, node);
    if (node.behaviour === "newIdentities" && isThrottled(net, node)) changeIdentity(net, node);
  }
}

/** Half as much again, as long as somebody buys. */
function inflate(net: Network, node: SimNode): void {
  const sells = node.ends.some((end) =>
    linkAt(net, end.link).ways[across(end.side)].some((way) => way.gate > way.rawReceived),
  );
  if (sells && node.price < feeLimit) setPrice(net, node, (node.price * 3n) / 2n + 1n);
}

/** The operator of a node changes its fee. */
export function setPrice(net: Network, node: SimNode, fee: bigint): void {
  node.price = fee;
  if (fee < node.lowestFee) node.lowestFee = fee;
  reroute(net);
}

/** The operator of a node pays nobody any more: not more than is signed already. */
export function stopPaying(net: Network, node: SimNode): void {
  limitSpending(net, node, 0n);
}

function isThrottled(net: Network, node: SimNode): boolean {
  return node.ends.some((end) =>
    linkAt(net, end.link).ways[end.side].some((way) => way.rawReceived > way.gate),
  );
}

/** Whitewashing (T24): a new key, an empty journal, and neighbours that take it for somebody new. */
function changeIdentity(net: Network, node: SimNode): void {
  if (node.identities >= identityLimit) return;
  const links = node.ends.map((end) => ({ link: linkAt(net, end.link), side: end.side }));
  for (const { link } of links) retire(net, link);
  node.identities += 1;
  node.signer = net.keys.signerOf(`${node.id}#${node.identities}`);
  node.flipped = undefined;
  node.core = node.agent.wake(node.signer, node.agent.emptyLedger, node.holds);
  node.unread.clear();
  const others = links.map(({ link, side }) => introduce(net, link, across(side)));
  net.story.tell(net.now, node.id, `comes back as number ${node.identities}`);
  for (const { index } of [node, ...others]) renewOffers(net, index);
  start(net, node);
  for (const [i, other] of others.entries()) {
    const found = links[i];
    if (found === undefined) continue;
    feed(net, other, configured(net, other, false));
    const side = across(found.side);
    const channel = channelAt(net, found.link, side);
    const neighbour = found.link.numbers[side];
    feed(net, other, { type: "ChannelFact", neighbour, channel });
  }
}

/** The accounts of a link are closed as they stand; both tunnels are made anew. */
function retire(net: Network, link: SimLink): void {
  for (const side of [0, 1] as const) {
    for (const way of link.ways[side]) {
      way.final = booksAtEnd(net, way);
      net.retired.push(way);
    }
    link.ways[side] = newWays(link.index, side, link.nodes, net.classes);
    link.generation[side] += 1;
  }
}

/** The node at a side of a link sees somebody new there. */
function introduce(net: Network, link: SimLink, side: 0 | 1): SimNode {
  const other = nodeAt(net, link.nodes[side]);
  const before = other.ends[link.numbers[side]];
  if (before !== undefined) before.retired = true;
  link.numbers[side] = other.ends.length;
  other.ends.push({ link: link.index, side, retired: false, offers: [] });
  return other;
}
