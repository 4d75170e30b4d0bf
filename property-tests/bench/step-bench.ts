import { Session } from "node:inspector/promises";
import type { Signer } from "#core/identity/signature.ts";
import { emptyLedger } from "#core/journal/ledger.ts";
import type { Input, Reading } from "#core/node/input.ts";
import { type Lockstep, lockstep, stepTogether } from "#core/node/lockstep.ts";
import { type Node, replay } from "#core/node/node.ts";
import type { NeighbourPolicy } from "#core/node/policy.ts";
import type { Program } from "#core/node/program.ts";
import { step } from "#core/node/step.ts";
import type { Message } from "#core/peer/message.ts";
import { encodeMessage, helloDigest } from "#core/peer/message-form.ts";
import { signLease } from "#core/schedule/lease.ts";
import { untouched } from "#core/settlement/channel.ts";
import { journalId } from "#core/units/journal-id.ts";
import { money, noMoney, tokenUnits } from "#core/units/money.ts";
import { origin, position } from "#core/units/position.ts";
import { price } from "#core/units/price.ts";
import { priceClass } from "#core/units/price-class.ts";
import { program as modelledProgram } from "../simulator/modelled-program.ts";
import { modelledCheck, modelledSigner } from "../simulator/test-signer.ts";

/** What the bench of `step` found. */
export interface StepBench {
  readonly neighbours: number;
  readonly readings: number;
  readonly readingsPerSecond: number;
  readonly targetPerSecond: number;
  readonly bytesAllocatedPerReading: number;
  readonly eventsPerReading: number;
  /** Share of the processor's time in each room of the core, per cent. */
  readonly rooms: Readonly<Record<string, number>>;
}

const neighbours = 100;
const target = 300_000;

/** A node with 100 neighbours, each with a lease to send on, and each holding one of ours. */
export function busyNode(): Node {
  let node = replay(self(), [], modelledCheck);
  for (const input of busyInputs()) node = step(node, input).node;
  return node;
}

/** Two such nodes in lockstep. */
export function busyPair(second: Program = modelledProgram): Lockstep {
  const programs = { first: modelledProgram, second };
  let pair = lockstep(self(), emptyLedger, emptyLedger, programs);
  for (const input of busyInputs()) pair = stepTogether(pair, input).pair;
  return pair;
}

const self = (): Signer => modelledSigner(200);

/** What makes a node that busy. */
function busyInputs(): readonly Input[] {
  const others = Array.from({ length: neighbours }, (_, i) => modelledSigner(i + 1));
  const terms = {
    payThreshold: money(10n ** 10n),
    creditLimit: money(10n ** 14n),
    reservation: 200_000_000n,
    readChunk: 200_000_000n,
    priceCap: price(1000n),
    allowance: 65536n,
  };
  const policies = others.map(
    ({ id }): NeighbourPolicy => ({
      id,
      classes: 1,
      terms,
      prices: [{ kind: "fixed", price: price(50n) }],
      tunnelKey: new Uint8Array(32),
    }),
  );
  const inputs: Input[] = [
    {
      type: "Configured",
      neighbours: policies,
      tunnelKey: new Uint8Array(32),
      journal: ownJournal,
      starting: true,
    },
    ...others.map((_, neighbour): Input => {
      const channel = {
        channelId: neighbour.toString(16).padStart(64, "0"),
        chainId: 1n,
        contract: "11".repeat(20),
        grainsPerUnit: 1n,
        depositIn: tokenUnits(10n ** 20n),
        depositOut: tokenUnits(10n ** 20n),
        ...untouched,
        open: true,
      };
      return { type: "ChannelFact", neighbour, channel };
    }),
  ];
  others.forEach((other, neighbour) => {
    const account = { payer: self().id, payee: other.id, class: priceClass(1) };
    const lease = signLease(account, firstLease, other);
    const head = { sender: other.id, from: theirJournal, to: ownJournal };
    const hello = {
      type: "HELLO",
      ...head,
      recipient: self().id,
      meetings: 1n,
      answers: 0n,
      met: true,
      run: 1n,
      heard: 1n,
      classes: 1,
      terms,
      tunnelKey: new Uint8Array(32),
      channelId: "00".repeat(32),
    } as const;
    const messages: readonly Message[] = [
      { ...hello, signature: other.sign(helloDigest(hello)) },
      { type: "LEASE", ...head, class: priceClass(1), leases: [lease], credited: undefined },
      { type: "VOUCHER", ...head, voucher: undefined, held: [undefined] },
    ];
    for (const message of messages) {
      inputs.push({ type: "Datagram", neighbour, bytes: encodeMessage(message) });
    }
  });
  return inputs;
}

const ownJournal = journalId(1);
const theirJournal = journalId(2);

/** A lease long enough for the whole bench, at 50 grains a byte. */
const firstLease = {
  number: 1n,
  from: origin,
  to: position(10n ** 12n),
  price: price(50n),
  due: noMoney,
  settled: origin,
  payerJournal: ownJournal,
  payeeJournal: theirJournal,
};

export function batch(round: bigint): readonly Reading[] {
  return Array.from({ length: neighbours }, (_, neighbour) => ({
    neighbour,
    class: priceClass(1),
    generation: "boot/7/peer",
    sent: round * 125_000n + BigInt(neighbour),
    received: round * 124_000n + BigInt(neighbour),
  }));
}

/** Feeds batches of one reading per neighbour; the best of several runs counts. */
export async function benchStep(runs = 5, rounds = 3000): Promise<StepBench> {
  const batches = Array.from({ length: rounds }, (_, i) => batch(BigInt(i)));
  const count = rounds * neighbours;
  let best = 0;
  let events = 0;
  for (let run = 0; run < runs; run++) {
    const node = busyNode();
    const began = process.hrtime.bigint();
    events = feedAll(node, batches);
    const seconds = Number(process.hrtime.bigint() - began) / 1e9;
    best = Math.max(best, count / seconds);
  }
  return {
    neighbours,
    readings: count,
    readingsPerSecond: Math.round(best),
    targetPerSecond: target,
    bytesAllocatedPerReading: Math.round(allocatedBy(batches) / count),
    eventsPerReading: events / count,
    rooms: await shares(() => feedAll(busyNode(), batches)),
  };
}

function feedAll(first: Node, batches: readonly (readonly Reading[])[]): number {
  let node = first;
  let events = 0;
  for (const readings of batches) {
    const result = step(node, { type: "Readings", readings });
    node = result.node;
    events += result.events.length;
  }
  return events;
}

/** The heap saw-tooths: what it grew between two looks is what was allocated at least. */
function allocatedBy(batches: readonly (readonly Reading[])[]): number {
  let node = busyNode();
  let grown = 0;
  let floor = process.memoryUsage().heapUsed;
  for (const readings of batches) {
    node = step(node, { type: "Readings", readings }).node;
    const now = process.memoryUsage().heapUsed;
    if (now > floor) grown += now - floor;
    floor = now;
  }
  return grown;
}

/** Where the processor spent its time, by room, from the engine's own sampling profiler. */
async function shares(work: () => void): Promise<Record<string, number>> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.start");
  work();
  const { profile } = await session.post("Profiler.stop");
  session.disconnect();
  const rooms = new Map<string, number>();
  const roomOf = new Map(profile.nodes.map((node) => [node.id, roomName(node.callFrame)]));
  let all = 0;
  profile.samples?.forEach((sample, i) => {
    const time = profile.timeDeltas?.[i] ?? 0;
    const room = roomOf.get(sample) ?? "engine";
    all += time;
    rooms.set(room, (rooms.get(room) ?? 0) + time);
  });
  const ordered = [...rooms].sort((a, b) => b[1] - a[1]);
  return Object.fromEntries(ordered.map(([room, time]) => [room, round1((100 * time) / all)]));
}

function roomName(frame: { readonly url: string; readonly functionName: string }): string {
  const room = /\/core\/([a-z]+)\//.exec(frame.url)?.[1];
  if (room !== undefined) return room;
  if (frame.url.includes("@noble")) return "identity (curve)";
  return frame.functionName === "(garbage collector)" ? "garbage collector" : "engine";
}

function round1(value: number): number {
  return Math.round(value * 10) / 10;
}
