/**
 * A loss as a range. The sender says how much it had sent when it was asked; how much of that had
 * arrived lies between two readings of our own, from before it was asked and from after its answer
 * came. What is held against anybody is the lower end.
 */
export interface StatedSample {
  /** Bytes that the sender states to have sent. */
  readonly sent: bigint;
  /** What had arrived at the reading before, and at the one after: at least, and at most. */
  readonly atLeast: bigint;
  readonly atMost: bigint;
}

/** Samples, oldest first. */
export type StatementWindow = readonly StatedSample[];

/** At most so many; the older half is thinned out. */
export const statedLimit = 64;

/** Nothing was stated. */
export const noStatements: StatementWindow = [];

/** One sample more. A counter that went back began anew, and so does the window. */
export function withStated(window: StatementWindow, sample: StatedSample): StatementWindow {
  const last = window[window.length - 1];
  if (last !== undefined && (sample.sent < last.sent || sample.atMost < last.atLeast)) {
    return [sample];
  }
  const all = [...window, sample];
  if (all.length <= statedLimit) return all;
  const half = statedLimit / 2;
  return all.filter((_, i) => i >= half || i % 2 === 0);
}

/** A loss that is beyond doubt, in bytes. */
export interface SureLoss {
  readonly sent: bigint;
  readonly lost: bigint;
}

/**
 * Missing bytes that say nothing yet: 20 packets, as a radio loses at once without being bad.
 */
export const doubt = 30_000n;

/**
 * The loss since any moment of the window that is furthest above a share of what was sent, if it is
 * surely so, and by more than {@link doubt}; nothing otherwise. Once a loss of l > s sets in, it is
 * found within (doubt + what passes between readings) / (l - s) bytes and one statement.
 * @param share parts per million that are put up with.
 */
export function lossBeyond(window: StatementWindow, share: bigint): SureLoss | undefined {
  const last = window[window.length - 1];
  if (last === undefined) return undefined;
  let worst: SureLoss | undefined;
  let most = doubt * million;
  for (const first of window) {
    const sent = last.sent - first.sent;
    const lost = sent - (last.atMost - first.atLeast);
    const beyond = lost * million - sent * share;
    if (beyond <= most) continue;
    most = beyond;
    worst = { sent, lost };
  }
  return worst;
}

const million = 1_000_000n;
