import type { Moment } from "#adapters/machine/machine.ts";
import { clockStep } from "./detectors.ts";

/** How often the clock of people was set back since the first moment, by {@link clockStep} at least. */
export function setBacks(): (now: Moment) => number {
  let offset: number | undefined;
  let count = 0;
  return ({ civil, monotonic }) => {
    const now = civil - monotonic;
    if (offset !== undefined && now <= offset - clockStep) count += 1;
    offset = now;
    return count;
  };
}
