import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { directoryDisk } from "#adapters/journal/directory-disk.ts";
import { segmentName } from "#adapters/journal/journal-file-name.ts";
import { openJournal } from "#adapters/journal/open-journal.ts";
import { balancesOf } from "#agent/audit/balances.ts";
import { expected } from "#core/account/payee-account.ts";
import { owed } from "#core/account/payer-account.ts";
import { canonical } from "#core/identity/canonical-writer.ts";
import { writeYears } from "../bench/years-of-readings.ts";
import { flipBit } from "../journal/journal-place.ts";
import { audit, soldLine, writeJournals } from "./audited-line.ts";

const world = soldLine();
let home = "";
let honest: readonly string[] = [];
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "meshtoll-balances-"));
  honest = await writeJournals(home, world);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const middle = (): string => honest[1] ?? "";

test("balances are those of the ledger, which verify decides again event by event", () => {
  const { ledger } = world.nodes[1] ?? {};
  const { accounts } = balancesOf(middle());
  const known = ledger?.neighbours.flatMap(({ id, outbound, inbound }) => [
    ...outbound.map((one) => [id, one.sent, owed(one, one.sent), one.signed]),
    ...inbound.map((one) => [id, one.read, expected(one, one.read), one.credited]),
  ]);
  expect(accounts.length).toBeGreaterThan(2);
  for (const one of accounts) {
    expect(known).toContainEqual([
      one.neighbour,
      BigInt(one.position),
      BigInt(one.due),
      BigInt(one.paid),
    ]);
  }
});

test("years of readings come to the grain that plain arithmetic comes to", async () => {
  const directory = join(home, "years");
  const due = await writeYears(directory, { neighbours: 40, readings: 5000 });
  const { accounts, events, damage } = balancesOf(directory);
  expect(damage).toBeUndefined();
  expect(accounts.map((one) => BigInt(one.due))).toEqual(due);
  expect(events).toBeGreaterThan(200_000);
});

test("the program prints them, alike with and without the library that reads command lines", async () => {
  const plain = await audit("balances", middle());
  expect(plain).toMatchObject({ code: 0, err: "" });
  expect(plain.out).toMatch(/we are paid: position \d+, due \d+, paid \d+, open \d+/);
  const { journals } = JSON.parse((await audit("balances", "--json", middle())).out);
  expect(journals[0].accounts).toEqual(balancesOf(middle()).accounts);
  // Words that the quick way does not know go the long way.
  const long = await audit("balances", "--no-json", middle());
  expect(long).toEqual(plain);
  expect((await audit("balances", "--help")).out).toContain("what verify does");
});

test("damage is exit 2 with its place, and no journal is exit 3 in words", async () => {
  const directory = join(home, "flipped");
  await writeYears(directory, { neighbours: 3, readings: 50 });
  const file = join(directory, segmentName(1));
  const bytes = readFileSync(file);
  flipBit(bytes, 8 * 2000);
  writeFileSync(file, bytes);
  expect(await audit("balances", directory)).toMatchObject({ code: 0 });
  expect(balancesOf(directory).repaired).toBe(1);
  flipBit(bytes, 8 * 2000 + 9);
  writeFileSync(file, bytes);
  const { code, out } = await audit("balances", directory);
  expect(code).toBe(2);
  expect(out).toMatch(/DAMAGED .*segment-00000001 at byte \d+/);
  expect((await audit("balances", directory, "--no-json")).code).toBe(2);
  const missing = await audit("balances", join(home, "nowhere"));
  expect(missing.code).toBe(3);
  expect(missing.err).toContain("it is not there");
  mkdirSync(join(home, "empty"));
  expect((await audit("balances", join(home, "empty"))).err).toContain("holds no journal");
  expect((await audit("balances")).code).toBe(3);
});

test("a commit of a later program is damage at that commit, and what was before it is told", async () => {
  const directory = join(home, "later");
  await writeYears(directory, { neighbours: 2, readings: 10 });
  const before = balancesOf(directory);
  const journal = await openJournal(directoryDisk(directory), {});
  await journal.append([canonical([9, [[1]]])]);
  await journal.close();
  const after = balancesOf(directory);
  expect(after.damage?.words).toMatch(
    /commit \d+ is whole, but not of a form .* known are 1 and 2/,
  );
  expect(after.accounts).toEqual(before.accounts);
});
