/** What is wrong with a scenario file: where, what was found, and what is allowed. */
export interface Problem {
  /** Like `links[3].loss`. */
  readonly path: string;
  readonly found: string;
  readonly allowed: string;
}

/** At most so many problems are told. */
export const problemLimit = 20;

/** At most so many characters of what was found are told. */
const foundLimit = 80;

/** Where problems are gathered while a file is read. */
export interface Reading {
  readonly problems: Problem[];
}

/** Notes a problem; beyond {@link problemLimit} nothing more is noted. */
export function object(reading: Reading, path: string, found: unknown, allowed: string): void {
  tell(reading, path, shown(found), allowed);
}

function tell(reading: Reading, path: string, found: string, allowed: string): void {
  if (reading.problems.length < problemLimit) reading.problems.push({ path, found, allowed });
}

/** A value as it stands in a message: short, on one line. */
export function shown(value: unknown): string {
  const text = value === undefined ? "nothing" : (JSON.stringify(value) ?? typeof value);
  return text.length > foundLimit ? `${text.slice(0, foundLimit)}...` : text;
}

/** The members of an object, none but the allowed ones. */
export type Members<N extends string> = Readonly<Partial<Record<N, unknown>>>;

/** An object with none but some members; an empty one where it is none. */
export function membersOf<N extends string>(
  reading: Reading,
  path: string,
  value: unknown,
  names: readonly N[],
): Members<N> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    object(reading, path, value, `an object with ${names.join(", ")}`);
    return {} as Members<N>;
  }
  const allowed: readonly string[] = names;
  for (const [name, member] of Object.entries(value)) {
    if (!allowed.includes(name)) {
      object(reading, join(path, name), member, `one of ${names.join(", ")}`);
    }
  }
  return value as Members<N>;
}

/** A list of at most so many; an empty one where it is none. */
export function listOf(
  reading: Reading,
  path: string,
  value: unknown,
  limit: number,
): readonly unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    object(reading, path, value, "a list");
    return [];
  }
  if (value.length <= limit) return value;
  tell(reading, path, `${value.length} of them`, `at most ${limit}`);
  return [];
}

/** A quantity: an integer, or one as a decimal string, within bounds. */
export function quantityOf(
  reading: Reading,
  path: string,
  value: unknown,
  bounds: { readonly least: bigint; readonly most: bigint; readonly otherwise?: bigint },
): bigint {
  const { least, most, otherwise } = bounds;
  if (value === undefined && otherwise !== undefined) return otherwise;
  const whole =
    (typeof value === "number" && Number.isSafeInteger(value)) ||
    (typeof value === "string" && /^-?(?:0|[1-9][0-9]{0,60})$/.test(value));
  const found = whole ? BigInt(value as number | string) : undefined;
  if (found !== undefined && found >= least && found <= most) return found;
  object(reading, path, value, `an integer or a decimal string, from ${least} to ${bounded(most)}`);
  return otherwise ?? least;
}

function bounded(most: bigint): string {
  const power = most.toString(2).length;
  return most === (1n << BigInt(power)) - 1n && power > 53 ? `2^${power} - 1` : String(most);
}

/** A small whole number: steps, a seed. */
export function countOf(
  reading: Reading,
  path: string,
  value: unknown,
  bounds: { readonly least: number; readonly most: number; readonly otherwise: number },
): number {
  const { least, most, otherwise } = bounds;
  return Number(
    quantityOf(reading, path, value, {
      least: BigInt(least),
      most: BigInt(most),
      otherwise: BigInt(otherwise),
    }),
  );
}

/** A share from 0 to 1 as whole parts of `scale`. */
export function shareOf(reading: Reading, path: string, value: unknown, scale: number): number {
  if (value === undefined) return 0;
  if (typeof value === "number" && value >= 0 && value <= 1) return Math.round(value * scale);
  object(reading, path, value, "a number from 0 to 1");
  return 0;
}

/** One of some words. */
export function wordOf<W extends string>(
  reading: Reading,
  path: string,
  value: unknown,
  words: readonly W[],
  otherwise: W | undefined,
): W {
  const found = words.find((word) => word === value);
  if (found !== undefined) return found;
  if (value === undefined && otherwise !== undefined) return otherwise;
  object(reading, path, value, `one of ${words.join(", ")}`);
  return otherwise ?? (words[0] as W);
}

/** The path of a member. */
export function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
