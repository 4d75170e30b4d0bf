import { noteCivilTime } from "#adapters/journal/civil-notes.ts";
import { directoryDisk } from "#adapters/journal/directory-disk.ts";
import { openJournal } from "#adapters/journal/open-journal.ts";
import { encodeCommit } from "#core/journal/commit.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import { emptyLedger, evolve, type Ledger } from "#core/journal/ledger.ts";
import type { Lease } from "#core/schedule/lease.ts";
import { journalId } from "#core/units/journal-id.ts";
import { money, tokenUnits } from "#core/units/money.ts";
import { type NodeId, nodeId } from "#core/units/node-id.ts";
import { position } from "#core/units/position.ts";
import { price } from "#core/units/price.ts";
import { priceClass } from "#core/units/price-class.ts";

/** How much happened: each neighbour, in each hour, reads, pays and gets a lease. */
export interface BusyTime {
  readonly neighbours: number;
  readonly hours: number;
}

/** Readings, each followed by a payment and a lease, of a neighbour in an hour. */
const roundsAnHour = 4n;

/** Bytes between two readings, and grains a byte. */
const [chunk, grains] = [20_000_000n, 50_000_000n] as const;

/** 2026-01-01T00:00:00Z. */
const begun = 1_767_225_600;

/** Not of anybody: neither a replay nor an index checks it. */
const signature = new Uint8Array(65).fill(0x5a) as Lease["signature"];

/**
 * Writes the journal of a node that was paid for so long, one event a commit, with a civil note an
 * hour; returns its ledger.
 */
export async function writeBusyJournal(
  directory: string,
  node: NodeId,
  { neighbours, hours }: BusyTime,
): Promise<Ledger> {
  const journal = await openJournal(directoryDisk(directory), {});
  let ledger = emptyLedger;
  let sequence = 0n;
  const add = async (events: readonly LedgerEvent[]) => {
    ledger = events.reduce(evolve, ledger);
    const last = await journal.append(events.map((event) => encodeCommit([event])));
    sequence = last;
  };
  try {
    await add([
      { type: "NodeOpened", node, journal: journalId(7) },
      ...Array.from({ length: neighbours }, (_, neighbour): LedgerEvent => {
        const id = nodeId(`02${(neighbour + 1).toString(16).padStart(64, "0")}`);
        return { type: "NeighbourAdded", neighbour, id, classes: 1 };
      }),
    ]);
    for (let hour = 0; hour < hours; hour++) {
      await noteCivilTime(directory, { sequence, seconds: begun + hour * 3600 });
      await add(
        Array.from({ length: neighbours }, (_, neighbour) =>
          hourOf(neighbour, BigInt(hour) * roundsAnHour),
        ).flat(),
      );
    }
  } finally {
    await journal.close();
  }
  return ledger;
}

function hourOf(neighbour: number, before: bigint): readonly LedgerEvent[] {
  const key = { neighbour, class: priceClass(1) };
  return Array.from({ length: Number(roundsAnHour) }, (_, i): readonly LedgerEvent[] => {
    const round = before + BigInt(i) + 1n;
    const read = round * chunk;
    const total = money(read * grains);
    const voucher = { totals: [total], cumulative: tokenUnits(read), signature };
    const lease: Lease = {
      number: round,
      from: position(read - chunk),
      to: position(read),
      price: price(grains),
      due: money((read - chunk) * grains),
      settled: position(read - chunk),
      payerJournal: journalId(9),
      payeeJournal: journalId(7),
      signature,
    };
    return [
      { type: "LeaseGranted", ...key, lease },
      { type: "BytesRead", ...key, read: position(read), raw: read },
      { type: "VoucherCredited", neighbour, voucher, held: [position(read)] },
    ];
  }).flat();
}
