import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import type { MemoryInterface, MemoryKernel } from "#adapters/memory-kernel/memory-kernel.ts";
import { planFault } from "./plan-fault.ts";
import { type Allowance, Queueing, QueueingError, type QueuePlan } from "./queueing.ts";

/** Quotas, gates and standings of a kernel in memory: exact, because it counts outer bytes. */
export const memoryQueueing = (kernel: MemoryKernel): Layer.Layer<Queueing> =>
  Layer.sync(Queueing, () => {
    let plans: readonly QueuePlan[] = [];
    const interfacesOf = (plan: QueuePlan): readonly MemoryInterface[] =>
      plan.interfaces.flatMap((name) => {
        const found = kernel.interfaces.get(name);
        return found === undefined ? [] : [found];
      });
    const refusal = (allowances: readonly Allowance[]) => {
      const paid = new Set(plans.flatMap((plan) => plan.interfaces.slice(1)));
      const strange = allowances.find(({ interfaceName }) => !paid.has(interfaceName));
      return strange === undefined
        ? Effect.void
        : new QueueingError({
            words: `${strange.interfaceName} is no paid tunnel of an attached neighbour`,
          });
    };
    const forget = (): void => {
      kernel.throttled.clear();
      for (const one of kernel.interfaces.values()) {
        Object.assign(one, { quota: 0n, gate: 0n, throttled: false });
      }
    };
    return Queueing.of({
      attach: Effect.fnUntraced(function* (wanted, routes) {
        const fault = planFault(wanted, routes);
        if (fault !== undefined) return yield* new QueueingError({ words: fault });
        plans = wanted;
        kernel.attached = true;
        forget();
      }),
      mend: (plan) =>
        Effect.sync(() => {
          // A tunnel that was made again begins open, as the kernel's queues would.
          for (const one of interfacesOf(plan)) one.throttled = kernel.throttled.has(plan.index);
        }),
      setStanding: (plan, standing) =>
        Effect.sync(() => {
          if (standing === "throttled") kernel.throttled.add(plan.index);
          else kernel.throttled.delete(plan.index);
          for (const one of interfacesOf(plan)) one.throttled = standing === "throttled";
        }),
      usage: Effect.succeed(new Map()),
      setLimits: (_before, quotas, gates) =>
        refusal([...quotas, ...gates]).pipe(
          Effect.andThen(
            Effect.sync(() => {
              set(kernel, quotas, "quota");
              set(kernel, gates, "gate");
            }),
          ),
        ),
      clean: Effect.sync(() => {
        plans = [];
        kernel.attached = false;
        forget();
      }),
    });
  });

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
