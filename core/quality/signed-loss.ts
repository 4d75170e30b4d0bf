import {
  beginning,
  beginnings,
  type LossSample,
  type LossWindow,
  withSample,
} from "./loss-window.ts";

/**
 * Loss of one direction by counters that each end signed, in samples of {@link LossWindow}. They come
 * each time so many bytes have passed, and each end reads its kernel at a moment of its own: a loss is
 * worked out between the newest and one about {@link stretch} bytes before it, of several the best.
 */
export type SignedWindow = LossWindow;

/** A loss is worked out over at least so many bytes where there are as many. */
export const stretch = 4_000_000n;

/** With fewer between the first {@link beginnings} and the newest there is nothing to tell. */
export const leastStretch = 500_000n;

/** Bytes that were sent between two samples, and how many of those are missing. */
export interface SignedLoss {
  readonly sent: bigint;
  readonly lost: bigint;
}

/** One sample more: the same again tells nothing. */
export function withSigned(window: SignedWindow, sample: LossSample): SignedWindow {
  const last = window[window.length - 1];
  const isSame = last?.sent === sample.sent && last.received === sample.received;
  return isSame ? window : withSample(window, sample);
}

/** What is missing by both ends' own word; nothing where too little was sent to tell. */
export function signedLossOf(window: SignedWindow): SignedLoss | undefined {
  const last = window[window.length - 1];
  if (last === undefined) return undefined;
  const before = (bytes: bigint) => window.findLastIndex((one) => last.sent - one.sent >= bytes);
  const old = window.slice(0, before(leastStretch) + 1);
  const first = old.length < beginnings ? undefined : beginning(old, before(stretch));
  if (first === undefined) return undefined;
  const sent = last.sent - first.sent;
  const lost = sent - (last.received - first.received);
  return { sent, lost: lost > 0n ? lost : 0n };
}

/** A loss in parts per million. */
export function ppmOf({ sent, lost }: SignedLoss): bigint {
  return sent === 0n ? 0n : (lost * 1_000_000n) / sent;
}
