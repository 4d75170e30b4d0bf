import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import * as Logger from "effect/Logger";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Incident, incidentKinds } from "#agent/incidents/incident.ts";
import { incidentLimit } from "#agent/incidents/incident-book.ts";
import {
  detectedLimit,
  incidentFile,
  incidentFileLimit,
  readIncidents,
  subjectLimit,
  writeIncidents,
} from "#agent/incidents/incident-file.ts";
import { incidentTable } from "#agent/incidents/incident-table.ts";

const incidentOf = (kind: Incident["kind"], subject: string, detected: string, since: number) => {
  const { action = "", advice = "" } = incidentTable.find((row) => row.kind === kind) ?? {};
  return { kind, subject, detected, since, until: undefined, action, advice, open: true };
};

const incident: fc.Arbitrary<Incident> = fc
  .tuple(
    fc.constantFrom(...incidentKinds),
    fc.string({ unit: "binary", maxLength: subjectLimit / 2 }),
    fc.string({ unit: "binary", maxLength: detectedLimit / 2 }),
    fc.nat(),
  )
  .map((parts) => incidentOf(...parts));

let directory: string;
let told: string[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "meshtoll-incidents-"));
  told = [];
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const path = () => join(directory, "incidents");
const listening = Logger.layer([Logger.make(({ message }) => void told.push(String(message)))]);
const load = () => Effect.runPromise(incidentFile(directory).load.pipe(Effect.provide(listening)));
const save = (open: readonly Incident[]) =>
  Effect.runPromise(incidentFile(directory).save(open).pipe(Effect.provide(listening)));

test("what is open is read again as it was, whatever its words", () => {
  fc.assert(
    fc.property(fc.array(incident, { maxLength: 20 }), (all) => {
      expect(readIncidents(writeIncidents(all))).toEqual(all);
    }),
  );
});

test("no bit of it can change without being noticed, and no end be missing", () => {
  const text = Buffer.from(writeIncidents([incidentOf("disk full", "", "1 byte is free", 7)]));
  for (let bit = 0; bit < 8 * text.length; bit++) {
    const flipped = Buffer.from(text);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(readIncidents(flipped.toString("utf8"))).toBeUndefined();
  }
  for (let end = 0; end < text.length; end++) {
    expect(readIncidents(text.toString("utf8", 0, end))).toBeUndefined();
  }
});

test("more incidents, and longer words, than are kept are cut, and read again", async () => {
  const long = incidentOf("disk full", "s".repeat(900), "\u0001".repeat(9000), 7);
  await save(Array.from({ length: incidentLimit + 5 }, () => long));
  expect(statSync(path()).size).toBeLessThan(incidentFileLimit);
  const all = await load();
  expect(all).toHaveLength(incidentLimit);
  expect(all[0]).toMatchObject({
    subject: "s".repeat(subjectLimit),
    detected: "\u0001".repeat(detectedLimit),
  });
  expect(told).toEqual([]);
});

test("a file that is too long, or none of ours, is told of, put aside, and forgotten", async () => {
  for (const text of ["x".repeat(incidentFileLimit + 1), "", "{}", "meshtoll incidents 1\n"]) {
    told = [];
    writeFileSync(path(), text);
    expect(await load()).toEqual([]);
    expect(told.join()).toContain("is damaged and put aside");
    expect(readFileSync(`${path()}.damaged`, "utf8")).toBe(text);
    expect(await load()).toEqual([]);
    expect(told).toHaveLength(1);
  }
});

test("a link in its place is not followed, and a place that is gone is told of", async () => {
  const elsewhere = join(directory, "elsewhere");
  writeFileSync(elsewhere, writeIncidents([incidentOf("disk full", "", "full", 7)]));
  symlinkSync(elsewhere, path());
  expect(await load()).toEqual([]);
  expect(told.join()).toContain("cannot be read");
  rmSync(directory, { recursive: true });
  await save([]);
  expect(told.join()).toContain("cannot be written");
});
