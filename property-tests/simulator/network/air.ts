import { note } from "../check/violating.ts";
import { shareScale } from "../scenario/scenario.ts";
import { across, type Datagram, isUp, type Network, type SimLink } from "./network.ts";

/** A reordered or repeated datagram comes so many times later than the others, at most. */
const lateness = 4;

/** So many datagrams on the way at once are a storm: nodes answer answers, more and more. */
const airLimit = { alone: 2000, perLink: 500 } as const;

/** The steps that a link takes, at least one. */
export function delayOf(link: SimLink): number {
  return link.delay > 0 ? link.delay : 1;
}

/** After so many steps whatever set out on a link has arrived or is lost. */
export function latestOf(link: SimLink): number {
  return (lateness + 1) * delayOf(link) + 1;
}

/** A datagram sets out from a side of a link: it may be lost, late, or arrive twice. */
export function say(net: Network, link: SimLink, from: 0 | 1, bytes: Uint8Array): void {
  const { air } = net.chance;
  net.said += 1;
  if (!isUp(net, link)) return;
  const datagram: Datagram = { link: link.index, to: across(from), bytes };
  if (!air.happens(link.loss, shareScale)) fly(net, link, datagram, link.reorder);
  if (air.happens(link.duplicate, shareScale)) fly(net, link, datagram, shareScale);
}

function fly(net: Network, link: SimLink, datagram: Datagram, late: number): void {
  const { air } = net.chance;
  const delay = delayOf(link);
  const extra = air.happens(late, shareScale) ? 1 + air.below(lateness * delay) : 0;
  const most = airLimit.alone + airLimit.perLink * net.links.length;
  if (net.datagrams >= most) {
    return note(net, "no storm", "", "", `more than ${most} datagrams are on the way`);
  }
  const at = net.now + delay + extra;
  const there = net.air.get(at);
  if (there === undefined) net.air.set(at, [datagram]);
  else there.push(datagram);
  net.datagrams += 1;
}
