import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import type { MemoryInterface, MemoryKernel } from "#adapters/memory-kernel/memory-kernel.ts";
import { linkRatesOf, plansAt } from "./attached.ts";
import { neighbourOf } from "./neighbour-name.ts";
import { exceptionFault, ownFault, planFault } from "./plan-fault.ts";
import { type Allowance, noTally, Queueing, QueueingError, type QueuePlan } from "./queueing.ts";

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
      for (const one of kernel.interfaces.values()) close(one);
    };
    return Queueing.of({
      attach: Effect.fnUntraced(function* (wanted, routes) {
        const fault = planFault(wanted, routes);
        if (fault !== undefined) return yield* new QueueingError({ words: fault });
        const stay = new Set(kernel.attached ? tunnelsThatStay(plans, wanted) : []);
        const gone = plans.filter(({ interfaces }) => !stay.has(interfaces[0] ?? ""));
        for (const { index } of gone) kernel.throttled.delete(index);
        plans = wanted;
        kernel.routes = routes;
        kernel.attached = true;
        for (const [name, one] of kernel.interfaces) if (!stay.has(name)) close(one);
      }),
      mend: (plan) =>
        Effect.sync(() => {
          // A tunnel that was made again begins open, as the kernel's queues would.
          for (const one of interfacesOf(plan)) one.throttled = kernel.throttled.has(plan.index);
        }),
      setRoutes: Effect.fnUntraced(function* (routes, except = []) {
        const fault = planFault(plans, routes) ?? exceptionFault(except);
        if (fault !== undefined) return yield* new QueueingError({ words: fault });
        kernel.routes = routes;
      }),
      checkRoutes: Effect.succeed(0),
      setRates: (rates) =>
        Effect.sync(() => {
          plans = plansAt(plans, rates);
        }),
      linkRates: Effect.sync(() => linkRatesOf(plans)),
      setUnsold: (rates) => Effect.sync(() => noteUnsold(kernel, plans, rates)),
      setStanding: (plan, standing) =>
        Effect.sync(() => {
          if (standing === "throttled") kernel.throttled.add(plan.index);
          else kernel.throttled.delete(plan.index);
          for (const one of interfacesOf(plan)) one.throttled = standing === "throttled";
        }),
      reconcile: Effect.succeed({ differences: [], closed: false }),
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
      setLeaks: (_before, rooms) =>
        Effect.sync(() => {
          for (const { neighbour, bytes } of rooms) kernel.leaks.set(neighbour, bytes);
        }),
      setOwn: Effect.fnUntraced(function* (own) {
        const fault = own === undefined ? undefined : ownFault(own);
        if (fault !== undefined) return yield* new QueueingError({ words: fault });
        kernel.own = own;
      }),
      tally: Effect.sync(() => talliesOf(kernel, plans)),
      clean: Effect.sync(() => {
        plans = [];
        kernel.routes = [];
        kernel.attached = false;
        forget();
      }),
    });
  });

function noteUnsold(
  kernel: MemoryKernel,
  plans: readonly QueuePlan[],
  rates: ReadonlyMap<number, bigint>,
): void {
  for (const { index, interfaces } of plans) {
    const unsold = rates.get(index);
    if (unsold !== undefined) kernel.unsold.set(interfaces[0] ?? "", unsold);
  }
}

function talliesOf(kernel: MemoryKernel, plans: readonly QueuePlan[]) {
  const names = plans.map(neighbourOf);
  return new Map(names.map((name) => [name, kernel.tallies.get(name) ?? noTally] as const));
}

function close(one: MemoryInterface): void {
  Object.assign(one, { quota: 0n, gate: 0n, throttled: false });
}

/** Tunnels of neighbours that are there before and after. */
function tunnelsThatStay(
  before: readonly QueuePlan[],
  after: readonly QueuePlan[],
): readonly string[] {
  const textOf = ({ interfaces }: QueuePlan) => interfaces.join(" ");
  const old = before.map(textOf);
  return after.filter((plan) => old.includes(textOf(plan))).flatMap(({ interfaces }) => interfaces);
}

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
