import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { directoryDisk, directoryView } from "#adapters/journal/directory-disk.ts";
import { type OpenJournal, openJournal } from "#adapters/journal/open-journal.ts";
import { exportSegments, importSegments } from "#adapters/journal/segment-copies.ts";
import { scan } from "#adapters/journal/segment-scan.ts";
import { commitOf } from "../contracts/journal-contract.ts";
import { flipBit } from "./journal-place.ts";
import { payloadsOf, smallSegments } from "./kept-journal.ts";

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "meshtoll-copies-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const at = (name: string): string => join(home, name);
const openAt = (name: string): Promise<OpenJournal> =>
  openJournal(directoryDisk(at(name)), smallSegments);
const fill = async (journal: OpenJournal, from: number, count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await journal.append([commitOf(from + i, 6000)]);
};
const plain = (commits: readonly Uint8Array[]) => commits.map((one) => Array.from(one));

test("complete segments are exported from a journal in use, once each, and all of it comes back", async () => {
  const journal = await openAt("journal");
  await fill(journal, 1, 25);
  const first = await exportSegments(at("journal"), at("copy"));
  expect(first).toMatchObject({ copied: [1, 2], present: [] });
  await fill(journal, 26, 10);
  expect(await exportSegments(at("journal"), at("copy"))).toMatchObject({
    copied: [3],
    present: [1, 2],
  });
  const all = payloadsOf(journal);
  await journal.close();
  const taken = await importSegments(at("journal"), at("again"));
  expect(taken.copied).toEqual([1, 2, 3, 4]);
  const again = await openAt("again");
  expect(plain(payloadsOf(again))).toEqual(plain(all));
  expect(await again.append([commitOf(9)])).toBe(BigInt(all.length + 1));
  await again.close();
});

test("a history that was exported before its journal began anew is one chain with what follows", async () => {
  const journal = await openAt("journal");
  await fill(journal, 1, 25);
  await exportSegments(at("journal"), at("copy"));
  await journal.restate([commitOf(100, 50)]);
  await fill(journal, 200, 12);
  const copied = await exportSegments(at("journal"), at("copy"));
  expect(copied.copied.length).toBeGreaterThan(0);
  await journal.close();
  // What was being written when it began anew was complete only then: without it there is a gap.
  const looks = [...scan(directoryView(at("copy")), "oldest")];
  expect(looks.at(-1)).toMatchObject({ type: "damage", damage: { words: /missing/ } });
});

test("with an archive no commit is ever gone: history is copied before it is removed, or stays", async () => {
  let broken = false;
  const archive = () =>
    broken ? Promise.reject(new Error("no stick")) : exportSegments(at("journal"), at("copy"));
  const journal = await openJournal(directoryDisk(at("journal")), { ...smallSegments, archive });
  await fill(journal, 1, 25);
  await journal.restate([commitOf(100, 50)]);
  await fill(journal, 200, 15);
  broken = true;
  await expect(journal.restate([commitOf(101, 50)])).rejects.toThrow("elsewhere");
  await fill(journal, 300, 15);
  broken = false;
  await journal.restate([commitOf(102, 50)]);
  await fill(journal, 400, 2);
  await journal.close();
  await importSegments(at("journal"), at("copy")).catch(() => undefined);
  for (const name of readdirSync(at("journal")).filter((one) => /^segment-\d+$/.test(one))) {
    writeFileSync(join(at("copy"), name), readFileSync(join(at("journal"), name)));
  }
  const looks = [...scan(directoryView(at("copy")), "oldest")];
  const all = looks.flatMap((look) =>
    look.type === "segment" ? look.segment.frames.map(({ payload }) => payload) : [],
  );
  expect(looks.every((look) => look.type === "segment")).toBe(true);
  expect(all.length).toBe(25 + 1 + 15 + 1 + 15 + 1 + 2);
});

test("nothing is overwritten: another journal's segment, and another journal, are refused in words", async () => {
  for (const [name, length] of [
    ["journal", 6000],
    ["other", 5000],
  ] as const) {
    const journal = await openAt(name);
    for (let i = 0; i < 25; i++) await journal.append([commitOf(i, length)]);
    await journal.close();
  }
  await exportSegments(at("journal"), at("copy"));
  const before = readFileSync(join(at("copy"), "segment-00000001"));
  await expect(exportSegments(at("other"), at("copy"))).rejects.toMatchObject({
    problem: "foreign",
    words: expect.stringContaining("holds something else"),
  });
  expect(readFileSync(join(at("copy"), "segment-00000001"))).toEqual(before);
  writeFileSync(join(at("copy"), "segment-00000009"), "x");
  await expect(importSegments(at("journal"), at("copy"))).rejects.toMatchObject({
    problem: "foreign",
  });
  await expect(exportSegments(at("nowhere"), at("copy"))).rejects.toMatchObject({
    problem: "missing",
  });
});

test("a damaged journal is neither exported nor imported in part without a word", async () => {
  const journal = await openAt("journal");
  await fill(journal, 1, 25);
  await journal.close();
  const file = join(at("journal"), "segment-00000002");
  const bytes = readFileSync(file);
  for (const bit of [8 * 9000, 8 * 9000 + 9]) flipBit(bytes, bit);
  writeFileSync(file, bytes);
  for (const copy of [exportSegments, importSegments]) {
    await expect(copy(at("journal"), at("copy"))).rejects.toMatchObject({
      problem: "damaged",
      words: expect.stringContaining("segment-00000002 at byte"),
    });
  }
});

test("a copy that was interrupted is finished by the next one", async () => {
  const journal = await openAt("journal");
  await fill(journal, 1, 25);
  await journal.close();
  mkdirSync(at("copy"));
  writeFileSync(join(at("copy"), "segment-00000001.new"), "half");
  expect((await exportSegments(at("journal"), at("copy"))).copied).toEqual([1, 2]);
  expect(readdirSync(at("copy")).sort()).toEqual(["segment-00000001", "segment-00000002"]);
});

test("the commands do it: stat, export, import, repair, with JSON and in words", async () => {
  const journal = await openAt("journal");
  await fill(journal, 1, 25);
  await journal.close();
  const main = fileURLToPath(new URL("../../router-agent/main.ts", import.meta.url));
  const run = (...args: readonly string[]) =>
    new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
      const child = spawn(process.execPath, [main, "journal", ...args]);
      const said = { out: "", err: "" };
      child.stdout.on("data", (part: Buffer) => (said.out += part.toString("utf8")));
      child.stderr.on("data", (part: Buffer) => (said.err += part.toString("utf8")));
      child.on("close", (code) => resolve({ code, ...said }));
    });
  const stat = await run("stat", "--json", "--journal", at("journal"));
  expect(JSON.parse(stat.out)).toMatchObject({ segments: 3, sealed: 2, first: "1", last: "25" });
  const exported = await run("export", "--journal", at("journal"), "--to", at("copy"));
  expect([exported.code, exported.out]).toEqual([
    0,
    `${at("copy")}: 2 segment(s) copied, 0 there already\n`,
  ]);
  const file = join(at("journal"), "segment-00000001");
  const bytes = readFileSync(file);
  flipBit(bytes, 8 * 2000);
  writeFileSync(file, bytes);
  const repaired = await run("repair", "--json", "--journal", at("journal"));
  expect(JSON.parse(repaired.out)).toMatchObject({ repaired: 1 });
  const taken = await run("import", "--from", at("journal"), "--journal", at("again"));
  expect(taken.code).toBe(0);
  const missing = await run("stat", "--journal", at("nowhere"));
  expect(missing.code).toBe(3);
  expect(missing.err).toContain("it is not there");
});
