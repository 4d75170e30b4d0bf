/** Cumulative counters of one direction of a link, as both of its ends had them for one probe. */
export interface LossSample {
  /** Bytes that the sender had sent just before the probe. */
  readonly sent: bigint;
  /** Bytes that had arrived when the probe did. */
  readonly received: bigint;
}

/**
 * Samples of one direction, oldest first. Both counters are what each end says of itself: together they
 * bound the loss of an honest pair, and prove nothing about a dishonest one.
 */
export type LossWindow = readonly LossSample[];

/** At most so many samples; the older half is thinned out, so that they reach back far. */
export const sampleLimit = 128;

/** A loss is worked out over at least so many bytes, if there are any: one packet is half a per mille. */
const enough = 262_144n;

/** But over so many samples at least, because counters are read a moment before and after the probe. */
const fewest = 20;

/** A sudden loss of so many bytes is believed at once, without waiting for {@link enough}. */
const sudden = 1500n;

const million = 1_000_000n;

/** Nothing known. */
export const emptyWindow: LossWindow = [];

/** One sample more. A counter that went back began anew, and so does the window. */
export function withSample(window: LossWindow, sample: LossSample): LossWindow {
  const last = window[window.length - 1];
  if (last !== undefined && (sample.sent < last.sent || sample.received < last.received)) {
    return [sample];
  }
  const all = [...window, sample];
  if (all.length <= sampleLimit) return all;
  const half = sampleLimit / 2;
  return all.filter(
    (one, i) => i >= half || one === better(all[i - (i % 2)], all[i + 1 - (i % 2)]),
  );
}

/**
 * Lost bytes in parts per million of those sent; nothing where too little was sent to tell. What passes
 * between a reading and its probe is no loss, unless it does at {@link beginnings} probes in a row.
 */
export function lossOf(window: LossWindow): bigint | undefined {
  const last = window[window.length - 1];
  if (last === undefined || window.length < beginnings) return undefined;
  const from = window.findLastIndex(
    (one, i) => window.length - i > fewest && last.sent - one.sent >= enough,
  );
  const long = lossSince(beginning(window, from), last, fewBytes);
  const recent = window.length - fewest;
  const short =
    recent < beginnings - 1 ? undefined : lossSince(beginning(window, recent), last, suddenBytes);
  if (long === undefined || short === undefined) return long?.ppm ?? suddenly(short);
  return suddenly(short, long.ppm);
}

/** A loss is worked out from the best of so many samples in a row. */
export const beginnings = 4;

/**
 * What a loss is worked out from: of a few samples in a row, as far as possible those up to an index, the one
 * that misses most. What is missing never becomes less; a sample that says so was read too long before its
 * probe, and all that passed in between would look lost later.
 */
export function beginning(window: LossWindow, index: number): LossSample | undefined {
  const first = index < beginnings ? 0 : index - beginnings + 1;
  return window.slice(first, first + beginnings).reduce<LossSample | undefined>(better, undefined);
}

/** Of two samples the one that misses more, or else the later one. */
function better(one: LossSample | undefined, other: LossSample | undefined) {
  if (one === undefined || other === undefined) return one ?? other;
  return missingAt(other) >= missingAt(one) ? other : one;
}

const missingAt = ({ sent, received }: LossSample): bigint => sent - received;

/** A loss of the last samples, where it is large enough to be no chance, and larger than this one. */
function suddenly(short: Lost | undefined, long: bigint): bigint;
function suddenly(short: Lost | undefined, long?: bigint): bigint | undefined;
function suddenly(short: Lost | undefined, long?: bigint): bigint | undefined {
  if (short === undefined || short.lost < sudden) return long;
  return long === undefined || short.ppm > long ? short.ppm : long;
}

/** Below so many bytes there is nothing to tell: of a window, and of the last samples. */
const fewBytes = 65_536n;
const suddenBytes = 8192n;

/** Bytes, and in parts per million of those sent. */
interface Lost {
  readonly lost: bigint;
  readonly ppm: bigint;
}

/**
 * So much may be missing for other reasons than loss: a packet on its way, handshakes that crossed each
 * other, which WireGuard's sender counts and its receiver does not. In bytes, over a whole window.
 */
const slack = 1500n;

function lossSince(
  first: LossSample | undefined,
  last: LossSample,
  least: bigint,
): Lost | undefined {
  if (first === undefined) return undefined;
  const sent = last.sent - first.sent;
  if (sent < least) return undefined;
  const missing = sent - (last.received - first.received) - slack;
  // What was still on its way at the first probe arrives later: then more arrives than was sent.
  const lost = missing > 0n ? missing : 0n;
  return { lost, ppm: (lost * million) / sent };
}
