import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { toHex } from "#core/identity/hexadecimal.ts";
import { encodeCommits } from "#core/journal/commit.ts";
import { emptyLedger, evolve } from "#core/journal/ledger.ts";
import { eventSpecimens, messageSpecimens } from "../golden/specimen.ts";
import { drain, lineWorld, nodeAt, smallTerms } from "../simulator/line-world.ts";
import { type Op, ops, run } from "../simulator/op.ts";
import { runs } from "./law-runs.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Every name of a field in a value, at any depth. */
function fieldsOf(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    Array.isArray(value) ? fieldsOf(inner) : [name, ...fieldsOf(inner)],
  );
}

/** Words that name a time. `deadline` or `expires` would be a clock in disguise. */
const timeWords =
  /time|date|clock|when|moment|stamp|second|milli|nano|minute|hour|epoch|day|age$|expir|deadline|until|since/i;

/** Words that end like one: how far a neighbour has gone with junk, in bytes. */
const noTimes: ReadonlySet<string> = new Set(["stage"]);

test("T10: no field of an event, of a message or of the ledger is a time", () => {
  const all = Object.values(eventSpecimens);
  const ledger = all.reduce(evolve, emptyLedger);
  const world = lineWorld({
    terms: smallTerms,
    deposit: 100n,
    grainsPerUnit: 1n,
    prices: [2n, 3n],
  });
  drain(world, 2);
  const named = [...all, ...Object.values(messageSpecimens), ledger, nodeAt(world, 0).node].flatMap(
    fieldsOf,
  );
  expect(new Set(named).size).toBeGreaterThan(60);
  expect(named.filter((name) => timeWords.test(name) && !noTimes.has(name))).toEqual([]);
});

test("T10: the search for times finds one: the test can fail", () => {
  for (const name of ["createdAt: time", "expiresIn", "sinceBoot", "timestamp"]) {
    expect(timeWords.test(name)).toBe(true);
  }
});

/** The journals of a line, as bytes. */
function journalsOf(list: readonly Op[], disturb: () => void): readonly string[] {
  const world = lineWorld({
    terms: smallTerms,
    deposit: 1_000_000n,
    grainsPerUnit: 1n,
    prices: [2n, { fee: 2n }, 3n],
  });
  for (const op of list) {
    disturb();
    run(world, op);
  }
  return world.nodes.flatMap((node) => encodeCommits(node.journal).map(toHex));
}

test("T10: equal inputs give equal bytes, whatever clocks and dice do in between", () => {
  fc.assert(
    fc.property(
      ops(3, 80),
      fc.array(fc.date({ noInvalidDate: true }), { minLength: 1 }),
      (list, dates) => {
        const still = journalsOf(list, () => {});
        let i = 0;
        vi.useFakeTimers({ toFake: ["Date", "performance", "hrtime"] });
        const disturbed = journalsOf(list, () => {
          vi.setSystemTime(dates[i % dates.length] ?? 0);
          i += 1;
        });
        vi.useRealTimers();
        expect(disturbed).toEqual(still);
      },
    ),
    { numRuns: runs(25) },
  );
});

test("T10: no step asks for the time or for chance", () => {
  const asked: string[] = [];
  vi.spyOn(Date, "now").mockImplementation(() => asked.push("Date.now"));
  vi.spyOn(performance, "now").mockImplementation(() => asked.push("performance.now"));
  vi.spyOn(process, "hrtime").mockImplementation(() => [asked.push("hrtime"), 0]);
  vi.spyOn(Math, "random").mockImplementation(() => asked.push("Math.random"));
  vi.spyOn(crypto, "getRandomValues").mockImplementation((array) => {
    asked.push("getRandomValues");
    return array;
  });
  const [list] = fc.sample(ops(3, 120), { numRuns: 1, seed: 3 });
  asked.length = 0;
  journalsOf(list ?? [], () => {});
  expect(asked).toEqual([]);
});
