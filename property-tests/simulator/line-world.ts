import { type Delivery, deliveryClass } from "#core/account/delivery.ts";
import type { Terms } from "#core/account/terms.ts";
import { type Signer, signedBy } from "#core/identity/signature.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import { emptyLedger, evolve, type NeighbourLedger } from "#core/journal/ledger.ts";
import type { Input } from "#core/node/input.ts";
import { type Node, replay } from "#core/node/node.ts";
import type { Output } from "#core/node/output.ts";
import type { NeighbourPolicy, Pricing } from "#core/node/policy.ts";
import { step } from "#core/node/step.ts";
import type { MessageHead } from "#core/peer/message.ts";
import { encodeMessage, helloDigest } from "#core/peer/message-form.ts";
import { decodeMessage } from "#core/peer/message-reader.ts";
import { type Channel, untouched } from "#core/settlement/channel.ts";
import { journalId } from "#core/units/journal-id.ts";
import { money, tokenUnits } from "#core/units/money.ts";
import { price } from "#core/units/price.ts";
import { type PriceClass, priceClass } from "#core/units/price-class.ts";
import { quietWay, readings, recreate } from "./kernel.ts";
import { modelledCheck, modelledSigner, testSigner } from "./test-signer.ts";
import {
  classesOf,
  generationOf,
  type LineWorld,
  nodeAt,
  otherOf,
  type Way,
  type Wire,
  type WireEnd,
  type WorldNode,
  type WorldOptions,
  wayOf,
} from "./world.ts";

export { books } from "./books.ts";
export { readings, recreate, traffic } from "./kernel.ts";
export {
  type Datagram,
  type LineWorld,
  nodeAt,
  type Way,
  type Wire,
  type WireEnd,
  type WorldNode,
  type WorldOptions,
} from "./world.ts";

/** A line of as many nodes as there are prices, all agents started, nothing delivered yet. */
export function lineWorld(options: WorldOptions): LineWorld {
  const line = options.prices.slice(1).map((_, i): readonly [number, number] => [i, i + 1]);
  const cables = options.cables ?? line;
  const classes = options.classes ?? 1;
  const signers = options.prices.map((_, i) =>
    options.keys === "real" ? testSigner(i + 1) : modelledSigner(i + 1),
  );
  const nodes = signers.map((signer, i): WorldNode => {
    const ends = endsOf(cables, i);
    return {
      signer,
      journal: [],
      journals: 1,
      ledger: emptyLedger,
      node: replay(signer, [], checkOf(options), options.versions?.[i]),
      ends,
      prices: Array.from({ length: classes }, (_, k) => pricing(options, signers, i, k + 1)),
      throttles: 0,
      alarms: [],
    };
  });
  const wires = cables.map((pair): Wire => {
    const tunnels = Array.from({ length: classes }, (): [Way, Way] => [quietWay(), quietWay()]);
    return { nodes: pair, classes: tunnels, generation: [1, 1] };
  });
  const world: LineWorld = { nodes, wires, air: [], options };
  for (const i of nodes.keys()) start(world, i);
  return world;
}

/** Where the cables of a node end: at its neighbours, in the order of the cables. */
function endsOf(cables: readonly (readonly [number, number])[], node: number): readonly WireEnd[] {
  return cables
    .flatMap((pair, wire) => {
      const side = pair.indexOf(node);
      return side === 0 || side === 1 ? [{ wire, side: side as 0 | 1 }] : [];
    })
    .map((end, neighbour) => ({ neighbour, ...end }));
}

function pricing(
  options: WorldOptions,
  signers: readonly Signer[],
  i: number,
  paidClass: number,
): Pricing {
  const own = options.prices[i] ?? 1n;
  const dearer = BigInt(paidClass);
  if (typeof own === "bigint") return { kind: "fixed", price: price(own * dearer) };
  const via = signers[i + 1];
  if (via === undefined) throw new Error("the last node of the line has nothing to resell");
  return { kind: "resale", via: via.id, fee: price(own.fee * dearer) };
}

function checkOf(options: WorldOptions) {
  return options.keys === "real" ? signedBy : modelledCheck;
}

/** The agent begins a run: configuration first, then what the settlement port knows. */
export function start(world: LineWorld, index: number): void {
  feed(world, index, configured(world, index, true));
  const self = nodeAt(world, index);
  for (const end of self.ends) {
    const { channel: known } = world.options;
    const channel = known === undefined ? channelOf(world, end) : known(end);
    if (channel === undefined) continue;
    feed(world, index, { type: "ChannelFact", neighbour: end.neighbour, channel });
  }
}

/** The configuration of a node as an input. */
export function configured(world: LineWorld, index: number, starting: boolean): Input {
  const self = nodeAt(world, index);
  const neighbours = self.ends.map((end): NeighbourPolicy => {
    const other = nodeAt(world, otherOf(world, end));
    const fixed: Pricing = { kind: "fixed", price: price(1n) };
    const prices = self.prices.map((own) => {
      const upstream = own.kind === "resale" && own.via === other.signer.id;
      return upstream ? fixed : own;
    });
    const policy = {
      id: other.signer.id,
      classes: prices.length,
      terms: world.options.terms,
      prices,
      tunnelKey: new Uint8Array(32),
    };
    const { tariff } = world.options;
    if (tariff === undefined || end.wire !== 0) return policy;
    const role = end.side === 0 ? "exit" : "client";
    const delivery: Delivery = { role, carrier: priceClass(1) };
    return { ...policy, delivery, prices: [...prices, { kind: "fixed", price: price(tariff) }] };
  });
  const journal = journalId(1000 * (index + 1) + self.journals);
  return { type: "Configured", neighbours, tunnelKey: new Uint8Array(32), journal, starting };
}

/** The payment channel of a wire, as a node's settlement port tells it. */
export function channelOf(world: LineWorld, end: WireEnd): Channel {
  return {
    channelId: (end.wire + 1).toString(16).padStart(64, "0"),
    chainId: 31337n,
    contract: "11".repeat(20),
    grainsPerUnit: world.options.grainsPerUnit,
    depositIn: tokenUnits(world.options.deposit),
    depositOut: tokenUnits(world.options.deposit),
    ...untouched,
    open: true,
  };
}

/** One input, the way the shell does it: step, journal, believe, act. */
export function feed(world: LineWorld, index: number, input: Input): void {
  const self = nodeAt(world, index);
  world.options.told?.(index, input);
  const { node, events, outputs } = step(self.node, input);
  const durable = world.options.stops?.(index, events.length);
  if (durable !== undefined) {
    for (const event of events.slice(0, durable)) witness(world, index, event);
    return crash(world, index);
  }
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
 * The forbidden order: outputs first, then the machine stops before anything became durable. What
 * the order journal -> believe -> act is there to prevent.
 */
export function feedCarelessly(world: LineWorld, index: number, input: Input): void {
  const { outputs } = step(nodeAt(world, index).node, input);
  for (const output of outputs) perform(world, index, output);
}

/**
 * What an event means for the truth: where a counter's past is unknown or a disk was lost, the
 * protocol's positions go on from the journal, and the bytes that this cost or forgave are counted.
 */
function witness(world: LineWorld, index: number, event: LedgerEvent): void {
  const self = nodeAt(world, index);
  const before = self.ledger;
  self.journal.push(event);
  self.ledger = evolve(before, event);
  if (!("class" in event)) return;
  const end = self.ends[event.neighbour];
  const ledger = self.ledger.neighbours[event.neighbour];
  if (end === undefined || ledger === undefined) return;
  const i = event.class - 1;
  if (event.class === deliveryClass(ledger)) return witnessDelivery(world, end, ledger, event);
  if (event.type === "PositionLeapt" || event.type === "PayerRestored") {
    const outWay = wayOf(world, end, "out", event.class);
    const base = ledger.outbound[i]?.counter?.base;
    outWay.tx = base === undefined ? (ledger.outbound[i]?.sent ?? 0n) : base + outWay.rawSent;
    const known = before.neighbours[event.neighbour]?.outbound[i]?.counter !== undefined;
    if (known && event.type === "PositionLeapt") outWay.payerResets += 1n;
  }
  if (event.type === "BytesForgiven" || event.type === "PayeeRestored") {
    const inWay = wayOf(world, end, "in", event.class);
    const base = ledger.inbound[i]?.counter?.base;
    const rx = base === undefined ? (ledger.inbound[i]?.read ?? 0n) : base + inWay.rawReceived;
    if (rx < inWay.rx) inWay.forgiven += inWay.rx - rx;
    inWay.rx = rx;
  }
}

/** Of a delivery the exit counts as payee what it sent; the client's resets count as a payer's. */
function witnessDelivery(
  world: LineWorld,
  end: WireEnd,
  ledger: NeighbourLedger,
  event: Extract<LedgerEvent, { readonly class: PriceClass }>,
): void {
  const carrier = ledger.delivery?.carrier ?? 1;
  if (event.type === "PositionLeapt") wayOf(world, end, "in", carrier).payerResets += 1n;
  if (event.type !== "BytesForgiven" && event.type !== "PayeeRestored") return;
  const out = wayOf(world, end, "out", carrier);
  const account = ledger.inbound.at(-1);
  const base = account?.counter?.base;
  const tx = base === undefined ? (account?.read ?? 0n) : base + out.rawSent;
  if (tx < out.tx) out.forgiven += out.tx - tx;
  out.tx = tx;
}

function perform(world: LineWorld, index: number, output: Output): void {
  const self = nodeAt(world, index);
  if (output.type === "Alarm") {
    self.alarms.push(output.words);
    return;
  }
  const end = self.ends[output.neighbour];
  if (end === undefined) throw new Error(`an output for neighbour ${output.neighbour}`);
  if (output.type === "Send") {
    const to = otherOf(world, end);
    const back = nodeAt(world, to).ends.find((other) => other.wire === end.wire);
    world.air.push({ to, neighbour: back?.neighbour ?? 0, bytes: output.bytes });
  } else if (output.type === "Standing") {
    for (const paidClass of classesOf(world)) {
      wayOf(world, end, "in", paidClass).standing = output.standing;
    }
    if (output.standing === "throttled") self.throttles += 1;
  } else if (output.generation === generationOf(world, end)) {
    if (output.type === "Quota") wayOf(world, end, "out", output.class).quota = output.limit;
    else wayOf(world, end, "in", output.class).gate = output.limit;
  }
}

/** The agent reads all its counters. */
export function read(world: LineWorld, index: number): void {
  feed(world, index, { type: "Readings", readings: readings(world, index) });
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

/** Everything on the way arrives, and whatever that leads to. */
export function deliverAll(world: LineWorld): void {
  for (let i = 0; world.air.length > 0 && i < 10_000; i++) deliver(world, 0, false);
}

/** Loses a datagram on the way. */
export function lose(world: LineWorld, at: number): void {
  if (world.air.length > 0) world.air.splice(at % world.air.length, 1);
}

/** The agent is killed and started again: the kernel goes on, the journal is all it has. */
export function crash(world: LineWorld, index: number): void {
  const self = nodeAt(world, index);
  world.options.told?.(index, undefined);
  const { options } = world;
  self.node = replay(self.signer, self.journal, checkOf(options), options.versions?.[index]);
  start(world, index);
}

/** The machine reboots: counters are gone, quotas are closed, then the agent starts. */
export function reboot(world: LineWorld, index: number): void {
  for (const end of nodeAt(world, index).ends) recreate(world, end);
  crash(world, index);
}

/** The journal is gone and the agent starts without one. The key and the kernel are still there. */
export function loseDisk(world: LineWorld, index: number): void {
  const self = nodeAt(world, index);
  self.journal.length = 0;
  self.journals += 1;
  self.ledger = emptyLedger;
  crash(world, index);
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
    deliverAll(world);
  }
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

/** How a message of a node to another begins: between their present journals. */
export function headBetween(world: LineWorld, sender: number, recipient: number): MessageHead {
  const { signer, ledger } = nodeAt(world, sender);
  const to = nodeAt(world, recipient).ledger.journal;
  if (ledger.journal === undefined || to === undefined) throw new Error("no journal was begun");
  return { sender: signer.id, from: ledger.journal, to };
}

/** Neighbours meet: HELLOs go to and fro until nobody has one to say, everything else is lost. */
export function greet(world: LineWorld): void {
  for (let i = 0; world.air.length > 0 && i < 1000; i++) {
    const said = world.air[0] === undefined ? undefined : decodeMessage(world.air[0].bytes);
    if (typeof said === "object" && said.type === "HELLO") deliver(world, 0, false);
    else lose(world, 0);
  }
}

/** The HELLO with which a node meets a neighbour that has no memory of it yet. */
export function greeting(world: LineWorld, sender: number, recipient: Node): Input {
  const { signer, ledger } = nodeAt(world, sender);
  if (ledger.journal === undefined) throw new Error("no journal was begun");
  const hello = {
    type: "HELLO",
    sender: signer.id,
    from: ledger.journal,
    to: recipient.ledger.journal,
    recipient: recipient.signer.id,
    meetings: 1n,
    answers: recipient.ledger.neighbours[0]?.meetings ?? 0n,
    met: true,
    run: ledger.run,
    heard: recipient.ledger.run,
    classes: world.options.classes ?? 1,
    terms: world.options.terms,
    tunnelKey: new Uint8Array(32),
    channelId: "00".repeat(32),
  } as const;
  const bytes = encodeMessage({ ...hello, signature: signer.sign(helloDigest(hello)) });
  return { type: "Datagram", neighbour: 0, bytes };
}
