import { type Scenario, type ScenarioNode, shareScale } from "../scenario/scenario.ts";
import { agentVersions } from "./agent-version.ts";
import { newChain } from "./chain.ts";
import { chance } from "./chance.ts";
import { classLimit, seatsOf } from "./charge.ts";
import { type Defect, shipped } from "./defect.ts";
import { type KeyRing, type Keys, keyRing } from "./key-ring.ts";
import type { End, Network, SimFlow, SimLink, SimNode, Story, Way } from "./network.ts";
import { plan, renewOffers } from "./rerouting.ts";

/** How a run differs from what its file says. */
export interface RunOptions {
  /** Instead of the seed of the file. */
  readonly seed?: number;
  readonly keys?: Keys;
  readonly story?: Story;
  /** Wrong rules, in tests of the checkers. */
  readonly defect?: Partial<Defect>;
  /** Whether a run ends with the first violation: the search for a small failure wants no more. */
  readonly stopAtViolation?: boolean;
}

const silence: Story = { tell: () => {} };

/** The network of a scenario: everything is switched off, nothing has been said. */
export function build(scenario: Scenario, options: RunOptions = {}): Network {
  const seed = options.seed ?? scenario.seed;
  const keys = keyRing(options.keys ?? "fast", seed);
  const numbers = new Map(scenario.nodes.map(({ id }, i) => [id, i]));
  const numberOf = (id: string) => numbers.get(id) ?? 0;
  const destinations = [...new Set(scenario.flows.map(({ to }) => numberOf(to)))];
  const classes = Math.max(1, Math.min(classLimit, destinations.length));
  const ends: End[][] = scenario.nodes.map(() => []);
  const links = scenario.links.map((one, index): SimLink => {
    const nodes = [numberOf(one.a), numberOf(one.b)] as const;
    const added = nodes.map((node, side) => {
      const list = ends[node] as End[];
      list.push({ link: index, side: side as 0 | 1, retired: false, offers: [] });
      return list.length - 1;
    });
    return newLink(one, index, nodes, [added[0] ?? 0, added[1] ?? 0], classes);
  });
  const nodes = scenario.nodes.map((_, index) =>
    newNode(scenario, index, ends[index] ?? [], keys, destinations),
  );
  const net: Network = {
    scenario,
    keys,
    nodes,
    links,
    flows: flowsOf(scenario, numberOf, destinations),
    destinations,
    classes,
    routes: { paid: [], free: [] },
    hops: new Map(),
    air: new Map(),
    carried: new Map(),
    datagrams: 0,
    said: 0,
    parcels: 0,
    now: 0,
    nodeSteps: 0,
    chance: { air: chance(seed, 1), loss: chance(seed, 2), fault: chance(seed, 3) },
    violations: [],
    falseThrottles: 0,
    leastSlack: undefined,
    injected: [],
    retired: [],
    chain: scenario.chain === undefined ? undefined : newChain(scenario.chain, links.length),
    trace: 0x811c9dc5,
    story: options.story ?? silence,
    defect: { ...shipped, ...options.defect },
  };
  plan(net);
  for (const node of nodes) renewOffers(net, node.index);
  return net;
}

/** A router that was never switched on. */
function newNode(
  scenario: Scenario,
  index: number,
  ends: End[],
  keys: KeyRing,
  destinations: readonly number[],
): SimNode {
  const one = scenario.nodes[index] as ScenarioNode;
  const signer = keys.signerOf(one.id);
  const agent = agentVersions[one.agent];
  return {
    index,
    id: one.id,
    scenario: one,
    signer,
    behaviour: one.behaviour,
    price: one.price,
    lowestFee: one.price,
    uncovered: new Set(),
    agent,
    core: agent.wake(signer, agent.emptyLedger, keys.holds),
    journals: 1,
    identities: 1,
    holds: keys.holds,
    ends,
    torn: false,
    flipReading: false,
    flipped: undefined,
    unread: new Map(),
    waiting: new Map(),
    entered: 0n,
    memory: [],
    alarms: 0,
    dropped: 0n,
    sentOn: destinations.map(() => 0n),
    seats: seatsOf(scenario.market, { index, ends: ends.length, fee: one.price }, destinations),
  };
}

function newLink(
  one: Scenario["links"][number],
  index: number,
  nodes: readonly [number, number],
  neighbours: [number, number],
  classes: number,
): SimLink {
  return {
    index,
    nodes,
    loss: Math.min(one.loss, shareScale),
    duplicate: one.duplicate,
    reorder: one.reorder,
    delay: one.delaySteps,
    bytesPerStep: one.bytesPerStep,
    numbers: neighbours,
    ways: [newWays(index, 0, nodes, classes), newWays(index, 1, nodes, classes)],
    generation: [1, 1],
    downUntil: 0,
    used: [
      { step: -1, bytes: 0n, free: 0n },
      { step: -1, bytes: 0n, free: 0n },
    ],
    lossCarry: [0n, 0n],
  };
}

/** The accounts on which one side of a link pays the other, class 1 first: nothing happened yet. */
export function newWays(
  link: number,
  side: 0 | 1,
  nodes: readonly [number, number],
  classes: number,
): Way[] {
  return Array.from({ length: classes }, (_, i): Way => {
    return {
      payer: nodes[side],
      payee: nodes[side === 0 ? 1 : 0],
      link,
      side,
      class: i + 1,
      rawSent: 0n,
      rawReceived: 0n,
      quota: 0n,
      gate: 0n,
      standing: "open",
      sent: 0n,
      received: 0n,
      tx: 0n,
      rx: 0n,
      resets: 0n,
      flips: 0n,
      payerDisks: 0n,
      payeeDisks: 0n,
      blank: { payer: false, payee: false },
      forgotten: false,
      leaps: [],
      dearest: 0n,
      forgiven: 0n,
      forwarded: 0n,
      throttled: 0n,
      bestSigned: 0n,
      bestCredited: 0n,
      final: undefined,
    };
  });
}

function flowsOf(
  scenario: Scenario,
  numberOf: (id: string) => number,
  destinations: readonly number[],
): readonly SimFlow[] {
  return scenario.flows.map((flow, index): SimFlow => {
    const to = numberOf(flow.to);
    return {
      index,
      from: numberOf(flow.from),
      to,
      destination: destinations.indexOf(to),
      bytes: flow.bytes,
      left: flow.bytes,
      outstanding: 0n,
      arrived: 0n,
      lost: 0n,
      arrivedFree: 0n,
      doneAt: undefined,
    };
  });
}
