import type { ScenarioFault } from "../scenario/scenario.ts";
import { setPrice, stopPaying } from "./cheating.ts";
import { flipMemory } from "./memory-flip.ts";
import { across, linkAt, mix, type Network, type SimNode } from "./network.ts";
import { reroute } from "./rerouting.ts";
import { lookAtAll, loseDisk, renewCounters, restart } from "./shell.ts";
import { dropQueue } from "./traffic.ts";

/** Faults that have not happened yet. */
export interface FaultPlan {
  /** By node number, in the order of the file. */
  readonly waiting: Map<number, ScenarioFault[]>;
  /** Steps at which links are up again. */
  readonly healing: Set<number>;
}

/** The faults of a scenario, by node. */
export function faultPlan(net: Network): FaultPlan {
  const waiting = new Map<number, ScenarioFault[]>();
  const numbers = new Map(net.nodes.map(({ id, index }) => [id, index]));
  for (const fault of net.scenario.faults) {
    const node = numbers.get(fault.node) ?? 0;
    const known = waiting.get(node);
    if (known === undefined) waiting.set(node, [fault]);
    else known.push(fault);
  }
  return { waiting, healing: new Set() };
}

/** Lets happen what is due: faults whose bytes have come, and links that are up again. */
export function injectFaults(net: Network, plan: FaultPlan): void {
  if (plan.healing.delete(net.now)) {
    net.story.tell(net.now, "", "a partition heals");
    reroute(net);
    for (const node of net.nodes) lookAtAll(net, node);
  }
  for (const [index, faults] of plan.waiting) {
    const node = net.nodes[index] as SimNode;
    const due = faults.filter(({ afterBytes }) => node.entered >= afterBytes);
    if (due.length === 0) continue;
    const later = faults.filter(({ afterBytes }) => node.entered < afterBytes);
    if (later.length === 0) plan.waiting.delete(index);
    else plan.waiting.set(index, later);
    for (const fault of due) inject(net, plan, node, fault);
  }
}

function inject(net: Network, plan: FaultPlan, node: SimNode, fault: ScenarioFault): void {
  net.injected.push({ step: net.now, node: node.id, kind: fault.kind });
  net.story.tell(net.now, node.id, `fault: ${fault.kind}`);
  mix(net, net.now);
  switch (fault.kind) {
    case "crash":
      node.torn = true;
      return;
    case "reboot":
      for (const end of node.ends) if (!end.retired) renewCounters(net, end);
      dropQueue(net, node);
      return restart(net, node);
    case "counterReset": {
      const ends = node.ends.filter((end) => !end.retired);
      const end = ends[net.chance.fault.below(Math.max(1, ends.length))];
      if (end !== undefined) renewCounters(net, end);
      return lookAtAll(net, node);
    }
    case "diskLoss":
      return loseDisk(net, node);
    case "partition":
      return cut(net, plan, node, fault);
    case "priceChange":
      return setPrice(net, node, fault.price ?? node.price);
    case "stopPaying":
      node.behaviour = "stopsPaying";
      return stopPaying(net, node);
    case "bitFlip":
      if (net.chance.fault.below(2) === 0) return flipMemory(net, node);
      node.flipReading = true;
      return lookAtAll(net, node);
  }
}

/** Links of a node carry nothing for a while; what is on the way is lost. */
function cut(net: Network, plan: FaultPlan, node: SimNode, fault: ScenarioFault): void {
  const until = net.now + fault.steps;
  for (const end of node.ends) {
    const link = linkAt(net, end.link);
    const other = net.nodes[link.nodes[across(end.side)]];
    if (end.retired || (fault.link !== undefined && other?.id !== fault.link)) continue;
    if (link.downUntil < until) link.downUntil = until;
  }
  plan.healing.add(until);
  reroute(net);
}
