import { due, type Schedule } from "#core/schedule/schedule.ts";
import type { Money } from "#core/units/money.ts";
import type { Position } from "#core/units/position.ts";
import type { Price } from "#core/units/price.ts";
import type { Purchase } from "./purchase-window.ts";

/** Up to where an upstream account was looked at: x, and F(x) as it was then. */
export interface Looked {
  readonly position: Position;
  readonly due: Money;
}

/** Why what was bought between two looks cannot be told. */
export type LookFault =
  /** An account that began anew, as after a lost disk. */
  | "position went back"
  /** Positions of the future: nobody has leased them, so nobody knows their price. */
  | "position beyond the leases";

/** What was bought, oldest first, and where the next look goes on. */
export interface Bought {
  readonly purchases: readonly Purchase[];
  readonly looked: Looked;
}

/**
 * What the payer of an account bought since the last look, piece by piece as its leases priced it.
 * Positions whose prices were folded away meanwhile are one piece, at no more than the cap.
 * @param cap the dearest price that this account accepts.
 */
export function boughtSince(
  schedule: Schedule,
  before: Looked,
  to: Position,
  cap: Price,
): Bought | LookFault {
  if (to < before.position) return "position went back";
  if (to > schedule.end) return "position beyond the leases";
  return {
    purchases: [...folded(schedule, before, to, cap), ...priced(schedule, before.position, to)],
    looked: { position: to, due: due(schedule, to) },
  };
}

/**
 * The last so many bytes of an account, as far as its leases are remembered: how a window begins after a
 * restart. The ledger has them, so nothing of it has to be kept.
 */
export function boughtBefore(schedule: Schedule, to: Position, bytes: bigint): Bought {
  const known = to < schedule.end ? to : schedule.end;
  const from = known > bytes ? known - bytes : 0n;
  const start = from > schedule.start ? from : schedule.start;
  return {
    purchases: priced(schedule, start as Position, known),
    looked: { position: known, due: due(schedule, known) },
  };
}

/** What lies before the first position that is still priced by itself. */
function folded(
  schedule: Schedule,
  { position, due: before }: Looked,
  to: Position,
  cap: Price,
): readonly Purchase[] {
  const end = to < schedule.start ? to : schedule.start;
  const bytes = end - position;
  if (bytes <= 0n) return [];
  const known = schedule.startDue - before;
  const grains = known < 0n ? 0n : known;
  const average = (grains + bytes - 1n) / bytes;
  return [{ bytes, grains, dearest: average > cap ? average : cap }];
}

function priced(schedule: Schedule, from: Position, to: Position): readonly Purchase[] {
  return schedule.segments.flatMap((segment, i): readonly Purchase[] => {
    const until = schedule.segments[i + 1]?.from ?? schedule.end;
    const first = segment.from > from ? segment.from : from;
    const last = until < to ? until : to;
    const bytes = last - first;
    if (bytes <= 0n) return [];
    return [{ bytes, grains: bytes * segment.price, dearest: segment.price }];
  });
}
