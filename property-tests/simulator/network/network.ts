import type { SignatureCheck, Signer } from "#core/identity/signature.ts";
import type { Ledger } from "#core/journal/ledger.ts";
import type { Input } from "#core/node/input.ts";
import type { Lockstep } from "#core/node/lockstep.ts";
import type { Node } from "#core/node/node.ts";
import type { Standing } from "#core/node/output.ts";
import type { Pricing } from "#core/node/policy.ts";
import type { Step } from "#core/node/step.ts";
import type { Violation } from "../check/violation.ts";
import type { Behaviour, Scenario, ScenarioNode } from "../scenario/scenario.ts";
import type { AgentVersion } from "./agent-version.ts";
import type { SimChain } from "./chain.ts";
import type { Chance } from "./chance.ts";
import type { Seat } from "./charge.ts";
import type { Defect } from "./defect.ts";
import type { KeyRing } from "./key-ring.ts";
import type { Hops } from "./offers.ts";
import type { RouteTable } from "./route-table.ts";

/**
 * A whole network that runs the shipped `step`: routers with journal and kernel, links, bytes and
 * datagrams on the way, and the truth that no router knows. Mutable, owned by one simulation.
 */
export interface Network {
  readonly scenario: Scenario;
  readonly keys: KeyRing;
  readonly nodes: readonly SimNode[];
  readonly links: readonly SimLink[];
  readonly flows: readonly SimFlow[];
  /** Destinations of flows, as node numbers; their place is their number in routes. */
  readonly destinations: readonly number[];
  /** Paid classes between neighbours. */
  readonly classes: number;
  routes: RouteTable;
  hops: Hops;
  /** Datagrams and bytes on the way, by the step in which they arrive. */
  readonly air: Map<number, Datagram[]>;
  readonly carried: Map<number, Parcel[]>;
  /** How many of both there are. */
  datagrams: number;
  parcels: number;
  /** How many datagrams ever set out. */
  said: number;
  /** Virtual time. */
  now: number;
  /** Inputs that nodes have taken. */
  nodeSteps: number;
  readonly chance: { readonly air: Chance; readonly loss: Chance; readonly fault: Chance };
  readonly violations: Violation[];
  falseThrottles: number;
  /** The least that any forwarder had beyond what T12 promises it, over the whole run. Grains. */
  leastSlack: bigint | undefined;
  readonly injected: InjectedFault[];
  /** Accounts of identities that are no longer used. */
  readonly retired: Way[];
  readonly chain: SimChain | undefined;
  /** Mixes everything that happened: what makes two runs the same run. */
  trace: number;
  readonly story: Story;
  readonly defect: Defect;
}

/** Whoever listens to a run: plots and event traces. */
export interface Story {
  readonly tell: (step: number, node: string, what: string) => void;
  /** An agent took an input: what it decided. */
  readonly took?: (step: number, node: string, input: Input, done: Step) => void;
}

/** A fault that happened. */
export interface InjectedFault {
  readonly step: number;
  readonly node: string;
  readonly kind: string;
}

/** A router: its agent, and what its operator wants. */
export interface SimNode {
  readonly index: number;
  readonly id: string;
  readonly scenario: ScenarioNode;
  signer: Signer;
  behaviour: Behaviour;
  /** Its own fee, grains a byte. */
  price: bigint;
  /** The lowest fee it ever had. */
  lowestFee: bigint;
  /** Classes sold at one price and perhaps sent on at another: the next hop changed, or was free (T12). */
  readonly uncovered: Set<number>;
  readonly agent: AgentVersion;
  core: Node;
  /** How many journals it began: one more with every lost disk. */
  journals: number;
  identities: number;
  readonly holds: SignatureCheck;
  /** Its ends of links, by neighbour number. */
  readonly ends: End[];
  /** The next step is torn: the agent dies between any two of its events and outputs. */
  torn: boolean;
  /** The next reading has one bit wrong (E7). */
  flipReading: boolean;
  /** A bit of its memory flipped: it runs in lockstep, as agents do, until that is noticed. */
  flipped: FlippedMemory | undefined;
  /** Counters to be read, by neighbour * 8 + class: how often still. */
  readonly unread: Map<number, number>;
  /** Bytes of flows that wait to be sent on. */
  readonly waiting: Map<number, Waiting>;
  /** Bytes that entered, from links or as their source. */
  entered: bigint;
  /** Datagrams a cheat keeps to say again. */
  readonly memory: Uint8Array[];
  alarms: number;
  /** Bytes that got here as paid and were not sent on as paid, by loss of its queue. */
  dropped: bigint;
  /** Bytes that it sent on as paid, or to who charges nothing, by destination. */
  readonly sentOn: bigint[];
  /** What it asks for each destination, where the scenario has a market. */
  readonly seats: readonly Seat[];
}

/** An agent with a wrong bit in its memory, and what its journal says. */
export interface FlippedMemory {
  readonly pair: Lockstep;
  readonly durable: Ledger;
}

/** What a node's journal says, whatever is in its memory. */
export function ledgerOf(node: SimNode): Ledger {
  return node.flipped?.durable ?? node.core.ledger;
}

/** Bytes of one flow at one node. */
export interface Waiting {
  paid: bigint;
  free: bigint;
  /** Since when nothing could go as paid. */
  since: number | undefined;
}

/** A node's end of a link. Retired ones belong to an identity that is no longer used. */
export interface End {
  readonly link: number;
  readonly side: 0 | 1;
  retired: boolean;
  /** What the node sells there, as its agent was told last. */
  offers: readonly Pricing[];
}

/** A link between two neighbours; sides are 0 for `a` and 1 for `b`. */
export interface SimLink {
  readonly index: number;
  readonly nodes: readonly [number, number];
  readonly loss: number;
  readonly duplicate: number;
  readonly reorder: number;
  readonly delay: number;
  readonly bytesPerStep: bigint;
  /** The neighbour number of this link at the node of each side. */
  readonly numbers: [number, number];
  /** By sending side, then class, 1 first. */
  readonly ways: [Way[], Way[]];
  readonly generation: [number, number];
  /** Up again from this step on. */
  downUntil: number;
  /** Bytes that went in a step, by sending side. */
  readonly used: [Used, Used];
  /** Parts of bytes that are not yet lost, by sending side. */
  readonly lossCarry: [bigint, bigint];
}

/** How much of a link's capacity is used up. */
interface Used {
  step: number;
  bytes: bigint;
  free: bigint;
}

/** One account: what one side of a link sends as paid on one class. */
export interface Way {
  readonly payer: number;
  readonly payee: number;
  readonly link: number;
  readonly side: 0 | 1;
  readonly class: number;
  rawSent: bigint;
  rawReceived: bigint;
  quota: bigint;
  gate: bigint;
  standing: Standing;
  /** Truth: all bytes ever sent and received as paid; and positions as the protocol counts them. */
  sent: bigint;
  received: bigint;
  tx: bigint;
  rx: bigint;
  /** Counter resets at the payer, wrong readings, lost disks of either. */
  resets: bigint;
  flips: bigint;
  payerDisks: bigint;
  payeeDisks: bigint;
  /** Which journals were lost and have not come back yet from what the other side signed. */
  readonly blank: { payer: boolean; payee: boolean };
  /** Both were blank at once: nobody is left who knows what was agreed, and nothing is claimed. */
  forgotten: boolean;
  /** Positions that were leapt over, never sent (P6). */
  readonly leaps: Leap[];
  /** The dearest price there was. */
  dearest: bigint;
  /** Bytes unread at the payee when its counters were lost (T7). */
  forgiven: bigint;
  /** Bytes that arrived while the gate was open: forwarded as paid (T7). */
  forwarded: bigint;
  /** Bytes that were to go as paid and had to ride the free class. */
  throttled: bigint;
  /** The best totals there ever were, lost disks or not. */
  bestSigned: bigint;
  bestCredited: bigint;
  /** What the account would show now: kept where an identity is retired. */
  final: WayBooks | undefined;
}

/** Positions from and to, and what they cost. */
export interface Leap {
  readonly fromDue: bigint;
  readonly toDue: bigint;
}

/** What the books of both sides say of an account. */
export interface WayBooks {
  readonly owed: bigint;
  readonly expected: bigint;
  readonly signed: bigint;
  readonly credited: bigint;
  readonly overpaid: bigint;
}

/** A flow: bytes from a source to a destination. */
export interface SimFlow {
  readonly index: number;
  readonly from: number;
  readonly to: number;
  /** Number of the destination in {@link Network.destinations}. */
  readonly destination: number;
  readonly bytes: bigint;
  /** Not sent yet. */
  left: bigint;
  /** Sent, and neither arrived nor lost. */
  outstanding: bigint;
  arrived: bigint;
  lost: bigint;
  /** How many of those that arrived rode the free class for a part of the way. */
  arrivedFree: bigint;
  doneAt: number | undefined;
}

/** A message on its way, to the node at one side of a link. */
export interface Datagram {
  readonly link: number;
  readonly to: 0 | 1;
  readonly bytes: Uint8Array;
}

/** Bytes of a flow on their way; the lost ones do not arrive. */
export interface Parcel {
  readonly link: number;
  /** The sending side. */
  readonly side: 0 | 1;
  /** 0 for the free class. */
  readonly class: number;
  readonly flow: number;
  readonly bytes: bigint;
  readonly lost: bigint;
  /** On class 0 without having been degraded: to a neighbour that charges nothing. */
  readonly plain: boolean;
  /** The counter's generation at both ends when they were sent. */
  readonly generation: number;
}

/** The node at a number. */
export function nodeAt(net: Network, index: number): SimNode {
  const found = net.nodes[index];
  if (found === undefined) throw new Error(`no node ${index}`);
  return found;
}

/** The link at a number. */
export function linkAt(net: Network, index: number): SimLink {
  const found = net.links[index];
  if (found === undefined) throw new Error(`no link ${index}`);
  return found;
}

/** What a side of a link sends on a paid class. */
export function wayAt(link: SimLink, side: 0 | 1, paidClass: number): Way {
  const found = link.ways[side][paidClass - 1];
  if (found === undefined) throw new Error(`no class ${paidClass}`);
  return found;
}

/** The other side. */
export function across(side: 0 | 1): 0 | 1 {
  return side === 0 ? 1 : 0;
}

/** Whether a link carries anything now. */
export function isUp(net: Network, link: SimLink): boolean {
  return link.downUntil <= net.now;
}

/** Whether a node keeps to the protocol. */
export function isHonest(node: SimNode): boolean {
  return node.behaviour === "honest";
}

/** Mixes a number into the trace of a run (FNV-1a, 32 bits). */
export function mix(net: Network, value: number): void {
  net.trace = Math.imul(net.trace ^ (value | 0), 0x01000193) >>> 0;
}
