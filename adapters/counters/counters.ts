import * as Context from "effect/Context";
import * as Data from "effect/Data";
import * as Effect from "effect/Effect";

/** The transfer counters of one peer of a WireGuard interface, raw, as WireGuard has them. */
export interface CounterReading {
  readonly interfaceName: string;
  /** Of the same instant as the counters: an interface that is made again has another. */
  readonly interfaceIndex: number;
  /** Base64. */
  readonly peerKey: string;
  /** Bytes, unsigned 64-bit. Read, never reset. */
  readonly received: bigint;
  readonly sent: bigint;
  /** Seconds since 1970; 0 for never. For people to look at: nothing may be decided by it (T10). */
  readonly lastHandshake: bigint;
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
    /**
     * One reading for each peer of the interfaces that are there; absent interfaces are left out.
     * Refuses what is no interface name, and more than {@link interfaceLimit} of them.
     */
    readonly read: (
      interfaces: readonly string[],
    ) => Effect.Effect<readonly CounterReading[], CountersError>;
    /** Names this boot, for generations. */
    readonly bootId: string;
  }
>()("meshtoll/adapters/counters/Counters") {}

/** The most interfaces of one read: more than a router has. */
export const interfaceLimit = 4096;

/** The most peers of one interface: more than that is a fault, and would cost the router's memory. */
export const peerLimit = 4096;

/** Counters are unsigned 64-bit numbers: this one is too large. */
export const counterLimit: bigint = 1n << 64n;

/** The longest generation, in characters. */
export const generationLimit = 96;

/**
 * What one run of a counter belongs to: this boot, this interface, this peer. An interface that is
 * made again has a new index, so its counter is a new generation. Of the key, 96 bits.
 */
export function generationOf(
  bootId: string,
  reading: Pick<CounterReading, "interfaceIndex" | "peerKey">,
): string {
  return `${bootId.slice(0, 36)}/${reading.interfaceIndex}/${reading.peerKey.slice(0, 16)}`;
}

/** Refuses names that could be part of a path or an argument, and too many. */
export function checkInterfaces(interfaces: readonly string[]): Effect.Effect<void, CountersError> {
  const wrong = interfaces.find((name) => !interfaceNameForm.test(name));
  if (interfaces.length > interfaceLimit) {
    const words = `${interfaces.length} interfaces; at most ${interfaceLimit}`;
    return Effect.fail(new CountersError({ words }));
  }
  if (wrong === undefined) return Effect.void;
  const words = `not an interface name: ${JSON.stringify(wrong.slice(0, 40))}; allowed are 1 to 15 letters, digits, _ . -, not beginning with . or -`;
  return Effect.fail(new CountersError({ words }));
}

/** IFNAMSIZ is 16 with the NUL. Names like `..` are paths, and `-x` is an option. */
const interfaceNameForm = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/;
