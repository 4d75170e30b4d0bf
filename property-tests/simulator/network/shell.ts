import type { Terms } from "#core/account/terms.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import type { Ledger } from "#core/journal/ledger.ts";
import type { Input, Reading } from "#core/node/input.ts";
import type { Output } from "#core/node/output.ts";
import type { NeighbourPolicy } from "#core/node/policy.ts";
import type { Step } from "#core/node/step.ts";
import { journalId } from "#core/units/journal-id.ts";
import type { Money } from "#core/units/money.ts";
import type { Price } from "#core/units/price.ts";
import type { PriceClass } from "#core/units/price-class.ts";
import { checkStep } from "../check/account-check.ts";
import { noteAlarm, noteThrown } from "../check/alarm-check.ts";
import { noteThrottle } from "../check/throttle-check.ts";
import { agentVersions } from "./agent-version.ts";
import { say } from "./air.ts";
import { disguised, spendingLimitOf } from "./behaviour.ts";
import { channelAt } from "./chain.ts";
import { stepFlipped } from "./memory-flip.ts";
import {
  across,
  type End,
  ledgerOf,
  linkAt,
  mix,
  type Network,
  nodeAt,
  type SimNode,
  type Way,
  wayAt,
} from "./network.ts";
import { witness } from "./witness.ts";

/** The constants of a node's accounts with a neighbour. */
export function termsOf(net: Network, node: SimNode): Terms {
  const { defaults } = net.scenario;
  const cap = node.scenario.maxPrice;
  return {
    payThreshold: defaults.payThreshold as Money,
    creditLimit: defaults.creditLimit as Money,
    reservation: defaults.reserveBytes,
    readChunk: defaults.readBytes,
    priceCap: (cap > 0n ? cap : 1n) as Price,
    allowance: 0n,
  };
}

/** The agent begins a run: its configuration, then what its settlement port knows. */
export function start(net: Network, node: SimNode): void {
  feed(net, node, configured(net, node, true));
  node.ends.forEach((end, neighbour) => {
    if (end.retired) return;
    const channel = channelAt(net, linkAt(net, end.link), end.side);
    feed(net, node, { type: "ChannelFact", neighbour, channel });
  });
  limitSpending(net, node, spendingLimitOf(net, node));
  lookAtAll(net, node);
}

/** The operator stops all payment at a limit; nothing for none. */
export function limitSpending(net: Network, node: SimNode, limit: bigint | undefined): void {
  if (limit === undefined) return;
  node.ends.forEach(({ retired }, neighbour) => {
    if (retired) return;
    const wish = { type: "LimitSpending", neighbour, limit: limit as Money } as const;
    feed(net, node, { type: "Wish", wish });
  });
}

/** The configuration of a node as an input. */
export function configured(net: Network, node: SimNode, starting: boolean): Input {
  const neighbours = node.ends.flatMap((end): readonly NeighbourPolicy[] => {
    if (end.retired) return [];
    const other = nodeAt(net, linkAt(net, end.link).nodes[across(end.side)]);
    const policy: NeighbourPolicy = {
      id: other.signer.id,
      classes: net.classes,
      terms: termsOf(net, node),
      prices: end.offers,
      tunnelKey: noTunnelKey,
    };
    return [net.defect.policy(policy)];
  });
  const journal = journalId(journalsPerNode * (node.index + 1) + node.journals);
  return { type: "Configured", neighbours, tunnelKey: noTunnelKey, journal, starting };
}

const noTunnelKey = new Uint8Array(32);

/** Journals of one node have names of their own. */
const journalsPerNode = 100_000;

/** All counters that have counted, or soon will, are to be read: twice, as two reads must agree. */
export function lookAtAll(net: Network, node: SimNode): void {
  node.ends.forEach((end, neighbour) => {
    if (end.retired) return;
    const link = linkAt(net, end.link);
    for (let paidClass = 1; paidClass <= net.classes; paidClass++) {
      const out = wayAt(link, end.side, paidClass);
      const into = wayAt(link, across(end.side), paidClass);
      if (isUsed(net, out) || isUsed(net, into)) node.unread.set(neighbour * 8 + paidClass, 2);
    }
  });
}

function isUsed(net: Network, way: Way): boolean {
  if (way.sent > 0n) return true;
  const onHop = net.hops.get(way.link * 2 + way.side);
  return onHop !== undefined && [...onHop.values()].some((hop) => hop.class === way.class);
}

/** The counters that are to be read, as the kernel shows them now. */
export function readingsOf(net: Network, node: SimNode): readonly Reading[] {
  const readings: Reading[] = [];
  for (const [key, times] of node.unread) {
    const end = node.ends[key >> 3];
    if (times <= 1) node.unread.delete(key);
    else node.unread.set(key, times - 1);
    if (end !== undefined && !end.retired) readings.push(readingAt(net, end, key));
  }
  if (node.flipReading && readings.length > 0) flipOne(net, node, readings);
  return readings;
}

function readingAt(net: Network, end: End, key: number): Reading {
  const link = linkAt(net, end.link);
  return {
    neighbour: key >> 3,
    class: (key & 7) as PriceClass,
    generation: generationOf(link.index, end.side, link.generation[end.side]),
    sent: wayAt(link, end.side, key & 7).rawSent,
    received: wayAt(link, across(end.side), key & 7).rawReceived,
  };
}

/** The name of all counters at an end of a link since they were made. */
export function generationOf(link: number, side: 0 | 1, generation: number): string {
  return `boot/${link}-${side}/${generation}`;
}

/**
 * E7: of two successive reads at most one is wrong, so the next one is asked for at once. A first
 * read has none before it: the flip waits for a counter that the agent knows.
 */
function flipOne(net: Network, node: SimNode, readings: Reading[]): void {
  const known = readings.flatMap(({ neighbour, class: paidClass }, i) => {
    const path = node.core.live[neighbour]?.paths[paidClass - 1];
    return path?.inMeter === undefined || path.outMeter === undefined ? [] : [i];
  });
  const at = known[net.chance.fault.below(Math.max(1, known.length))];
  if (at === undefined) return;
  node.flipReading = false;
  const found = readings[at];
  const end = found === undefined ? undefined : node.ends[found.neighbour];
  if (found === undefined || end === undefined) return;
  const bit = 1n << BigInt(net.chance.fault.below(40));
  const isSent = net.chance.fault.below(2) === 0;
  readings[at] = isSent
    ? { ...found, sent: found.sent ^ bit }
    : { ...found, received: found.received ^ bit };
  if (isSent) wayAt(linkAt(net, end.link), end.side, found.class).flips += 1n;
  node.unread.set(found.neighbour * 8 + found.class, 3);
}

/** One input, the way the agent does it: step, journal, believe, act. */
export function feed(net: Network, node: SimNode, input: Input): void {
  const before = ledgerOf(node);
  net.nodeSteps += 1;
  mix(net, node.index);
  if (node.flipped === undefined) return take(net, node, input, before, stepOf(net, node, input));
  const done = stepFlipped(node, input);
  if (done === undefined) {
    net.story.tell(net.now, node.id, "lockstep parted: the agent starts again");
    return restart(net, node);
  }
  take(net, node, input, before, done);
}

/** What the rules decide, or nothing at all where they throw. */
function stepOf(net: Network, node: SimNode, input: Input): Step {
  try {
    const isOld = node.agent !== agentVersions.new;
    return (isOld ? node.agent : net.defect).step(node.core, input);
  } catch (error) {
    noteThrown(net, node, input.type, error);
    return { node: node.core, events: [], outputs: [] };
  }
}

/** What was decided is journaled, believed and done; or the agent dies somewhere in between. */
function take(net: Network, node: SimNode, input: Input, before: Ledger, done: Step): void {
  net.story.took?.(net.now, node.id, input, done);
  mix(net, done.events.length * 64 + done.outputs.length);
  if (node.torn) return tear(net, node, before, done.events, done.outputs);
  node.core = done.node;
  witness(net, node, before, ledgerOf(node), done.events);
  checkStep(net, node, input, done.events);
  perform(net, node, done.outputs);
}

/** The agent dies at some boundary: after so many events, or all of them and so many outputs. */
function tear(
  net: Network,
  node: SimNode,
  before: Ledger,
  events: readonly LedgerEvent[],
  outputs: readonly Output[],
): void {
  node.torn = false;
  const at = net.chance.fault.below(events.length + outputs.length + 1);
  const durable = events.slice(0, net.defect.careless ? 0 : at);
  const ledger = durable.reduce(node.agent.evolve, before);
  node.flipped = undefined;
  node.core = node.agent.wake(node.signer, ledger, node.holds);
  witness(net, node, before, ledger, durable);
  const done = net.defect.careless ? outputs.length : Math.max(0, at - events.length);
  perform(net, node, outputs.slice(0, done));
  restart(net, node);
}

/** The agent is killed and started again: the kernel goes on, the journal is all it has. */
export function restart(net: Network, node: SimNode): void {
  node.core = node.agent.wake(node.signer, ledgerOf(node), node.holds);
  node.flipped = undefined;
  if (net.defect.forgetful) for (const end of node.ends) renewCounters(net, end, false);
  start(net, node);
}

/** An interface is made anew: zero counters of another generation; quota and gate closed. */
export function renewCounters(net: Network, end: End, isReset = true): void {
  const link = linkAt(net, end.link);
  link.generation[end.side] += 1;
  for (let paidClass = 1; paidClass <= net.classes; paidClass++) {
    const out = wayAt(link, end.side, paidClass);
    const into = wayAt(link, across(end.side), paidClass);
    Object.assign(out, { rawSent: 0n, quota: 0n });
    Object.assign(into, { rawReceived: 0n, gate: 0n });
    if (isReset) out.resets += 1n;
  }
}

/** The journal is gone and the agent starts without one. Key and kernel are still there. */
export function loseDisk(net: Network, node: SimNode): void {
  node.journals += 1;
  for (const end of node.ends) {
    if (end.retired) continue;
    for (let paidClass = 1; paidClass <= net.classes; paidClass++) {
      const out = wayAt(linkAt(net, end.link), end.side, paidClass);
      const into = wayAt(linkAt(net, end.link), across(end.side), paidClass);
      out.payerDisks += 1n;
      into.payeeDisks += 1n;
      out.blank.payer = true;
      into.blank.payee = true;
      const isLost = [out, into].some(({ blank }) => blank.payer && blank.payee);
      // Vouchers are for all accounts of a direction, so what is forgotten on one is for all.
      if (isLost) for (const way of linkAt(net, end.link).ways.flat()) way.forgotten = true;
    }
  }
  node.flipped = undefined;
  node.core = node.agent.wake(node.signer, node.agent.emptyLedger, node.holds);
  restart(net, node);
}

function perform(net: Network, node: SimNode, outputs: readonly Output[]): void {
  for (const planned of disguised(net, node, outputs)) {
    const output = net.defect.output(planned);
    if (output === undefined) continue;
    if (output.type === "Alarm") {
      noteAlarm(net, node, output.neighbour, output.words);
      continue;
    }
    const end = node.ends[output.neighbour];
    if (end === undefined || end.retired) continue;
    const link = linkAt(net, end.link);
    if (output.type === "Send") {
      for (const byte of output.bytes) mix(net, byte);
      say(net, link, end.side, output.bytes);
    } else if (output.type === "Standing") {
      for (let paidClass = 1; paidClass <= net.classes; paidClass++) {
        wayAt(link, across(end.side), paidClass).standing = output.standing;
      }
      if (output.standing === "throttled") noteThrottle(net, link, end.side);
    } else if (
      output.generation === generationOf(link.index, end.side, link.generation[end.side])
    ) {
      if (output.type === "Quota") wayAt(link, end.side, output.class).quota = output.limit;
      else wayAt(link, across(end.side), output.class).gate = output.limit;
    }
  }
}
