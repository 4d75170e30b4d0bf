import fc from "fast-check";
import { expect, test } from "vitest";
import type { IncidentRow } from "#agent/incidents/incident.ts";
import { incidentKinds } from "#agent/incidents/incident.ts";
import { calmLooks, incidentBook, incidentLimit } from "#agent/incidents/incident-book.ts";
import { incidentTable } from "#agent/incidents/incident-table.ts";
import { observed } from "./observed.ts";

/** A row that finds what a test puts in `routing`, a word each. */
const row = (looks: number): IncidentRow => ({
  kind: "routing daemon gone",
  detector:
    () =>
    ({ routing }) =>
      (routing ?? "")
        .split(" ")
        .filter((word) => word !== "")
        .map((subject) => ({ subject, detected: `${subject} is odd` })),
  looks,
  remedy: undefined,
  action: "waits",
  advice: "wait",
});

const seen = (routing: string, at = 0) => observed(at, { routing });

test("the table has every kind once, each with what the agent does and what a person can do", () => {
  expect(incidentTable.map(({ kind }) => kind).toSorted()).toEqual([...incidentKinds].toSorted());
  for (const { action, advice } of incidentTable) {
    expect(action.length).toBeGreaterThan(20);
    expect(advice.length).toBeGreaterThan(20);
  }
});

test("what is found once is no incident where it has to be found twice in a row", () => {
  const book = incidentBook([row(2)]);
  expect(book.take(seen("x")).opened).toEqual([]);
  expect(book.incidents()).toEqual([]);
  book.take(seen(""));
  expect(book.take(seen("x")).opened).toEqual([]);
  expect(book.take(seen("x")).opened).toHaveLength(1);
});

test("an incident is one however often it is found, and keeps the time when it began", () => {
  const book = incidentBook([row(1)]);
  for (let i = 0; i < 50; i++) book.take(seen("x", i * 5000));
  expect(book.incidents()).toHaveLength(1);
  expect(book.incidents()[0]).toMatchObject({ open: true, since: Date.UTC(2026, 10, 21) / 1000 });
});

test("it is over once it was not found for some looks in a row; a gap does not end it", () => {
  const book = incidentBook([row(1)]);
  book.take(seen("x"));
  for (let i = 1; i < calmLooks; i++) expect(book.take(seen("")).closed).toEqual([]);
  book.take(seen("x"));
  for (let i = 1; i < calmLooks; i++) book.take(seen(""));
  expect(book.take(seen("")).closed).toMatchObject([{ subject: "x", open: false }]);
  expect(book.incidents()).toMatchObject([{ open: false }]);
  expect(book.take(seen("x")).opened).toHaveLength(1);
  expect(book.incidents()).toMatchObject([{ open: true }, { open: false }]);
});

test("at most so many are remembered, and a flood of subjects opens no more than that", () => {
  const book = incidentBook([row(1)]);
  const many = Array.from({ length: incidentLimit + 20 }, (_, i) => `s${i}`).join(" ");
  expect(book.take(seen(many)).opened).toHaveLength(incidentLimit);
  for (let i = 0; i <= calmLooks; i++) book.take(seen(""));
  for (let i = 0; i < 300; i++) {
    book.take(seen(`t${i}`));
    for (let calm = 0; calm < calmLooks; calm++) book.take(seen(""));
  }
  expect(book.incidents()).toHaveLength(incidentLimit);
  expect(book.incidents()[0]?.subject).toBe("t299");
});

test("whatever is found when, an incident opens before it closes and never twice at once", () => {
  const words = fc.array(fc.subarray(["x", "y", "z"]), { maxLength: 40 });
  fc.assert(
    fc.property(words, fc.integer({ min: 1, max: 3 }), (looks, needed) => {
      const book = incidentBook([row(needed)]);
      const open = new Set<string>();
      for (const found of looks) {
        const { opened, closed } = book.take(seen(found.join(" ")));
        for (const { subject } of opened) {
          expect(open.has(subject)).toBe(false);
          open.add(subject);
        }
        for (const { subject } of closed) expect(open.delete(subject)).toBe(true);
        const told = book
          .incidents()
          .filter((one) => one.open)
          .map(({ subject }) => subject);
        expect(told.toSorted()).toEqual([...open].toSorted());
      }
    }),
  );
});

test("what was open before a restart is open after it, with the time when it began, and once", () => {
  const first = incidentBook([row(2)]);
  for (let i = 0; i < 3; i++) first.take(seen("x y", i * 5000));
  const open = first.incidents();
  expect(open).toHaveLength(2);
  const book = incidentBook([row(2)], open);
  expect(book.incidents().map(({ subject, since }) => [subject, since])).toEqual(
    expect.arrayContaining(open.map(({ subject, since }) => [subject, since])),
  );
  expect(book.take(seen("x", 3_600_000))).toMatchObject({ opened: [], lasting: [{}, {}] });
  for (let i = 2; i < calmLooks; i++) book.take(seen("x", 3_600_000));
  expect(book.take(seen("x", 3_600_000)).closed).toMatchObject([{ subject: "y" }]);
  expect(book.incidents()[0]).toMatchObject({ subject: "x", since: open[0]?.since, open: true });
});

test("one that is slow to find goes on until it could have been found again", () => {
  const slow = { ...row(1), again: 10 };
  const first = incidentBook([slow]);
  first.take(seen("x"));
  const book = incidentBook([slow], first.incidents());
  for (let i = 1; i < 10; i++) expect(book.take(seen("")).closed).toEqual([]);
  expect(book.take(seen("")).closed).toHaveLength(1);
});

test("a clock that was never set gives no time", () => {
  const book = incidentBook([row(1)]);
  book.take({ ...seen("x"), now: { monotonic: 0, civil: 86_400_000 } });
  expect(book.incidents()[0]?.since).toBe(0);
});
