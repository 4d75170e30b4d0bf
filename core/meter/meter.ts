import { type Position, positionLimit } from "#core/units/position.ts";

/**
 * One direction of one tunnel: from the kernel's raw counter to an absolute position. Absolute,
 * never accumulated by differences, so reading twice is reading once (T17).
 */
export interface Meter {
  /** What one run of the raw counter belongs to: boot, interface and peer. A new one is a reset. */
  readonly generation: string;
  /** Position = base + raw. Below zero where counting began late. */
  readonly base: bigint;
  /** The largest raw value that two successive reads agree on (T18): surely counted. */
  readonly confirmed: bigint;
  /** The last raw value read, perhaps flipped. */
  readonly last: bigint;
}

/** The longest generation text. */
export const generationLimit = 96;

/** A raw counter that jumps further than this between two reads is no traffic: 72 petabytes. */
export const jumpLimit = 1n << 56n;

/** What a reading did to a meter. */
export type Sighting =
  | { readonly kind: "counted"; readonly meter: Meter }
  /** The counter belongs to another generation: its past is unknown. */
  | { readonly kind: "reset" }
  /** Not believed, not counted; a second, agreeing read decides. */
  | { readonly kind: "doubted"; readonly meter: Meter; readonly why: CounterDoubt };

/** Why a reading was not believed at once. */
export type CounterDoubt = "counter went back" | "counter jumped" | "counter out of range";

/** A meter whose counter stands at `raw` where the account stands at `position`. */
export function attach(generation: string, position: Position, raw: bigint): Meter {
  return { generation, base: position - raw, confirmed: raw, last: raw };
}

/**
 * Takes a raw reading. At most one of two successive reads is wrong (E7): a value counts as
 * confirmed when two reads reach it, and a counter that is twice seen below what was confirmed has
 * been reset even though its generation did not change.
 */
export function sight(meter: Meter, generation: string, raw: bigint): Sighting {
  if (generation !== meter.generation) return { kind: "reset" };
  if (raw < 0n || raw > positionLimit || meter.base + raw > positionLimit) {
    return { kind: "doubted", meter, why: "counter out of range" };
  }
  if (raw < meter.confirmed) {
    if (meter.last < meter.confirmed) return { kind: "reset" };
    return { kind: "doubted", meter: { ...meter, last: raw }, why: "counter went back" };
  }
  if (raw - meter.confirmed > jumpLimit) {
    return { kind: "doubted", meter, why: "counter jumped" };
  }
  if (meter.last < meter.confirmed) return { kind: "counted", meter: { ...meter, last: raw } };
  const confirmed = meter.last < raw ? meter.last : raw;
  if (confirmed === meter.confirmed && raw === meter.last) return { kind: "counted", meter };
  return {
    kind: "counted",
    meter: {
      ...meter,
      confirmed: confirmed > meter.confirmed ? confirmed : meter.confirmed,
      last: raw,
    },
  };
}

/** The payee's position: the smaller of two reads (T18). It never claims a byte too many. */
export function lowerPosition(meter: Meter): Position {
  const position = meter.base + meter.confirmed;
  return (position < 0n ? 0n : position) as Position;
}

/** The payer's position: the larger of two reads (T18), to be cut off at its reservation. */
export function upperPosition(meter: Meter): Position {
  const raw = meter.last > meter.confirmed ? meter.last : meter.confirmed;
  const position = meter.base + raw;
  return (position < 0n ? 0n : position) as Position;
}
