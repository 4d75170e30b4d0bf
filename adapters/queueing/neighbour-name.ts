import type { QueuePlan } from "./queueing.ts";

/** The neighbour that a plan is for, by the name of its tunnel of class 0: it stays what it is. */
export function neighbourOf(plan: QueuePlan): string {
  return plan.interfaces[0] ?? "";
}
