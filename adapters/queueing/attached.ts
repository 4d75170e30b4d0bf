import { type FreePool, isShaped, poolQueues } from "./free-pool.ts";
import type { LeafKind, Standing } from "./htb.ts";
import { neighbourOf } from "./neighbour-name.ts";
import type { TableChange } from "./nft-table.ts";
import { type WantedQueues, wantedQueues } from "./queue-keeper.ts";
import type { OwnPlan, QueuePlan } from "./queueing.ts";

/** What an agent remembers about what it attached. */
export interface Attached {
  readonly plans: readonly QueuePlan[];
  readonly leaf: LeafKind;
  /** What all share, if they share anything. */
  readonly pool?: FreePool | undefined;
  /** By {@link neighbourOf}; whoever is not in it is open. */
  readonly standings: ReadonlyMap<string, Standing>;
  /** Our own users, while they are throttled. */
  readonly own?: OwnPlan | undefined;
}

/** Other plans: whoever stays keeps its standing. */
export function attachedTo(
  before: Attached | undefined,
  plans: readonly QueuePlan[],
  leaf: LeafKind,
  pool?: FreePool,
): Attached {
  const old = before?.plans ?? [];
  const stay = plans.filter((plan) => old.some((one) => isSame(one, plan))).map(neighbourOf);
  const standings = [...(before?.standings ?? [])].filter(([name]) => stay.includes(name));
  return { plans, leaf, pool, standings: new Map(standings), own: before?.own };
}

/** The same, one of them with another standing. */
export function withStanding(before: Attached, plan: QueuePlan, standing: Standing): Attached {
  return { ...before, standings: new Map(before.standings).set(neighbourOf(plan), standing) };
}

/** The same neighbours, some of them with links of other rates. */
export function withRates(before: Attached, rates: ReadonlyMap<number, bigint>): Attached {
  return { ...before, plans: plansAt(before.plans, rates) };
}

/** The same plans, some of them with links of other rates. */
export function plansAt(
  plans: readonly QueuePlan[],
  rates: ReadonlyMap<number, bigint>,
): readonly QueuePlan[] {
  return plans.map((plan) => ({ ...plan, linkRate: rates.get(plan.index) ?? plan.linkRate }));
}

/** By index, in bits a second. */
export function linkRatesOf(plans: readonly QueuePlan[]): ReadonlyMap<number, bigint> {
  return new Map(plans.map(({ index, linkRate }) => [index, linkRate]));
}

/** The same neighbours, some of them with more or less of their links sold. */
export function withUnsold(before: Attached, rates: ReadonlyMap<number, bigint>): Attached {
  const plans = before.plans.map((plan) => {
    const unsold = rates.get(plan.index) ?? plan.unsold;
    return unsold === undefined ? plan : { ...plan, unsold };
  });
  return { ...before, plans };
}

/** How a neighbour is treated. */
export function standingOf(attached: Attached, plan: QueuePlan): Standing {
  return attached.standings.get(neighbourOf(plan)) ?? "open";
}

/** What of the table is different for other plans. */
export function tableChange(before: Attached, after: Attached): TableChange {
  const staysIn = (plans: readonly QueuePlan[]) => (plan: QueuePlan) =>
    plans.find((one) => isSame(one, plan));
  const old = staysIn(before.plans);
  const fresh = staysIn(after.plans);
  return {
    gone: before.plans.filter((plan) => fresh(plan) === undefined),
    come: after.plans.filter((plan) => old(plan) === undefined),
    changed: after.plans
      .filter((plan) => {
        const known = old(plan) ?? plan;
        return known.freeRate !== plan.freeRate || known.freePool !== plan.freePool;
      })
      .map((plan) => [plan, standingOf(after, plan)] as const),
    hooks: hooksOf(before) !== hooksOf(after),
    pool: [before.pool, after.pool],
  };
}

/** What rules of hooks are made of, beside the tunnels themselves, as a text to compare. */
function hooksOf({ plans, pool }: Attached): string {
  return JSON.stringify([
    pool?.way,
    `${pool?.rate}`,
    ...plans.map(({ index, pairs = [], unasked, metered }) => [
      index,
      pairs.map(({ from }) => from),
      unasked,
      metered,
    ]),
  ]);
}

/** The queues of one neighbour, or of all and what they share. */
export function queuesOf(
  attached: Attached,
  plans: readonly QueuePlan[] = attached.plans,
): WantedQueues {
  const { leaf, pool } = attached;
  const tunnels = wantedQueues(plans, (plan) => standingOf(attached, plan), leaf, pool);
  if (!isShaped(pool) || plans !== attached.plans) return tunnels;
  // What is redirected finds queues at the other end.
  return new Map([[pool.device, poolQueues(pool, plans, leaf)], ...tunnels]);
}

/** The same neighbour over the same tunnels: its place among the others may be another. */
function isSame(one: QueuePlan, other: QueuePlan): boolean {
  return one.interfaces.join(" ") === other.interfaces.join(" ");
}
