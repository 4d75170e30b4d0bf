import { deepStrictEqual } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";

/**
 * As much of vitest as the lab's tests use: an emulated machine takes minutes to load the real one.
 * Stands in for "vitest" inside the machine; what it lacks throws, so that nothing passes by mistake.
 */

type Work = () => unknown;

interface Group {
  readonly name: string;
  readonly before: Work[];
  readonly each: Work[];
  readonly eachAfter: Work[];
  readonly after: Work[];
  readonly parts: (Group | { readonly claim: string; readonly work: Work })[];
}

const group = (name: string): Group => ({
  name,
  before: [],
  each: [],
  eachAfter: [],
  after: [],
  parts: [],
});

let at = group("");

/** What became of one test. */
export interface Verdict {
  readonly claim: string;
  readonly failed?: string;
}

/** Runs what was described so far, in order, and forgets it. */
export async function runClaims(tell: (verdict: Verdict) => void): Promise<readonly Verdict[]> {
  const all = at;
  at = group("");
  const verdicts: Verdict[] = [];
  await runGroup(all, [], [], (verdict) => {
    verdicts.push(verdict);
    tell(verdict);
  });
  return verdicts;
}

async function runGroup(
  { name, before, each, eachAfter, after, parts }: Group,
  path: readonly string[],
  outer: readonly Work[],
  tell: (verdict: Verdict) => void,
): Promise<void> {
  const here = name === "" ? path : [...path, name];
  const failure = await failureOf(before);
  for (const part of parts) {
    if ("parts" in part) {
      if (failure === undefined) await runGroup(part, here, [...outer, ...each], tell);
      else tell({ claim: [...here, part.name].join(" > "), failed: failure });
      continue;
    }
    const claim = [...here, part.claim].join(" > ");
    const outcome = failure ?? (await failureOf([...outer, ...each, part.work]));
    const failed = outcome ?? (await failureOf(eachAfter));
    if (outcome !== undefined) await failureOf(eachAfter); // what it left must not meet the next one
    tell(failed === undefined ? { claim } : { claim, failed });
  }
  const late = await failureOf(after);
  if (late !== undefined) tell({ claim: [...here, "(after all)"].join(" > "), failed: late });
}

async function failureOf(works: readonly Work[]): Promise<string | undefined> {
  try {
    for (const work of works) await work();
    return undefined;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message).slice(0, 2000) : String(error);
  }
}

function describeIn(name: string, body: () => void): void {
  const outer = at;
  const inner = group(name);
  outer.parts.push(inner);
  at = inner;
  body();
  at = outer;
}

/** vitest's `describe`, with `skipIf`. */
export const describe = Object.assign(describeIn, {
  skipIf: (condition: boolean) => (condition ? () => {} : describeIn),
});

/** vitest's `test`, without options but a time limit, which the machine has for itself. */
export const test = (claim: string, work: Work): void => void at.parts.push({ claim, work });

/** As in vitest. */
export const beforeAll = (work: Work): void => void at.before.push(work);
/** As in vitest. */
export const beforeEach = (work: Work): void => void at.each.push(work);
/** As in vitest. */
export const afterEach = (work: Work): void => void at.eachAfter.push(work);
/** As in vitest. */
export const afterAll = (work: Work): void => void at.after.push(work);

const check = (holds: boolean, words: string): void => {
  if (!holds) throw new Error(`expected ${words}`);
};

const shown = (value: unknown): string =>
  (typeof value === "string"
    ? JSON.stringify(value)
    : (JSON.stringify(value, (_, one) => (typeof one === "bigint" ? `${one}n` : one)) ??
      String(value))
  ).slice(0, 1500);

function matchers(value: unknown, not: boolean) {
  const say = (holds: boolean, words: string) =>
    check(holds !== not, `${shown(value)} ${not ? "not " : ""}${words}`);
  const number = value as bigint;
  return {
    toBe: (other: unknown) => say(Object.is(value, other), `to be ${shown(other)}`),
    toEqual: (other: unknown) => {
      if (not) say(isDeepStrictEqual(value, other), `to equal ${shown(other)}`);
      else deepStrictEqual(value, other);
    },
    toMatchObject: (part: object) => say(contains(value, part), `to match ${shown(part)}`),
    toBeUndefined: () => say(value === undefined, "to be undefined"),
    toBeGreaterThan: (other: bigint | number) => say(number > other, `above ${shown(other)}`),
    toBeGreaterThanOrEqual: (other: bigint | number) =>
      say(number >= other, `at least ${shown(other)}`),
    toBeLessThan: (other: bigint | number) => say(number < other, `below ${shown(other)}`),
    toBeLessThanOrEqual: (other: bigint | number) =>
      say(number <= other, `at most ${shown(other)}`),
    toContain: (part: unknown) =>
      say((value as readonly unknown[]).includes(part), `to contain ${shown(part)}`),
    toMatch: (form: RegExp) => say(form.test(String(value)), `to match ${form}`),
  };
}

function contains(value: unknown, part: object): boolean {
  return Object.entries(part).every(([key, wanted]) =>
    isDeepStrictEqual((value as Readonly<Record<string, unknown>> | undefined)?.[key], wanted),
  );
}

async function rejects(promise: unknown, words: string | undefined): Promise<void> {
  const failure = await Promise.resolve(promise).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  const wanted = words === undefined ? "a rejection" : `a rejection with ${shown(words)}`;
  check(failure?.includes(words ?? "") === true, `${wanted}, not ${shown(failure)}`);
}

interface PollTimes {
  /** Both in milliseconds. */
  readonly timeout?: number;
  readonly interval?: number;
}

/** Looks until what is found is as expected, a minute in here where all is slow; fails as the last look did. */
async function polled(
  look: () => unknown,
  judge: (value: unknown) => void,
  { timeout = 60_000, interval = 50 }: PollTimes,
): Promise<void> {
  for (const end = performance.now() + timeout; ; await sleep(interval)) {
    try {
      judge(await look());
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
    }
  }
}

/** As in vitest, with the matchers above. */
export const expect = Object.assign(
  (value: unknown) => ({
    ...matchers(value, false),
    not: matchers(value, true),
    rejects: { toThrow: (words?: string) => rejects(value, words) },
  }),
  {
    poll: (look: () => unknown, times: PollTimes = {}) => ({
      toBe: (other: unknown) => polled(look, (value) => matchers(value, false).toBe(other), times),
      toContain: (part: unknown) =>
        polled(look, (value) => matchers(value, false).toContain(part), times),
    }),
  },
);
