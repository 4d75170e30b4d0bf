/**
 * What was promised of something measured and what was found of it: sums, weighed by how much was
 * measured and forgotten by how much comes after, never by time. All parts are at least 0.
 */
export interface Evidence {
  /** Bytes of a loss, or what stands for them; at most the {@link Measure.memory}. */
  readonly weight: bigint;
  /** The sum of weight times value, as found and as promised. */
  readonly found: bigint;
  readonly promised: bigint;
}

/** How one kind of value is judged. */
export interface Measure {
  /** What lies below makes no difference to anybody: values are compared with this added. */
  readonly floor: bigint;
  /** The largest value there is. */
  readonly most: bigint;
  /** So much evidence counts as much as having none: one bad packet is no lie. */
  readonly prior: bigint;
  /** Beyond so much weight everything is halved: what is older counts less and less. */
  readonly memory: bigint;
}

/** Loss in parts per million, weighed by bytes. The floor is the one of routing's preference. */
export const lossMeasure: Measure = {
  floor: 5000n,
  most: 1_000_000n,
  prior: 262_144n,
  memory: 16_777_216n,
};

/** A sample of a delay weighs as much as so many bytes, so that both are forgotten alike. */
export const delayWeight = 65_536n;

/** Delay one way in microseconds, weighed by samples of {@link delayWeight} each. */
export const delayMeasure: Measure = {
  floor: 10_000n,
  most: 3_600_000_000n,
  prior: 4n * delayWeight,
  memory: 128n * delayWeight,
};

/** How much worse than promised, in 2^-20: 1 << 20 is "as promised". */
export type Factor = bigint & { readonly unit: "2^-20 times" };

/** As promised, or better: nobody's rank rises above it, so nobody can save up trust. */
export const neutral = (1n << 20n) as Factor;

/** The worst there is: a thousandfold. No loss is further from its floor, and no bearable delay. */
export const worst = (1n << 30n) as Factor;

/** Nothing was measured. */
export const noEvidence: Evidence = { weight: 0n, found: 0n, promised: 0n };

/**
 * One measurement more. Averages are of values, not of factors, so that loss in bursts weighs what
 * the same loss weighs evenly spread.
 * @param found the value that was measured; @param promised the one that was advertised for it.
 */
export function withFinding(
  evidence: Evidence,
  { most, memory }: Measure,
  weight: bigint,
  found: bigint,
  promised: bigint,
): Evidence {
  if (weight <= 0n) return evidence;
  const used = least(weight, memory);
  const sum = {
    weight: evidence.weight + used,
    found: evidence.found + used * within(found, most),
    promised: evidence.promised + used * within(promised, most),
  };
  return sum.weight > memory ? halved(sum, 1n) : sum;
}

/** Bytes of our own traffic after which evidence counts half: whoever is avoided is forgiven so. */
export const forgettingBytes = 67_108_864n;

/** Evidence after so many bytes of traffic that said nothing about it. */
export function faded(evidence: Evidence, bytes: bigint): Evidence {
  if (bytes <= 0n || evidence.weight === 0n) return evidence;
  const whole = least(bytes / forgettingBytes, 64n);
  const rest = bytes % forgettingBytes;
  const { weight, found, promised } = halved(evidence, whole);
  const part = (value: bigint) => value - (value * rest) / (2n * forgettingBytes);
  return { weight: part(weight), found: part(found), promised: part(promised) };
}

/**
 * By what an advertised value has to be multiplied to be believed, floor included. With nothing
 * measured it is what is thought of the neighbour otherwise; with w measured it has come as far as
 * w / (w + prior) of the way to what was found, at least.
 */
export function factorOf(evidence: Evidence, measure: Measure, otherwise = neutral): Factor {
  const { weight, found, promised } = evidence;
  const { floor, prior } = measure;
  const base = floor * weight;
  const seen = found + base + (floor * prior * otherwise) / neutral;
  const factor = (neutral * seen) / (promised + base + floor * prior);
  return (factor < neutral ? neutral : least(factor, worst)) as Factor;
}

/** What is believed of an advertised value: never better than advertised, never above the most. */
export function believed(advertised: bigint, factor: Factor, { floor, most }: Measure): bigint {
  const value = ((advertised + floor) * factor) / neutral - floor;
  return value < advertised ? advertised : least(value, most > advertised ? most : advertised);
}

/** The value that was found on the whole; nothing where nothing was measured. */
export function foundValue({ weight, found }: Evidence): bigint | undefined {
  return weight === 0n ? undefined : found / weight;
}

/** The value that was promised on the whole; nothing where nothing was measured. */
export function promisedValue({ weight, promised }: Evidence): bigint | undefined {
  return weight === 0n ? undefined : promised / weight;
}

function halved({ weight, found, promised }: Evidence, times: bigint): Evidence {
  return { weight: weight >> times, found: found >> times, promised: promised >> times };
}

function within(value: bigint, most: bigint): bigint {
  return value < 0n ? 0n : least(value, most);
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
