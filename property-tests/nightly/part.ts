import { Lacking } from "./lacking.ts";

/** What became of one part of a night. Figures of its own stand beside these. */
export interface PartReport {
  /** What is wanted of it, with the goal's number. */
  readonly goal: string;
  /** Whether that held; nothing where the part did not run. */
  readonly goalMet?: boolean;
  /** Why it did not run at all. */
  readonly skipped?: string;
  /** Why it ended before it was done. */
  readonly failed?: string;
}

/** One part of a night, which is run with its number. */
export interface Part {
  readonly goal: string;
  readonly run: (count: number) => Promise<PartReport>;
}

/**
 * A part of the night: it never throws, so that what other parts found is told as well.
 * @param work throws `Lacking` where it cannot run here.
 * @param right whether what it found is what the goal wants.
 */
export function part<A extends object & { readonly goalMet?: never }>(
  goal: string,
  work: (count: number) => Promise<A>,
  right: (found: A) => boolean,
): Part {
  return {
    goal,
    run: async (count) => {
      try {
        const found = await work(count);
        return { goal, goalMet: right(found), ...found };
      } catch (error) {
        const words = error instanceof Error ? error.message : String(error);
        return error instanceof Lacking
          ? { goal, skipped: words }
          : { goal, goalMet: false, failed: words };
      }
    },
  };
}
