import type { Terms } from "#core/account/terms.ts";
import type { Signer } from "#core/identity/signature.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import type { Ledger } from "#core/journal/ledger.ts";
import type { Input } from "#core/node/input.ts";
import type { Node } from "#core/node/node.ts";
import type { Standing } from "#core/node/output.ts";
import type { Pricing } from "#core/node/policy.ts";
import type { Versions } from "#core/peer/version.ts";
import type { Channel } from "#core/settlement/channel.ts";

/**
 * A line of nodes, each running the shipped `step` over a journal in memory, with a model of the
 * kernel between neighbours and a network that loses, repeats and reorders as it is told. No clock
 * and no chance: whoever drives it decides everything, so every run can be run again.
 */
export interface LineWorld {
  readonly nodes: readonly WorldNode[];
  readonly wires: readonly Wire[];
  /** Datagrams on the way. */
  readonly air: Datagram[];
  readonly options: WorldOptions;
}

/** One node: its durable journal, and the agent that runs on it. */
export interface WorldNode {
  readonly signer: Signer;
  readonly journal: LedgerEvent[];
  /** How many journals it began: one more with every lost disk. */
  journals: number;
  /** The fold of the journal, kept beside it. */
  ledger: Ledger;
  node: Node;
  readonly ends: readonly WireEnd[];
  /** What each class costs, class 1 first. */
  prices: Pricing[];
  /** How often enforcement was told to throttle somebody. */
  throttles: number;
  readonly alarms: string[];
}

/** A node's end of a wire, seen as neighbour number `neighbour` of that node. */
export interface WireEnd {
  readonly neighbour: number;
  readonly wire: number;
  readonly side: 0 | 1;
}

/** The tunnels between two neighbours; everything by sending side. */
export interface Wire {
  readonly nodes: readonly [number, number];
  /** Class 1 first: what each side sends on it. */
  readonly classes: readonly (readonly [Way, Way])[];
  readonly generation: [number, number];
}

/** One direction of one tunnel: the kernel's view, and the truth for the theorems. */
export interface Way {
  rawSent: bigint;
  rawReceived: bigint;
  quota: bigint;
  gate: bigint;
  standing: Standing;
  /** Truth: all bytes ever sent and received; positions as the protocol counts them. */
  sent: bigint;
  tx: bigint;
  rx: bigint;
  payerResets: bigint;
  degraded: bigint;
  /** Bytes that arrived while the gate was open: what the payee forwarded as paid (T7). */
  forwarded: bigint;
  /** Bytes unread at the payee when its counters were lost (T7). */
  forgiven: bigint;
}

/** A message on its way. */
export interface Datagram {
  readonly to: number;
  readonly neighbour: number;
  readonly bytes: Uint8Array;
}

/** What the world is made of. */
export interface WorldOptions {
  readonly terms: Terms;
  readonly deposit: bigint;
  readonly grainsPerUnit: bigint;
  /** Signatures by modelled keys (fast, E4 by construction) or by the real curve. */
  readonly keys?: "modelled" | "real";
  /** Per node: what it charges on class 1. `resale`: a fee on top of the next node of the line. */
  readonly prices: readonly (bigint | { readonly fee: bigint })[];
  /** Which nodes are neighbours, where they are no line: whoever sends to whom it resells first. */
  readonly cables?: readonly (readonly [number, number])[];
  /** Paid classes, 1 unless told otherwise. Class k costs k times what class 1 costs. */
  readonly classes?: number;
  /** What a node's settlement port knows of its channel when its agent starts; nothing: no channel. */
  readonly channel?: (end: WireEnd) => Channel | undefined;
  /** Node 0 is an exit, node 1 its client, on class 1: what a byte of the delivery costs. */
  readonly tariff?: bigint;
  /** Per node: what it speaks, where it is not what ships. */
  readonly versions?: readonly Versions[];
  /**
   * Called with what an input led to: where it gives a number, the machine stops after so many of the
   * events are durable, before any output.
   */
  readonly stops?: (node: number, events: number) => number | undefined;
  /** Hears every input that a node is told, and nothing where its agent starts again. */
  readonly told?: (node: number, input: Input | undefined) => void;
}

/** The node at an index of the line. */
export function nodeAt(world: LineWorld, index: number): WorldNode {
  const found = world.nodes[index];
  if (found === undefined) throw new Error(`no node ${index}`);
  return found;
}

/** The wire at an index of the line. */
export function wireAt(world: LineWorld, index: number): Wire {
  const found = world.wires[index];
  if (found === undefined) throw new Error(`no wire ${index}`);
  return found;
}

/** The node at the other end. */
export function otherOf(world: LineWorld, end: WireEnd): number {
  return wireAt(world, end.wire).nodes[end.side === 0 ? 1 : 0];
}

/** What a side of a wire sends on a class. */
export function wayAt(world: LineWorld, wire: number, side: 0 | 1, paidClass = 1): Way {
  const ways = wireAt(world, wire).classes[paidClass - 1];
  if (ways === undefined) throw new Error(`no class ${paidClass} on wire ${wire}`);
  return ways[side];
}

/** What a node sends or receives on a class, seen from its end of a wire. */
export function wayOf(
  world: LineWorld,
  end: WireEnd,
  direction: "out" | "in",
  paidClass: number,
): Way {
  const side = direction === "out" ? end.side : end.side === 0 ? 1 : 0;
  return wayAt(world, end.wire, side, paidClass);
}

/** The generation of all counters at an end of a wire. */
export function generationOf(world: LineWorld, end: WireEnd): string {
  return `boot/${end.wire}-${end.side}/${wireAt(world, end.wire).generation[end.side]}`;
}

/** The paid classes of a world, 1 first. */
export function classesOf(world: LineWorld): readonly number[] {
  return Array.from({ length: world.options.classes ?? 1 }, (_, i) => i + 1);
}
