import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import type { MemoryKernel } from "#adapters/memory-kernel/memory-kernel.ts";
import { Counters } from "./counters.ts";

/** Counters of a kernel in memory. */
export const memoryCounters = (kernel: MemoryKernel): Layer.Layer<Counters> =>
  Layer.succeed(
    Counters,
    Counters.of({
      bootId: kernel.bootId,
      read: (interfaces) =>
        Effect.sync(() =>
          interfaces.flatMap((name) => {
            const found = kernel.interfaces.get(name);
            if (found === undefined) return [];
            const { index: interfaceIndex, peerKey, received, sent } = found;
            return [{ interfaceName: name, interfaceIndex, peerKey, received, sent }];
          }),
        ),
    }),
  );
