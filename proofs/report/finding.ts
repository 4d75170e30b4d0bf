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
  /** Only `killed` counts; `survives` is a tool that looked everywhere and found nothing. */
  readonly outcome: "killed" | "survives" | Exclude<Verdict, "proved" | "refuted">;
  /** The broken claim and a way to it, or why there is none. */
  readonly how: string;
}

/** What a check of the proofs comes back with. */
export interface Report {
  readonly findings: readonly Finding[];
  readonly kills: readonly Kill[];
}

/** Whether a report is a proof of all it is about. Nothing at all is no proof. */
export function isRight({ findings, kills }: Report): boolean {
  const isProved = findings.every(({ verdict }) => verdict === "proved");
  return findings.length + kills.length > 0 && isProved && survivors(kills).length === 0;
}

/** Each seeded defect must be killed by at least so many tools that know nothing of each other. */
export const killsNeeded = 2;

/**
 * Seeded defects that survive: fewer than {@link killsNeeded} tools killed them, or one that was
 * asked found nothing. (A tool that is missing found neither something nor nothing.)
 */
export function survivors(kills: readonly Kill[]): readonly string[] {
  const names = [...new Set(kills.map(({ defect }) => defect))];
  return names.filter((name) => {
    const mine = kills.filter(({ defect }) => defect === name);
    const killers = mine.filter(({ outcome }) => outcome === "killed").map(({ tool }) => tool);
    const isMissed = mine.some(({ outcome }) => outcome === "survives");
    return isMissed || new Set(killers).size < killsNeeded;
  });
}

/** What a verdict on a defect is worth: a defect that is proved right survives. */
export function outcomeOf(verdict: Verdict): Kill["outcome"] {
  if (verdict === "refuted") return "killed";
  return verdict === "proved" ? "survives" : verdict;
}

/** Findings of one tool as one: proved only if each is. */
export function together(findings: readonly Finding[], what: string): Finding {
  const [first] = findings;
  if (first === undefined) throw new RangeError("there is nothing to put together");
  return {
    ...first,
    what: `${what}: the same questions`,
    theorems: [...new Set(findings.flatMap(({ theorems }) => theorems))],
    verdict: findings.find(({ verdict }) => verdict !== "proved")?.verdict ?? "proved",
    faults: findings.flatMap(({ faults }) => faults),
  };
}

/** Runs something and says how long it took, in seconds. */
export async function timed<T>(work: () => Promise<T> | T): Promise<readonly [T, number]> {
  const start = performance.now();
  const result = await work();
  return [result, Math.round(performance.now() - start) / 1000];
}
