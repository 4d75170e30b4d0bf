import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import type { MemoryKernel } from "#adapters/memory-kernel/memory-kernel.ts";
import { Counters, checkInterfaces } from "./counters.ts";

/** Counters of a kernel in memory. */
export const memoryCounters = (kernel: MemoryKernel): Layer.Layer<Counters> =>
  Layer.succeed(
    Counters,
    Counters.of({
      bootId: kernel.bootId,
      read: (interfaces) =>
        Effect.map(checkInterfaces(interfaces), () =>
          interfaces.flatMap((name) => {
            const found = kernel.interfaces.get(name);
            if (found === undefined) return [];
            const { index: interfaceIndex, peerKey, received, sent } = found;
            const counters = { received, sent, lastHandshake: 0n };
            return [{ interfaceName: name, interfaceIndex, peerKey, ...counters }];
          }),
        ),
    }),
  );
