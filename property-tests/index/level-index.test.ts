import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { levelPlace } from "#adapters/index/level-index.ts";
import { indexContract } from "../contracts/index-contract.ts";

const home = mkdtempSync(join(tmpdir(), "meshtoll-index-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

let made = 0;

indexContract("LevelDB", () => {
  made += 1;
  return levelPlace(join(home, String(made)));
});
