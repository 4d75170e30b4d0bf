import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { journalContract } from "../contracts/journal-contract.ts";
import { directoryPlace, memoryPlace } from "./journal-place.ts";

const root = mkdtempSync(join(tmpdir(), "meshtoll-journal-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let places = 0;

journalContract("in a directory", () => directoryPlace(join(root, String(places++), "journal")));
journalContract("in memory", () => memoryPlace());
