import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { type MemoryKernel, makeInterface } from "#adapters/memory-kernel/memory-kernel.ts";
import { Tunnel } from "./tunnel.ts";

/** Tunnels of a kernel in memory. */
export const memoryTunnel = (kernel: MemoryKernel): Layer.Layer<Tunnel> =>
  Layer.succeed(
    Tunnel,
    Tunnel.of({
      apply: (plan) => Effect.sync(() => makeInterface(kernel, plan.name, plan.peerKey)),
      remove: (name) => Effect.sync(() => void kernel.interfaces.delete(name)),
      list: (prefix) =>
        Effect.sync(() => [...kernel.interfaces.keys()].filter((name) => name.startsWith(prefix))),
      sweep: () => Effect.succeed([]), // no process serves them
    }),
  );
