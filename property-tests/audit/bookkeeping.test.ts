import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  civilNotesLimit,
  civilTimeOf,
  noteCivilTime,
  readCivilNotes,
} from "#adapters/journal/civil-notes.ts";
import { civilNotesName } from "#adapters/journal/journal-file-name.ts";
import { bookLines, decimal } from "#agent/audit/bookkeeping.ts";
import { eventsOf } from "#agent/audit/examination.ts";
import { transactionsOf } from "#agent/audit/transaction.ts";
import { nodeAt } from "../simulator/line-world.ts";
import { audit, eventsAt, soldLine, writeJournal } from "./audited-line.ts";

const world = soldLine();
let home = "";
let journal = "";
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "meshtoll-books-"));
  journal = await writeJournal(join(home, "journal"), eventsAt(world, 1));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const seconds = (text: string) => Date.parse(text) / 1000;

test("payments add up to what was signed and credited, class by class, to the grain", () => {
  const sums = new Map<string, bigint>();
  for (const one of transactionsOf(eventsOf(journal))) {
    const account = `${one.direction} ${one.neighbour} ${one.class}`;
    sums.set(account, (sums.get(account) ?? 0n) + one.amount);
    expect(sums.get(account)).toBe(one.total);
  }
  for (const { id, outbound, inbound } of nodeAt(world, 1).ledger.neighbours) {
    expect(sums.get(`paid ${id} 1`) ?? 0n).toBe(outbound[0]?.signed);
    expect(sums.get(`received ${id} 1`) ?? 0n).toBe(inbound[0]?.credited);
  }
});

test("a decimal is the whole number with its point moved, however large", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 1n << 160n }), fc.nat(40), (value, places) => {
      const text = decimal(value, places);
      expect(BigInt(text.replace(".", ""))).toBe(value);
      expect(text.split(".")[1]?.length ?? 0).toBe(places);
    }),
  );
});

test("payments carry the day that was noted before them, and none that was not", async () => {
  const directory = join(home, "dated");
  await writeJournal(directory, eventsAt(world, 1));
  const payments = () => transactionsOf(eventsOf(directory));
  const commodity = { name: "GRAIN", places: 0 };
  const days = () => [
    ...new Set(
      [...bookLines("csv", "n", payments(), readCivilNotes(directory), commodity)]
        .slice(1)
        .map((line) => line.slice(0, 10)),
    ),
  ];
  expect(days()).toEqual(["1970-01-01"]);
  const all = [...payments()].map((one) => one.sequence);
  const middle = all[all.length >> 1] ?? 0n;
  await noteCivilTime(directory, { sequence: 1n, seconds: seconds("2026-03-01T10:00:00Z") });
  await noteCivilTime(directory, { sequence: middle, seconds: seconds("2026-03-05T23:59:59Z") });
  expect(days()).toEqual(["2026-03-01", "2026-03-05"]);
});

test("torn, foreign and impossible notes are left out, and a time before 2024 is not noted", async () => {
  const directory = join(home, "notes");
  await writeJournal(directory, eventsAt(world, 1));
  const file = join(directory, civilNotesName);
  expect(readCivilNotes(directory)).toEqual([]);
  await noteCivilTime(directory, { sequence: 1n, seconds: 60 });
  expect(() => statSync(file)).toThrow();
  await noteCivilTime(directory, { sequence: 3n, seconds: seconds("2026-03-01T10:00:00Z") });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const good = readCivilNotes(directory);
  const bad = [
    "",
    "7",
    "x y",
    "9 1970-01-01T00:00:00Z",
    "2 2026-04-01T00:00:00Z",
    "8 2026-02-01T00:00:00Z",
    "\0\0\0",
    "9 2026-04-0",
  ];
  writeFileSync(file, `${readFileSync(file, "utf8")}${bad.join("\n")}`);
  expect(readCivilNotes(directory)).toEqual(good);
  expect(civilTimeOf(good, 2n)).toBe(good[0]?.seconds);
  expect(civilTimeOf([], 2n)).toBeUndefined();
});

test("notes never grow beyond their limit, and the newest ones stay", async () => {
  const directory = join(home, "many");
  await writeJournal(directory, eventsAt(world, 1));
  const file = join(directory, civilNotesName);
  const start = seconds("2026-01-01T00:00:00Z");
  const line = (i: number) =>
    `${i} ${new Date((start + i) * 1000).toISOString().replace(".000Z", "Z")}\n`;
  const lines = Array.from({ length: 160_000 }, (_, i) => line(i + 1)).join("");
  writeFileSync(file, lines);
  expect(lines.length).toBeGreaterThan(civilNotesLimit);
  await noteCivilTime(directory, { sequence: 160_001n, seconds: start + 160_001 });
  expect(statSync(file).size).toBeLessThanOrEqual(civilNotesLimit);
  const notes = readCivilNotes(directory);
  expect(notes.at(-1)?.sequence).toBe(160_001n);
  expect(notes.length).toBeGreaterThan(70_000);
});

test("export asks for one form, a name and places that can be", async () => {
  for (const args of [
    [],
    ["--csv", "--json"],
    ["--csv", "--commodity", "=cmd"],
    ["--csv", "--places", "41"],
  ]) {
    expect((await audit("export", ...args, journal)).code).toBe(3);
  }
  const { code, out } = await audit("export", "--json", journal);
  expect(code).toBe(0);
  const [first] = out.split("\n");
  expect(JSON.parse(first ?? "")).toMatchObject({ direction: expect.any(String), class: 1 });
});
