import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundledVictim, type Life, misheard, verdict, wholeLife } from "../nightly/victim-life.ts";

// Whether a process of which a bit flipped only heard a message wrong decides whether it counts as
// silent: the judge must neither let a wrong decision pass nor take a damaged message for one.

const home = mkdtempSync(join(tmpdir(), "meshtoll-misheard-"));
const recorded = readFileSync(new URL("../golden/run-2.json", import.meta.url), "utf8");
let program = "";
let right: Life;

beforeAll(async () => {
  program = bundledVictim(home);
  right = await wholeLife(program, home);
}, 60_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

interface Recorded {
  readonly inputs: readonly {
    readonly node: number;
    readonly input?: { readonly type: string; bytes?: string };
  }[];
}

/** The recorded run with one bit changed, of a VOUCHER in its second half. */
function damaged(): string {
  const changed = JSON.parse(recorded) as Recorded;
  const mine = changed.inputs.filter(({ node }) => node === 1);
  const late = mine.slice(mine.length * 0.6);
  // An array of seven, the version, the type: it is answered by a LEASE where it is whole.
  const one = late.find(({ input }) => input?.bytes?.startsWith("0x970103"))?.input;
  if (one?.bytes !== undefined) one.bytes = one.bytes.replace("0x97", "0x96");
  const run = join(home, "damaged.json");
  writeFileSync(run, JSON.stringify(changed));
  return run;
}

test("a message that was damaged on its way is taken for one, and so is what follows from it", async () => {
  const life = await wholeLife(program, home, damaged());
  expect(verdict(life, right)).toBe("silent");
  expect(await misheard(program, life, right)).toBe(true);
});

test("a counter that was read wrong is never taken for a damaged message", async () => {
  const heard = right.heard.replace(/("type":"Readings".*"sent":")(\d)/, (_, before, digit) => {
    return `${before}${digit === "9" ? "8" : "9"}`;
  });
  expect(heard).not.toBe(right.heard);
  const life = { ...right, heard };
  expect(await misheard(program, life, right)).toBe(false);
});

test("what does not follow from what was heard is no damaged message", async () => {
  const life = await wholeLife(program, home, damaged());
  const lines = life.done.split("\n");
  const other = { ...life, done: [...lines.slice(0, -2), "93c0", ""].join("\n") };
  expect(await misheard(program, other, right)).toBe(false);
  expect(await misheard(program, { ...right, done: other.done }, right)).toBe(false);
});
