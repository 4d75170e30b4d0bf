import { type Frame, frameHead, frameTail, readFrame, repairFrame } from "./frame.ts";
import { framesBegin } from "./segment.ts";

/** What a segment's bytes turned out to hold. */
export interface Recovery {
  readonly frames: readonly Frame[];
  /** Where the last good frame ends. */
  readonly end: number;
  /** Frames in which one flipped bit was put right, in place in the bytes given. */
  readonly repaired: number;
  /**
   * `clean`: zeros follow. `torn`: the remains of a commit that was never acknowledged follow and may
   * be cut off. `corrupt`: a frame that had been durable cannot be read; it is never skipped.
   */
  readonly verdict: "clean" | "torn" | "corrupt";
}

/**
 * Reads the frames of one segment. A bad frame that any good frame follows had been durable: that is
 * corruption. Otherwise nobody was ever told that it was written: a torn tail. A single flipped bit
 * among the zeros at the end is neither.
 */
export function recover(bytes: Uint8Array, firstSequence: number, previousCrc: number): Recovery {
  const frames: Frame[] = [];
  let at = framesBegin;
  let crc = previousCrc;
  let sequence = firstSequence;
  let repaired = 0;
  const finish = (verdict: Recovery["verdict"]): Recovery => ({
    frames,
    end: at,
    repaired,
    verdict,
  });
  for (;;) {
    if (at + frameHead + frameTail > bytes.length) return finish("clean");
    const whole = readFrame(bytes, at);
    const fits = (frame: Frame | undefined) =>
      frame !== undefined && frame.sequence === sequence && frame.previousCrc === crc;
    if (whole !== undefined && !fits(whole)) return finish("corrupt");
    if (whole === undefined && flippedZeros(bytes, at)) return finish("clean");
    const frame = whole ?? repairIfNext(bytes, at, fits);
    if (frame === undefined) {
      return finish(anyFrameAfter(bytes, at, sequence) ? "corrupt" : "torn");
    }
    if (whole === undefined) repaired += 1;
    frames.push(frame);
    at += frame.size;
    crc = frame.crc;
    sequence += 1;
  }
}

function repairIfNext(
  bytes: Uint8Array,
  at: number,
  fits: (frame: Frame | undefined) => boolean,
): Frame | undefined {
  const before = bytes.slice(at);
  const frame = repairFrame(bytes, at);
  if (frame !== undefined && fits(frame)) return frame;
  bytes.set(before, at);
  return undefined;
}

/** Nothing but zeros from here on, but for at most one flipped bit. */
function flippedZeros(bytes: Uint8Array, from: number): boolean {
  let bits = 0;
  for (let i = from; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === 0) continue;
    bits += (byte & (byte - 1)) === 0 ? 1 : 2;
    if (bits > 1) return false;
  }
  return true;
}

function anyFrameAfter(bytes: Uint8Array, from: number, sequence: number): boolean {
  for (let at = from + 4; at + frameHead + frameTail <= bytes.length; at += 4) {
    const frame = readFrame(bytes, at);
    if (frame !== undefined && frame.sequence > sequence) return true;
  }
  return false;
}
