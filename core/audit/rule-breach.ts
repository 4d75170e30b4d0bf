/** The rule that an event breaks, and how. */
export type Objection = readonly [rule: string, words: string];

/** One objection, where something is wrong. */
export function when(wrong: boolean, rule: string, words: string): readonly Objection[] {
  return wrong ? [[rule, words]] : [];
}
