import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import type { MemoryKernel } from "#adapters/memory-kernel/memory-kernel.ts";
import { type Allowance, Queueing } from "./queueing.ts";

/** Quotas, gates and standings of a kernel in memory: exact, because it counts outer bytes. */
export const memoryQueueing = (kernel: MemoryKernel): Layer.Layer<Queueing> =>
  Layer.succeed(
    Queueing,
    Queueing.of({
      attach: () =>
        Effect.sync(() => {
          kernel.attached = true;
          kernel.throttled.clear();
          for (const one of kernel.interfaces.values()) Object.assign(one, { quota: 0n, gate: 0n });
        }),
      mend: () => Effect.void,
      setStanding: (plan, standing) =>
        Effect.sync(() => {
          if (standing === "throttled") kernel.throttled.add(plan.index);
          else kernel.throttled.delete(plan.index);
        }),
      usage: Effect.succeed(new Map()),
      setLimits: (_before, quotas, gates) =>
        Effect.sync(() => {
          set(kernel, quotas, "quota");
          set(kernel, gates, "gate");
        }),
      clean: Effect.sync(() => {
        kernel.attached = false;
        kernel.throttled.clear();
      }),
    }),
  );

function set(
  kernel: MemoryKernel,
  allowances: readonly Allowance[],
  field: "quota" | "gate",
): void {
  for (const { interfaceName, limit } of allowances) {
    const found = kernel.interfaces.get(interfaceName);
    if (found !== undefined) found[field] = limit;
  }
}
