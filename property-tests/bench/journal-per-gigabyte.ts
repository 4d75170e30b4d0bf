import { frameSize } from "#adapters/journal/frame.ts";
import { readConfigText } from "#agent/config/config-reader.ts";
import { encodeCommits } from "#core/journal/commit.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import { step } from "#core/node/step.ts";
import { priceClass } from "#core/units/price-class.ts";
import { deliver, drain, lineWorld, nodeAt } from "../simulator/line-world.ts";

/** What a gigabyte costs the flash, on either side of one account. */
export interface JournalPerGigabyte {
  readonly chunkBytes: string;
  readonly readChunkBytes: string;
  readonly payThresholdGrains: string;
  readonly priceGrainsPerByte: string;
  readonly payer: Writes;
  readonly payee: Writes;
}

/** Commits are syncs: one each. */
interface Writes {
  readonly syncs: number;
  readonly bytes: number;
  readonly events: number;
}

const gigabyte = 1_000_000_000n;

/** Bytes between two looks: 20 Mbit/s at a look a second. */
const perLook = 2_500_000n;

/** Sends ten gigabytes over one account with the default terms, and counts what is journaled. */
export function journalPerGigabyte(): JournalPerGigabyte {
  const reading = readConfigText("{}");
  if (!reading.ok) throw new Error("the defaults are refused");
  const { terms, token } = reading.config;
  const price = 50_000_000n;
  const world = lineWorld({
    terms,
    deposit: 10n ** 15n,
    grainsPerUnit: token.grainsPerUnit,
    prices: [price, price],
  });
  drain(world, 2);
  const writes = [newWrites(), newWrites()];
  const gigabytes = 10n;
  let position = 0n;
  while (position < gigabytes * gigabyte) {
    position += perLook;
    for (const i of [0, 1]) {
      const side = i === 0 ? { sent: position, received: 0n } : { sent: 0n, received: position };
      const reading = { neighbour: 0, class: priceClass(1), generation: generation(i), ...side };
      const self = nodeAt(world, i);
      const result = step(self.node, { type: "Readings", readings: [reading] });
      count(writes[i], result.events);
      self.node = result.node;
      for (const output of result.outputs) {
        if (output.type === "Send")
          world.air.push({ to: 1 - i, neighbour: 0, bytes: output.bytes });
      }
    }
    while (world.air.length > 0) {
      const datagram = world.air[0];
      const before = datagram === undefined ? 0 : nodeAt(world, datagram.to).journal.length;
      deliver(world, 0, false);
      if (datagram !== undefined) {
        count(writes[datagram.to], nodeAt(world, datagram.to).journal.slice(before));
      }
    }
  }
  return {
    chunkBytes: String(terms.reservation),
    readChunkBytes: String(terms.readChunk),
    payThresholdGrains: String(terms.payThreshold),
    priceGrainsPerByte: String(price),
    payer: perGigabyte(writes[0], Number(gigabytes)),
    payee: perGigabyte(writes[1], Number(gigabytes)),
  };
}

function generation(i: number): string {
  return `boot/0-${i}/1`;
}

function newWrites(): { syncs: number; bytes: number; events: number } {
  return { syncs: 0, bytes: 0, events: 0 };
}

function count(
  writes: ReturnType<typeof newWrites> | undefined,
  events: readonly LedgerEvent[],
): void {
  if (writes === undefined || events.length === 0) return;
  const commits = encodeCommits(events);
  writes.syncs += 1;
  writes.events += events.length;
  writes.bytes += commits.reduce((all, commit) => all + frameSize(commit.length), 0);
}

function perGigabyte(writes: ReturnType<typeof newWrites> | undefined, gigabytes: number): Writes {
  const { syncs, bytes, events } = writes ?? newWrites();
  const each = (value: number) => Math.round((value / gigabytes) * 10) / 10;
  return { syncs: each(syncs), bytes: each(bytes), events: each(events) };
}
