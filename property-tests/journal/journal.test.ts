import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { fileJournal } from "#adapters/journal/file-journal.ts";
import { memoryDisk, memoryJournal } from "#adapters/journal/memory-journal.ts";
import { journalContract } from "../contracts/journal-contract.ts";

const root = mkdtempSync(join(tmpdir(), "meshtoll-journal-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let places = 0;

journalContract("on disk", () => {
  const directory = join(root, String(places++), "journal");
  return { open: () => fileJournal({ directory }) };
});

journalContract("in memory", () => {
  const disk = memoryDisk();
  return { open: () => memoryJournal(disk) };
});
