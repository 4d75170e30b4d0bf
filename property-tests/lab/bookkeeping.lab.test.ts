import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { audit, eventsAt, soldLine, writeJournal } from "../audit/audited-line.ts";
import { nodeAt } from "../simulator/line-world.ts";

const programs = ["hledger", "ledger", "bean-check"] as const;

const run = (program: string, ...args: readonly string[]) =>
  spawnSync(program, args, { encoding: "utf8" });

/** Skips loudly without the programs; on CI there is no skipping. */
function skipsBooks(): boolean {
  const { CI } = process.env;
  const missing = programs.filter((one) => run("which", one).status !== 0);
  if (missing.length === 0 || (CI !== undefined && CI !== "")) return false;
  console.warn(`SKIPPED: ${missing.join(", ")} not installed (Debian: hledger ledger beancount)`);
  return true;
}

describe.skipIf(skipsBooks())("bookkeeping programs", () => {
  const world = soldLine();
  let home = "";
  let journal = "";
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), "meshtoll-books-"));
    journal = await writeJournal(join(home, "journal"), eventsAt(world, 1));
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  const exported = async (form: string): Promise<string> => {
    const { code, out } = await audit("export", form, journal);
    expect(code).toBe(0);
    const file = join(home, `books${form}`);
    writeFileSync(file, out);
    return file;
  };

  /** What node 1 was paid by node 0, and paid to node 2, in grains. */
  const books = nodeAt(world, 1).ledger.neighbours;
  const received = books[0]?.inbound[0]?.credited ?? 0n;
  const paid = books[1]?.outbound[0]?.signed ?? 0n;

  test.each(["hledger", "ledger"])(
    "%s reads the payments and comes to the same sums",
    async (program) => {
      expect(received * paid).toBeGreaterThan(0n);
      const file = await exported("--hledger");
      const { status, stdout, stderr } = run(program, "-f", file, "balance", "--flat");
      expect([status, stderr]).toEqual([0, ""]);
      expect(stdout).toMatch(new RegExp(`-${received} GRAIN +Income:Forwarding`));
      expect(stdout).toMatch(new RegExp(`[^-]${paid} GRAIN +Expenses:Forwarding`));
    },
  );

  test("beancount finds nothing wrong with the payments, and does with one changed", async () => {
    const file = await exported("--beancount");
    const checked = run("bean-check", file);
    expect([checked.status, checked.stderr]).toEqual([0, ""]);
    const text = (await audit("export", "--beancount", journal)).out;
    writeFileSync(file, text.replace(/ {2}(\d+) GRAIN/, "  1$1 GRAIN"));
    expect(run("bean-check", file).status).not.toBe(0);
  });
});
