import type { LedgerEvent } from "#core/journal/event.ts";
import { type Position, positionLimit } from "#core/units/position.ts";
import { priceClass } from "#core/units/price-class.ts";

const read = (neighbour: number, at: bigint, raw: bigint): LedgerEvent => ({
  type: "BytesRead",
  neighbour,
  class: priceClass(1),
  read: at as Position,
  raw,
});

const sent = (neighbour: number, at: bigint, raw: bigint): LedgerEvent => ({
  type: "SentRead",
  neighbour,
  class: priceClass(2),
  sent: at as Position,
  raw,
});

const reserved = (neighbour: number, to: bigint, at: bigint, raw: bigint): LedgerEvent => ({
  type: "BytesReserved",
  neighbour,
  class: priceClass(7),
  reserved: to as Position,
  sent: at as Position,
  raw,
});

const started: LedgerEvent = { type: "AgentStarted", run: 9n };

/** Commits in which readings stand together: the compact format. New ones go to the end. */
export const commitSpecimens: Readonly<Record<string, readonly LedgerEvent[]>> = {
  "two readings": [read(0, 1_000_000n, 1_000_000n), sent(0, 2_000_000n, 1_500_000n)],
  "readings of every kind": [
    read(1, 123_456_789_012n, 456_789_012n),
    sent(2, 5n, 900n),
    reserved(249, 10n ** 15n, 10n ** 15n - 200_000_000n, 77n),
  ],
  "readings at their limits": [
    read(0, positionLimit, 0n),
    read(0, 0n, positionLimit),
    reserved(0, 0n, positionLimit, positionLimit),
    reserved(0, positionLimit, 0n, 0n),
  ],
  "readings between other events": [
    started,
    read(3, 255n, 255n),
    read(4, 256n, 256n),
    started,
    read(5, 65_535n, 65_536n),
    started,
    sent(6, 1n << 32n, (1n << 32n) - 1n),
    sent(6, 1n << 33n, 1n << 33n),
  ],
};
