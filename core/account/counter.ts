import type { Meter } from "#core/meter/meter.ts";
import type { Position } from "#core/units/position.ts";

/** A counter as the journal knows it: generation, base and raw in one record (Q3). */
export interface Counter {
  readonly generation: string;
  /** Position = base + raw. */
  readonly base: bigint;
  /** The raw value of the last journaled reading. */
  readonly raw: bigint;
}

/** The counter of which `raw` was read at `position`. */
export function counterAt(generation: string, position: Position, raw: bigint): Counter {
  return { generation, base: position - raw, raw };
}

/** The live meter that goes on from a journaled counter (P6: an agent restart loses nothing). */
export function resume(counter: Counter): Meter {
  return {
    generation: counter.generation,
    base: counter.base,
    confirmed: counter.raw,
    last: counter.raw,
  };
}
