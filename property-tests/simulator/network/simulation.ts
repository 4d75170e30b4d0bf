import { checkEnd } from "../check/end-check.ts";
import { checkIntermediaries } from "../check/intermediary-check.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { agentVersions } from "./agent-version.ts";
import { latestOf } from "./air.ts";
import { advanceChain } from "./blocks.ts";
import { build, type RunOptions } from "./build.ts";
import { cheat } from "./cheating.ts";
import { deliver } from "./delivery.ts";
import { type FaultPlan, faultPlan, injectFaults } from "./faults.ts";
import { trade } from "./market.ts";
import { isHonest, isUp, linkAt, type Network, type SimNode } from "./network.ts";
import { feed, readingsOf, start } from "./shell.ts";
import { arrive, moveFlows } from "./traffic.ts";

/** How often nodes that wait for something look again, in steps. */
const pokeSteps = 16;

/** How often forwarders are held against T12, in steps. */
const intermediarySteps = 256;

/** After so many steps in which no byte could move, flows that still wait are given up. */
const hopelessSteps = 4000;

/** How long books may take to agree once all flows have ended, in steps. */
const drainSteps = 20_000;

/** Watches a run from outside: plots. */
export type Watcher = (net: Network) => void;

/** Runs a scenario to its end: flows done and books settled, or its last step. */
export function simulate(scenario: Scenario, options: RunOptions = {}, watch?: Watcher): Network {
  const net = build(scenario, options);
  const plan = faultPlan(net);
  for (const node of net.nodes) start(net, node);
  const run: Run = {
    net,
    plan,
    watch: watch ?? (() => {}),
    isOver: () => options.stopAtViolation === true && net.violations.length > 0,
  };
  flow(run);
  const settled = settle(run);
  if (!run.isOver()) checkEnd(net, settled);
  return net;
}

interface Run {
  readonly net: Network;
  readonly plan: FaultPlan;
  readonly watch: Watcher;
  readonly isOver: () => boolean;
}

/** Until all flows have ended, or nothing moves any more. */
function flow({ net, plan, watch, isOver }: Run): void {
  let movedAt = 0;
  while (net.now < net.scenario.maxSteps && !isIdle(net, plan) && !isOver()) {
    if (net.now - movedAt > hopelessSteps) return;
    if (tick(net, plan)) movedAt = net.now;
    watch(net);
    endFlows(net);
  }
}

/** One step of virtual time. Says whether any bytes moved. */
function tick(net: Network, plan: FaultPlan): boolean {
  net.now += 1;
  injectFaults(net, plan);
  cheat(net);
  trade(net);
  advanceChain(net);
  deliver(net);
  const arrived = arrive(net);
  const moved = moveFlows(net);
  for (const node of net.nodes) if (node.unread.size > 0) look(net, node);
  if (net.now % intermediarySteps === 0) checkIntermediaries(net);
  if (net.now % pokeSteps === 0) {
    for (const node of net.nodes)
      if (waitsForSomething(net, node)) feed(net, node, { type: "Poke" });
  }
  return arrived || moved;
}

function look(net: Network, node: SimNode): void {
  const readings = readingsOf(net, node);
  if (readings.length > 0) feed(net, node, { type: "Readings", readings });
}

/** P4: whether there is a reason to look again: bytes that wait, or something unanswered. */
function waitsForSomething(net: Network, node: SimNode): boolean {
  if (node.waiting.size > 0) return true;
  return node.ends.some((end, neighbour) => {
    if (end.retired || !isUp(net, linkAt(net, end.link))) return false;
    const live = node.core.live[neighbour];
    return (
      live !== undefined && (live.hello === undefined || !live.greeted || owes(node, neighbour))
    );
  });
}

/** Whether a neighbour has not said that it credited all that was signed to it. */
function owes(node: SimNode, neighbour: number): boolean {
  const signed = node.core.ledger.neighbours[neighbour]?.signed;
  const acknowledged = node.core.live[neighbour]?.acknowledged ?? 0n;
  return signed !== undefined && signed.totals.reduce((a, b) => a + b, 0n) > acknowledged;
}

function endFlows(net: Network): void {
  for (const flow of net.flows) {
    if (flow.doneAt === undefined && flow.left === 0n && flow.outstanding === 0n) {
      flow.doneAt = net.now;
    }
  }
}

function isIdle(net: Network, plan: FaultPlan): boolean {
  return net.flows.every(({ doneAt }) => doneAt !== undefined) && plan.healing.size === 0;
}

/** Everybody settles until both sides of every account say the same, or time is up. */
function settle({ net, plan, watch, isOver }: Run): boolean {
  const until = Math.min(net.scenario.maxSteps, net.now + drainSteps);
  // Long enough for answers to the last round to come back, and for nothing to be on the way then.
  const roundSteps = pokeSteps + longestRoundTrip(net);
  let rounds = 0;
  while (!isSettled(net, rounds, roundSteps)) {
    if (net.now >= until || isOver()) return false;
    if (rounds % roundSteps === 0) {
      for (const node of net.nodes) {
        if (!isConcerned(net, node)) continue;
        look(net, node);
        look(net, node);
        feed(net, node, { type: "Wish", wish: { type: "Settle" } });
      }
    }
    rounds += 1;
    tick(net, plan);
    watch(net);
  }
  return true;
}

function longestRoundTrip(net: Network): number {
  return net.links.reduce((most, link) => Math.max(most, 2 * latestOf(link)), 0);
}

function isQuietAtRest(node: SimNode): boolean {
  return isHonest(node) && node.agent === agentVersions.new;
}

/** Whether a node took part in anything that is to be settled. */
function isConcerned(net: Network, node: SimNode): boolean {
  return node.ends.some((end) => {
    const { ways } = linkAt(net, end.link);
    return [...ways[0], ...ways[1]].some((way) => way.sent > 0n || way.bestSigned > 0n);
  });
}

/**
 * Two rounds at least, so that every counter is read twice and every voucher has been sent. Where
 * there are cheats, honest nodes may have to repeat themselves for ever; old agents do it anyway.
 */
function isSettled(net: Network, rounds: number, roundSteps: number): boolean {
  if (rounds <= 2 * roundSteps) return false;
  if (net.datagrams > 0 && net.nodes.every(isQuietAtRest)) return false;
  return net.nodes.every(
    (node) =>
      !isHonest(node) ||
      node.ends.every((end, neighbour) => {
        const link = linkAt(net, end.link);
        const other = net.nodes[link.nodes[end.side === 0 ? 1 : 0]];
        const isKnown = !end.retired && !link.ways.flat().some(({ forgotten }) => forgotten);
        const counts = isKnown && isUp(net, link) && other !== undefined && isHonest(other);
        return !counts || !owes(node, neighbour);
      }),
  );
}
