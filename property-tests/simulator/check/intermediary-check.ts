import { classLimit } from "../network/charge.ts";
import { isHonest, linkAt, type Network, type SimNode, type Way } from "../network/network.ts";
import { note } from "./violating.ts";

/**
 * T12 of every forwarder that sells what it holds: what it was credited for a class, less what it
 * signed for it, is at least its fee for what it sent on, less the credit it gave, its own leaps and
 * lost disks. Of a class whose next hop changed, or was free, nothing is claimed: it held no leases
 * for what it sold.
 */
export function checkIntermediaries(net: Network): void {
  if (net.destinations.length > classLimit) return;
  for (const node of net.nodes) {
    if (!isHonest(node)) continue;
    for (let paidClass = 1; paidClass <= net.classes; paidClass++) {
      if (!node.uncovered.has(paidClass) && !isEnd(net, node, paidClass)) {
        checkForwarder(net, node, paidClass);
      }
    }
  }
}

/** Whether a node sends or receives flows of its own on a class. */
function isEnd(net: Network, node: SimNode, paidClass: number): boolean {
  return net.flows.some(
    ({ from, to, destination }) =>
      destination + 1 === paidClass && (from === node.index || to === node.index),
  );
}

function checkForwarder(net: Network, node: SimNode, paidClass: number): void {
  const books = resaleOf(net, node, paidClass);
  if (books === undefined) return;
  const { earned, paid, owed, allowed } = books;
  const slack = earned - paid - owed + allowed;
  if (net.leastSlack === undefined || slack < net.leastSlack) net.leastSlack = slack;
  if (slack >= 0n) return;
  const words = `class ${paidClass}: earned ${earned} - paid ${paid} >= fees ${owed} - ${allowed}`;
  note(net, "T12", node.id, "", words);
}

/** What a forwarder has of a class, in grains; nothing where it sent nothing on for money. */
export function resaleOf(net: Network, node: SimNode, paidClass: number) {
  let earned = 0n;
  let paid = 0n;
  let forwarded = 0n;
  let allowed = 0n;
  const { creditLimit, reserveBytes } = net.scenario.defaults;
  for (const way of waysOf(net, node, paidClass)) {
    const disks = way.payerDisks + way.payeeDisks;
    if (way.payer === node.index) {
      paid += way.bestSigned;
      forwarded += way.sent;
      allowed += reserveBytes * way.dearest * (way.resets + way.flips) + creditLimit * disks;
    } else if (way.received > 0n) {
      earned += way.bestCredited;
      // Bytes of a debtor that nobody had read when counters were lost (T7).
      allowed += creditLimit * (1n + disks) + way.forgiven * way.dearest;
    }
  }
  const owed = node.lowestFee * forwarded;
  return forwarded === 0n ? undefined : { earned, paid, owed, allowed };
}

/** The accounts of a node on a class, those of former identities of its neighbours as well. */
function waysOf(net: Network, node: SimNode, paidClass: number): readonly Way[] {
  const former = net.retired.filter(
    (way) => way.class === paidClass && (way.payer === node.index || way.payee === node.index),
  );
  const now = node.ends.flatMap((end) => {
    if (end.retired) return [];
    const { ways } = linkAt(net, end.link);
    return [ways[0][paidClass - 1] as Way, ways[1][paidClass - 1] as Way];
  });
  return [...former, ...now];
}
