import { readFileSync } from "node:fs";
import * as Effect from "effect/Effect";
import { type CounterReading, CountersError } from "./counters.ts";

/** How often an interface may be made again while it is read. */
export const remakeLimit = 4;

/**
 * Reads an interface by a way that does not tell its index with its counters. The index is looked
 * up before and after: counters of an interface that was made again in between would be booked on
 * the new one, as a generation that later runs backwards. Nothing where the interface is absent.
 */
export const withSteadyIndex = Effect.fnUntraced(function* <A extends undefined>(
  interfaceName: string,
  read: (interfaceIndex: number) => Effect.Effect<readonly CounterReading[] | A, CountersError>,
  lookUp: (interfaceName: string) => number | undefined = interfaceIndex,
): Effect.fn.Return<readonly CounterReading[] | A, CountersError> {
  for (let attempt = 0; attempt < remakeLimit; attempt++) {
    const before = lookUp(interfaceName);
    if (before === undefined) return [];
    const outcome = yield* Effect.result(read(before));
    if (lookUp(interfaceName) === before) return yield* Effect.fromResult(outcome);
  }
  const words = `${interfaceName} was made again ${remakeLimit} times while it was read`;
  return yield* Effect.fail(new CountersError({ words }));
});

/**
 * The kernel's number of an interface, if it is there. /sys shows the network namespace in which it
 * was mounted: `ip netns exec` mounts it anew.
 */
export function interfaceIndex(interfaceName: string): number | undefined {
  try {
    const text = readFileSync(`/sys/class/net/${interfaceName}/ifindex`, "latin1");
    const index = Number(text);
    return Number.isInteger(index) && index > 0 ? index : undefined;
  } catch {
    return undefined;
  }
}
