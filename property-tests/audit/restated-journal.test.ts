import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { directoryDisk } from "#adapters/journal/directory-disk.ts";
import { segmentName } from "#adapters/journal/journal-file-name.ts";
import { openJournal } from "#adapters/journal/open-journal.ts";
import { exportSegments } from "#adapters/journal/segment-copies.ts";
import { resetCounter } from "#agent/agent/reset-counts.ts";
import { encodeCommits } from "#core/journal/commit.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import { emptyLedger, evolve } from "#core/journal/ledger.ts";
import { restatement } from "#core/journal/restatement.ts";
import { price } from "#core/units/price.ts";
import { priceClass } from "#core/units/price-class.ts";
import { meshtoll } from "../agent/meshtoll-process.ts";
import { audit, eventsAt, soldLine, writeJournal } from "./audited-line.ts";

// Journals that began anew, as a forger can write them: every checksum, hash and seal holds, and the
// restatement says exactly what the events before it come down to, the wrong one included.

const world = soldLine();
const events = eventsAt(world, 1);
const half = events.length >> 1;
let home = "";
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "meshtoll-restated-"));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Prices that are what they were: they fill some segments, and no rule restricts them. */
const filler: readonly LedgerEvent[] = Array.from({ length: 3000 }, () => ({
  type: "PriceSet",
  neighbour: 0,
  class: priceClass(1),
  price: price(2n),
}));

/**
 * A journal that begins anew between two parts; `whole` is its directory with the kept copies of the
 * history before beside it, `rest` the one that the node is left with.
 */
async function restated(
  name: string,
  before: readonly LedgerEvent[],
  after: readonly LedgerEvent[],
) {
  const [rest, archive] = [join(home, name), join(home, `${name}-archive`)];
  for (const one of [rest, archive]) mkdirSync(one, { mode: 0o700 });
  const journal = await openJournal(directoryDisk(rest), {
    segmentSize: 64 * 1024,
    archive: () => exportSegments(rest, archive),
  });
  const resets = resetCounter();
  resets.count(before);
  for (const event of before) await journal.append(encodeCommits([event]));
  const { commits } = journal.stat();
  const parts = encodeCommits(restatement(before.reduce(evolve, emptyLedger), resets));
  await journal.restate(parts);
  for (const event of after) await journal.append(encodeCommits([event]));
  await journal.close();
  const whole = join(home, `${name}-whole`);
  cpSync(archive, whole, { recursive: true });
  cpSync(rest, whole, { recursive: true });
  return { rest, whole, history: commits, restating: parts.length };
}

/** What both programs say of a journal, and that it is the same. */
async function verified(directory: string) {
  const [agent, auditor] = await Promise.all([
    meshtoll(home, "journal", "verify", "--json", "--journal", directory),
    audit("verify", "--json", directory),
  ]);
  expect(agent).toEqual(auditor);
  const told = await meshtoll(home, "journal", "verify", "--journal", directory);
  expect(told).toEqual(await audit("verify", directory));
  const { verdict, journals } = JSON.parse(agent.out);
  return { code: agent.code, verdict, ...journals[0], out: told.out };
}

/** A counter that was inflated after the fact, in the first part. */
function inflated(part: readonly LedgerEvent[]): readonly LedgerEvent[] {
  const at = part.findLastIndex((event) => event.type === "BytesRead");
  return part.map((event, i) =>
    i === at && event.type === "BytesRead" ? { ...event, raw: event.raw + 1n } : event,
  );
}

test("a journal with its kept history is decided again from its first event on", async () => {
  const { whole, history } = await restated("honest", events.slice(0, half), events.slice(half));
  expect(history).toBe(BigInt(half));
  const told = await verified(whole);
  expect(told).toMatchObject({ code: 0, verdict: "agree", found: 0 });
  expect(told.rolledUp).toBeUndefined();
  expect(told.events).toBeGreaterThan(events.length);
  expect(told.out).toContain("every checksum, hash, signature and rule holds\n");
});

test("a wrong event before the last restatement is found, where the history is kept", async () => {
  const wrong = inflated(events.slice(0, half));
  const { whole, rest, history } = await restated("wrong", wrong, events.slice(half));
  const told = await verified(whole);
  expect(told).toMatchObject({ code: 1, verdict: "disagree" });
  const [first] = told.findings;
  expect(first.rule).toBe("Q3");
  expect(BigInt(first.sequence)).toBeLessThanOrEqual(history);
  // Without its history nobody can find it, and nobody says that it was looked for.
  const left = await verified(rest);
  expect(left.findings.filter(({ rule }: { readonly rule: string }) => rule === "Q3")).toEqual([]);
  expect(left.rolledUp).toMatchObject({ to: String(history) });
});

test("what a journal rolled up is told: which commits, and that they are not decided again", async () => {
  const { rest, history, restating } = await restated(
    "rolled-up",
    events.slice(0, half),
    events.slice(half),
  );
  const told = await verified(rest);
  expect(told).toMatchObject({
    code: 0,
    verdict: "agree",
    rolledUp: { to: String(history), restating, unread: 0 },
  });
  expect(told.out).toContain(`commits 1 to ${history} were rolled up`);
  expect(told.out).toContain("not decided again");
  expect(told.out).toContain(
    `every checksum, hash, signature and rule holds, from commit ${history + 1n} on\n`,
  );
  const neighbour = await writeJournal(join(home, "neighbour"), eventsAt(world, 0));
  const compared = await audit("compare", rest, neighbour);
  expect(compared.code).toBe(0);
  expect(compared.out).toContain(`commits 1 to ${history} were rolled up`);
});

test("kept copies without the first one are counted, and not believed to be a history", async () => {
  const before = [...events.slice(0, half), ...filler];
  const { whole } = await restated("hole", before, []);
  const kept = readdirSync(whole).filter((name) => /^segment-\d+$/.test(name)).length;
  expect(kept).toBeGreaterThan(2);
  expect((await verified(whole)).rolledUp).toBeUndefined();
  rmSync(join(whole, segmentName(1)));
  const told = await verified(whole);
  expect(told).toMatchObject({ code: 0, rolledUp: { unread: kept - 2 } });
  expect(told.out).toContain(`${kept - 2} older segment(s) lie here, not read`);
});
