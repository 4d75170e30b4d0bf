import { type Finding, timed } from "../report/finding.ts";
import type { Breach, Exploration } from "./explorer.ts";
import type { Subject } from "./subject.ts";

/** Explores all scopes of a subject and says which theorems held in every state. */
export async function proveByExploring(subject: Subject): Promise<readonly Finding[]> {
  const [all, seconds] = await timed(() => exploreAll(subject));
  const theorems = [...new Set(subject.induction().obligations.map(({ theorem }) => theorem))];
  const common = { tool: "explorer", file: subject.file, seconds, theorems };
  const bound = `${subject.bound}: ${all.states} states, ${all.transitions} steps`;
  const what = `${subject.name}: every reachable state`;
  const verdict = all.broken === undefined ? "proved" : "refuted";
  const faults = all.broken === undefined ? [] : [breachText(all.broken)];
  return [{ ...common, what, bound, verdict, faults }];
}

/** The sums over all scopes, up to the first breach. */
export function exploreAll(subject: Subject): Omit<Exploration, "seen"> {
  let [states, transitions] = [0, 0];
  for (const one of subject.explorations()) {
    states += one.states;
    transitions += one.transitions;
    if (one.broken !== undefined) return { states, transitions, broken: one.broken };
  }
  return { states, transitions, broken: undefined };
}

/** A breach in one line: the theorem, the claim, and the shortest way. */
export function breachText({ theorem, claim, steps }: Breach): string {
  return `${theorem} (${claim}) after: ${steps.join("; ")}`;
}
