import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compare } from "#agent/audit/comparison.ts";
import { examine } from "#agent/audit/examination.ts";
import { renderReport } from "#agent/audit/report/page.ts";
import { pointLimit, thinned } from "#agent/audit/report-facts.ts";
import { survey } from "#agent/audit/survey.ts";
import { nodeAt } from "../simulator/line-world.ts";
import { audit, eventsAt, soldLine, writeJournal, writeJournals } from "./audited-line.ts";
import { networkFacts } from "./network-facts.ts";

const world = soldLine();
const money = { name: "GRAIN", places: 0 };
let home = "";
let honest: readonly string[] = [];
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "meshtoll-report-"));
  honest = await writeJournals(home, world);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const factsOf = (directories: readonly string[]) =>
  survey(compare(directories.map((one) => examine(one))), money);
const pageOf = (facts: Parameters<typeof renderReport>[0]) => [...renderReport(facts)].join("");

/** Every tag is closed in order, every attribute quoted: what a strict reader wants. */
function expectWellFormed(page: string): void {
  const open: string[] = [];
  const tags = page
    .replace(/<style>[\s\S]*?<\/style>/, "")
    .matchAll(/<(\/?)([a-z0-9]+)((?:\s+[a-zA-Z0-9-]+="[^"<]*")*)\s*(\/?)>|<[^!]/g);
  for (const [whole, closing, name, , closed] of tags) {
    if (name === undefined) throw new Error(`a stray ${whole}`);
    if (closing === "/") expect(open.pop()).toBe(name);
    else if (closed !== "/" && name !== "meta") open.push(name);
  }
  expect(open).toEqual([]);
}

test("every number of the accounts is in the page as it is in the books", () => {
  const facts = factsOf(honest);
  const page = pageOf(facts);
  expectWellFormed(page);
  expect(page).toContain("The books agree");
  const plain = page.replaceAll("\u2009", "");
  for (const one of facts.accounts) {
    for (const value of [
      one.sent,
      one.received,
      one.owed,
      one.expected,
      one.signed,
      one.credited,
    ]) {
      expect(plain).toContain(`<td>${value}</td>`);
    }
  }
  const [ofNode] = nodeAt(world, 0).ledger.neighbours;
  const found = facts.accounts.find((one) => one.payer === nodeAt(world, 0).signer.id);
  expect(found).toMatchObject({
    sent: ofNode?.outbound[0]?.sent,
    signed: ofNode?.outbound[0]?.signed,
  });
  expect(found?.priceFrom.length).toBeGreaterThan(1);
  expect(found?.signedAt.at(-1)?.value).toBe(found?.signed);
});

test("a page fetches nothing and runs nothing, whatever strangers call themselves", () => {
  const evil = `"><script src=https://evil.example/x.js></script><img onerror=alert(1)>'&\u0007`;
  const facts = networkFacts(4, () => evil);
  const page = pageOf({ ...facts, differences: [evil], verdict: "disagree" });
  expectWellFormed(page);
  expect(page).toContain("default-src 'none'");
  expect(page).not.toMatch(/<(?:script|img|iframe|object|link|a)\b/);
  expect(page).not.toMatch(/<[^>]*\s(?:src|href|on[a-z]+)=/);
  expect(page).not.toContain("\u0007");
});

test("fifty nodes over ten years stay below 5 MB, and three and one and none are drawn too", () => {
  expect(pageOf(networkFacts(50)).length).toBeLessThan(5 * 1024 * 1024);
  for (const size of [1, 2, 3, 12, 50, 200]) {
    const page = pageOf(networkFacts(size));
    expectWellFormed(page);
    expect(page).not.toContain("NaN");
    expect(page).not.toContain("Infinity");
  }
});

test("a line keeps its last point and never more than the limit", () => {
  for (const count of [0, 1, 2, pointLimit, 2 * pointLimit + 1, 100_000]) {
    const line = thinned();
    for (let i = 0; i < count; i++) line.add({ at: BigInt(i), value: BigInt(i) });
    const points = line.points();
    expect(points.length).toBeLessThanOrEqual(pointLimit + 1);
    expect(points.at(-1)?.at).toBe(count === 0 ? undefined : BigInt(count - 1));
    expect(points.every(({ at }, i) => i === 0 || at > (points[i - 1]?.at ?? 0n))).toBe(true);
  }
});

test("a journal in which nothing happened is a page that says so", async () => {
  const events = eventsAt(world, 0).slice(0, 2);
  const one = await writeJournal(join(home, "new"), events);
  const page = pageOf(factsOf([one]));
  expectWellFormed(page);
  expect(page).toContain("No account has begun");
  const empty = join(home, "nothing");
  mkdirSync(empty);
  const file = join(home, "nothing.html");
  expect((await audit("report", "--html", file, empty)).code).toBe(3);
});

test("the program writes the page for its owner alone, and its exit code tells the verdict", async () => {
  const file = join(home, "report.html");
  const { code, out } = await audit("report", "--html", file, ...honest);
  expect(code).toBe(0);
  expect(out).toContain("3 nodes, ");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expectWellFormed(readFileSync(file, "utf8"));
  const events = eventsAt(world, 0);
  const last = events.findLastIndex((event) => event.type === "VoucherSigned");
  const forged = await writeJournal(join(home, "forged"), events.toSpliced(last, 1));
  const wrong = await audit("report", "--html", file, forged, honest[1] ?? "");
  expect(wrong.code).toBe(1);
  expect(readFileSync(file, "utf8")).toContain("First difference: ");
});
