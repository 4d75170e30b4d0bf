/** What one tool found about some theorems. Only `proved` counts as proved. */
export interface Finding {
  readonly theorems: readonly string[];
  /** What was shown, in a few words. */
  readonly what: string;
  readonly tool: string;
  /** For how much it was shown: all integers, or a scope with its number of states. */
  readonly bound: string;
  readonly file: string;
  readonly seconds: number;
  readonly verdict: Verdict;
  /** Why it is not proved: counter-examples, unneeded assumptions, what the tool said. */
  readonly faults: readonly string[];
}

/** A tool that is missing, late or broken has proved nothing. */
export type Verdict = "proved" | "refuted" | "unknown" | "missing" | "timed out" | "crashed";

/** Whether one tool told a seeded defect from what ships. */
export interface Kill {
  readonly defect: string;
  readonly tool: string;
  readonly killed: boolean;
  /** The broken claim and a way to it, or why there is none. */
  readonly how: string;
}

/** What a check of the proofs comes back with. */
export interface Report {
  readonly findings: readonly Finding[];
  readonly kills: readonly Kill[];
}

/** Each seeded defect must be killed by at least so many tools that know nothing of each other. */
export const killsNeeded = 2;

/** Seeded defects that fewer than {@link killsNeeded} tools killed. */
export function survivors(kills: readonly Kill[]): readonly string[] {
  const names = [...new Set(kills.map(({ defect }) => defect))];
  return names.filter((name) => {
    const tools = kills.filter(({ defect, killed }) => defect === name && killed);
    return new Set(tools.map(({ tool }) => tool)).size < killsNeeded;
  });
}

/** Runs something and says how long it took, in seconds. */
export async function timed<T>(work: () => Promise<T> | T): Promise<readonly [T, number]> {
  const start = performance.now();
  const result = await work();
  return [result, Math.round(performance.now() - start) / 1000];
}
