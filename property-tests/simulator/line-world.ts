import type { Terms } from "#core/account/terms.ts";
import { type Signer, signedBy } from "#core/identity/signature.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import { emptyLedger, evolve, type Ledger } from "#core/journal/ledger.ts";
import type { Input } from "#core/node/input.ts";
import { type Node, replay } from "#core/node/node.ts";
import type { Output, Standing } from "#core/node/output.ts";
import type { NeighbourPolicy, Pricing } from "#core/node/policy.ts";
import { step } from "#core/node/step.ts";
import { due } from "#core/schedule/schedule.ts";
import type { Channel } from "#core/settlement/channel.ts";
import { money, tokenUnits } from "#core/units/money.ts";
import type { Position } from "#core/units/position.ts";
import { price } from "#core/units/price.ts";
import { priceClass } from "#core/units/price-class.ts";
import { modelledCheck, modelledSigner, testSigner } from "./test-signer.ts";

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
  /** The fold of the journal, kept beside it. */
  ledger: Ledger;
  node: Node;
  readonly ends: readonly WireEnd[];
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

/** The tunnel of class 1 between two neighbours; everything by sending side. */
export interface Wire {
  readonly nodes: readonly [number, number];
  readonly ways: readonly [Way, Way];
  readonly generation: [number, number];
}

/** One direction of a wire: the kernel's view, and the truth for the theorems. */
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
  /** Per node: what it charges. `resale` means: a fee on top of the next node of the line. */
  readonly prices: readonly (bigint | { readonly fee: bigint })[];
}

const one = priceClass(1);

/** A line of as many nodes as there are prices, all agents started, nothing delivered yet. */
export function lineWorld(options: WorldOptions): LineWorld {
  const size = options.prices.length;
  const signers = options.prices.map((_, i) =>
    options.keys === "real" ? testSigner(i + 1) : modelledSigner(i + 1),
  );
  const nodes = signers.map((signer, i): WorldNode => {
    const ends: WireEnd[] = [];
    if (i > 0) ends.push({ neighbour: ends.length, wire: i - 1, side: 1 });
    if (i < size - 1) ends.push({ neighbour: ends.length, wire: i, side: 0 });
    return {
      signer,
      journal: [],
      ledger: emptyLedger,
      node: replay(signer, [], checkOf(options)),
      ends,
      prices: [pricing(options, signers, i)],
      throttles: 0,
      alarms: [],
    };
  });
  const wires = Array.from({ length: size - 1 }, (_, i): Wire => {
    return { nodes: [i, i + 1], ways: [way(), way()], generation: [1, 1] };
  });
  const world: LineWorld = { nodes, wires, air: [], options };
  for (const i of nodes.keys()) start(world, i);
  return world;
}

function pricing(options: WorldOptions, signers: readonly Signer[], i: number): Pricing {
  const own = options.prices[i] ?? 1n;
  if (typeof own === "bigint") return { kind: "fixed", price: price(own) };
  const via = signers[i + 1];
  if (via === undefined) throw new Error("the last node of the line has nothing to resell");
  return { kind: "resale", via: via.id, fee: price(own.fee) };
}

function way(): Way {
  return {
    rawSent: 0n,
    rawReceived: 0n,
    quota: 0n,
    gate: 0n,
    standing: "open",
    sent: 0n,
    tx: 0n,
    rx: 0n,
    payerResets: 0n,
    degraded: 0n,
    forgiven: 0n,
  };
}

function checkOf(options: WorldOptions) {
  return options.keys === "real" ? signedBy : modelledCheck;
}

/** The agent begins a run: configuration first, then what the settlement port knows. */
export function start(world: LineWorld, index: number): void {
  feed(world, index, configured(world, index, true));
  const self = nodeAt(world, index);
  for (const end of self.ends) {
    const channel = channelOf(world, end);
    feed(world, index, { type: "ChannelFact", neighbour: end.neighbour, channel });
  }
}

/** The configuration of a node as an input. */
export function configured(world: LineWorld, index: number, starting: boolean): Input {
  const self = nodeAt(world, index);
  const neighbours = self.ends.map((end): NeighbourPolicy => {
    const other = nodeAt(world, otherOf(world, end));
    const via = self.prices[0];
    const resold = via?.kind === "resale" && via.via === other.signer.id;
    const fixed: Pricing = { kind: "fixed", price: price(1n) };
    return {
      id: other.signer.id,
      classes: 1,
      terms: world.options.terms,
      prices: [resold || via === undefined ? fixed : via],
      tunnelKey: new Uint8Array(32),
    };
  });
  return { type: "Configured", neighbours, tunnelKey: new Uint8Array(32), starting };
}

function channelOf(world: LineWorld, end: WireEnd): Channel {
  return {
    channelId: (end.wire + 1).toString(16).padStart(64, "0"),
    chainId: 31337n,
    contract: "11".repeat(20),
    grainsPerUnit: world.options.grainsPerUnit,
    depositIn: tokenUnits(world.options.deposit),
    depositOut: tokenUnits(world.options.deposit),
    open: true,
  };
}

/** One input, the way the shell does it: step, journal, believe, act. */
export function feed(world: LineWorld, index: number, input: Input): void {
  const self = nodeAt(world, index);
  const { node, events, outputs } = step(self.node, input);
  for (const event of events) witness(world, index, event);
  self.node = node;
  for (const output of outputs) perform(world, index, output);
}

/** The same, but the machine stops after so many events are durable, before any output. */
export function feedAndCrash(world: LineWorld, index: number, input: Input, durable: number): void {
  const self = nodeAt(world, index);
  const events = step(self.node, input).events.slice(0, durable);
  for (const event of events) witness(world, index, event);
  crash(world, index);
}

/**
 * What an event means for the truth: where a counter's past is unknown, the protocol's positions
 * go on from the journal, and the bytes that this cost or forgave are counted.
 */
function witness(world: LineWorld, index: number, event: LedgerEvent): void {
  const self = nodeAt(world, index);
  const before = self.ledger;
  self.journal.push(event);
  self.ledger = evolve(before, event);
  if (event.type !== "PositionLeapt" && event.type !== "BytesForgiven") return;
  const end = self.ends[event.neighbour];
  const ledger = before.neighbours[event.neighbour];
  if (end === undefined) return;
  if (event.type === "PositionLeapt") {
    const outWay = wayOf(world, end, "out");
    const account = ledger?.outbound[0];
    outWay.tx = (account?.reserved ?? 0n) + outWay.rawSent;
    if (account?.counter !== undefined) outWay.payerResets += 1n;
    return;
  }
  const inWay = wayOf(world, end, "in");
  const read = ledger?.inbound[0]?.read ?? 0n;
  const rx = read + inWay.rawReceived - event.raw;
  inWay.forgiven += inWay.rx - rx;
  inWay.rx = rx;
}

function perform(world: LineWorld, index: number, output: Output): void {
  const self = nodeAt(world, index);
  if (output.type === "Alarm") {
    self.alarms.push(output.words);
    return;
  }
  const end = self.ends[output.neighbour];
  if (end === undefined) throw new Error(`an output for neighbour ${output.neighbour}`);
  const outWay = wayOf(world, end, "out");
  const inWay = wayOf(world, end, "in");
  if (output.type === "Send") {
    const to = otherOf(world, end);
    const back = nodeAt(world, to).ends.find((other) => other.wire === end.wire);
    world.air.push({ to, neighbour: back?.neighbour ?? 0, bytes: output.bytes });
  } else if (output.type === "Standing") {
    inWay.standing = output.standing;
    if (output.standing === "throttled") self.throttles += 1;
  } else if (output.generation === generationOf(world, end)) {
    if (output.type === "Quota") outWay.quota = output.limit;
    else inWay.gate = output.limit;
  }
}

/** Bytes are sent over a wire from one side; of those the kernel lets pass, some are lost. */
export function traffic(
  world: LineWorld,
  wire: number,
  side: 0 | 1,
  bytes: bigint,
  lostPerMille: bigint,
): bigint {
  const path = world.wires[wire]?.ways[side];
  if (path === undefined) throw new Error(`no wire ${wire}`);
  const left = path.quota - path.rawSent;
  const passed = left <= 0n ? 0n : bytes < left ? bytes : left;
  const arrived = passed - (passed * lostPerMille) / 1000n;
  path.degraded += bytes - passed;
  path.rawSent += passed;
  path.sent += passed;
  path.tx += passed;
  path.rawReceived += arrived;
  path.rx += arrived;
  return arrived;
}

/** The agent reads all its counters. */
export function read(world: LineWorld, index: number): void {
  feed(world, index, { type: "Readings", readings: readings(world, index) });
}

/** What the agent would read now. */
export function readings(world: LineWorld, index: number) {
  return nodeAt(world, index).ends.map((end) => ({
    neighbour: end.neighbour,
    class: one,
    generation: generationOf(world, end),
    sent: wayOf(world, end, "out").rawSent,
    received: wayOf(world, end, "in").rawReceived,
  }));
}

/** Delivers a datagram on the way; it stays in the air where it is to arrive again. */
export function deliver(world: LineWorld, at: number, keep: boolean): void {
  const i = world.air.length === 0 ? -1 : at % world.air.length;
  const datagram = world.air[i];
  if (datagram === undefined) return;
  if (!keep) world.air.splice(i, 1);
  const { to, neighbour, bytes } = datagram;
  feed(world, to, { type: "Datagram", neighbour, bytes });
}

/** Loses a datagram on the way. */
export function lose(world: LineWorld, at: number): void {
  if (world.air.length > 0) world.air.splice(at % world.air.length, 1);
}

/** The agent is killed and started again: the kernel goes on, the journal is all it has. */
export function crash(world: LineWorld, index: number): void {
  const self = nodeAt(world, index);
  self.node = replay(self.signer, self.journal, checkOf(world.options));
  start(world, index);
}

/** The machine reboots: counters are gone, quotas are closed, then the agent starts. */
export function reboot(world: LineWorld, index: number): void {
  for (const end of nodeAt(world, index).ends) recreate(world, end);
  crash(world, index);
}

/** A tunnel interface is made anew: zero counters of another generation; quota and gate closed. */
export function recreate(world: LineWorld, end: WireEnd): void {
  const wire = world.wires[end.wire];
  if (wire === undefined) return;
  wire.generation[end.side] += 1;
  Object.assign(wayOf(world, end, "out"), { rawSent: 0n, quota: 0n });
  Object.assign(wayOf(world, end, "in"), { rawReceived: 0n, gate: 0n });
}

/** Delivers, reads, pokes and settles until nothing is on the way any more. */
export function drain(world: LineWorld, rounds = 12): void {
  for (let round = 0; round < rounds; round++) {
    for (const i of world.nodes.keys()) {
      read(world, i);
      read(world, i);
      feed(world, i, { type: "Wish", wish: { type: "Settle" } });
      feed(world, i, { type: "Poke" });
    }
    for (let i = 0; world.air.length > 0 && i < 10_000; i++) deliver(world, 0, false);
  }
}

/** Both books about one direction of a wire. */
export function books(world: LineWorld, wire: number, side: 0 | 1) {
  const found = world.wires[wire];
  if (found === undefined) throw new Error(`no wire ${wire}`);
  const payer = nodeAt(world, found.nodes[side]);
  const payee = nodeAt(world, found.nodes[side === 0 ? 1 : 0]);
  const out = payer.ends.find((end) => end.wire === wire)?.neighbour ?? 0;
  const into = payee.ends.find((end) => end.wire === wire)?.neighbour ?? 0;
  const outbound = payer.node.ledger.neighbours[out];
  const inbound = payee.node.ledger.neighbours[into];
  const owing = outbound?.outbound[0];
  const owed = inbound?.inbound[0];
  if (owing === undefined || owed === undefined) throw new Error("neighbours not configured");
  return {
    way: found.ways[side],
    x: payer.node.live[out]?.paths[0]?.sent ?? 0n,
    r: owing.reserved,
    g: owing.schedule.end,
    v: owing.signed,
    payerF: (at: bigint) => due(owing.schedule, at as Position),
    y: owed.read,
    G: owed.schedule.end,
    w: owed.credited,
    payeeF: (at: bigint) => due(owed.schedule, at as Position),
    price: owed.price,
    signed: outbound?.signed,
    credited: inbound?.credited,
  };
}

/** The node at an index of the line. */
export function nodeAt(world: LineWorld, index: number): WorldNode {
  const found = world.nodes[index];
  if (found === undefined) throw new Error(`no node ${index}`);
  return found;
}

function otherOf(world: LineWorld, end: WireEnd): number {
  const wire = world.wires[end.wire];
  if (wire === undefined) throw new Error(`no wire ${end.wire}`);
  return wire.nodes[end.side === 0 ? 1 : 0];
}

function wayOf(world: LineWorld, end: WireEnd, direction: "out" | "in"): Way {
  const wire = world.wires[end.wire];
  if (wire === undefined) throw new Error(`no wire ${end.wire}`);
  const side = direction === "out" ? end.side : end.side === 0 ? 1 : 0;
  return wire.ways[side];
}

function generationOf(world: LineWorld, end: WireEnd): string {
  return `boot/${end.wire}-${end.side}/${world.wires[end.wire]?.generation[end.side] ?? 0}`;
}

/** Terms with small numbers, so that limits are met often. */
export const smallTerms: Terms = {
  payThreshold: money(10n),
  creditLimit: money(60n),
  reservation: 6n,
  readChunk: 3n,
  priceCap: price(50n),
  allowance: 0n,
};
