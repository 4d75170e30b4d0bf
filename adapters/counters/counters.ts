import * as Context from "effect/Context";
import * as Data from "effect/Data";
import type * as Effect from "effect/Effect";

/** The transfer counters of the one peer of a tunnel interface, raw, as WireGuard has them. */
export interface CounterReading {
  readonly interfaceName: string;
  readonly interfaceIndex: number;
  /** Base64. */
  readonly peerKey: string;
  /** Bytes, unsigned 64-bit. Read, never reset. */
  readonly received: bigint;
  readonly sent: bigint;
}

/** Counters could not be read. */
export class CountersError extends Data.TaggedError("CountersError")<{
  readonly words: string;
}> {
  override get message(): string {
    return this.words;
  }
}

/** Reads WireGuard's peer transfer counters: the only ones both ends of a link agree on. */
export class Counters extends Context.Service<
  Counters,
  {
    /** Those of the interfaces that are there; absent ones are left out. */
    readonly read: (
      interfaces: readonly string[],
    ) => Effect.Effect<readonly CounterReading[], CountersError>;
    /** Names this boot, for generations. */
    readonly bootId: string;
  }
>()("meshtoll/adapters/counters/Counters") {}

/**
 * What one run of a counter belongs to: this boot, this interface, this peer. An interface that is
 * made again has a new index, so its counter is a new generation.
 */
export function generationOf(bootId: string, reading: CounterReading): string {
  return `${bootId.slice(0, 36)}/${reading.interfaceIndex}/${reading.peerKey.slice(0, 16)}`;
}
