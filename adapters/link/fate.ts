import type { NodeId } from "#core/units/node-id.ts";

/**
 * What becomes of the n-th datagram (from 0) of one direction: one number for each copy that
 * arrives, namely how many later datagrams of the direction are sent before it does. `[]` loses
 * it, `[0]` delivers it, `[0, 0]` doubles it, `[3]` lets three others overtake it.
 */
export type Fate = (n: number, from: NodeId, to: NodeId) => readonly number[];

/** Everything arrives once, in order. */
export const certain: Fate = () => [0];

/** Faults by count: every how many datagrams each one strikes; absent, never. */
export interface FaultPattern {
  readonly loseEvery?: number;
  readonly doubleEvery?: number;
  readonly delayEvery?: number;
  /** How many others overtake a delayed datagram; 1 if not said. */
  readonly delayBy?: number;
}

/** The fate that a pattern describes. Loss goes before the others. */
export function faults(pattern: FaultPattern): Fate {
  const strikes = (every: number | undefined, n: number): boolean =>
    every !== undefined && (n + 1) % every === 0;
  return (n) => {
    if (strikes(pattern.loseEvery, n)) return [];
    const delay = strikes(pattern.delayEvery, n) ? (pattern.delayBy ?? 1) : 0;
    return strikes(pattern.doubleEvery, n) ? [delay, delay] : [delay];
  };
}
