import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { auditJournal } from "#core/audit/journal-audit.ts";
import { fromHex, toHex } from "#core/identity/hexadecimal.ts";
import { decodeCommit, plainBytes } from "#core/journal/commit.ts";
import { emptyLedger, evolve } from "#core/journal/ledger.ts";
import { replay } from "#core/node/node.ts";
import {
  books,
  drain,
  lineWorld,
  nodeAt,
  recreate,
  smallTerms,
  start,
  traffic,
} from "../simulator/line-world.ts";
import { modelledCheck } from "../simulator/test-signer.ts";

// Journals of two neighbours as a program wrote them that knew version 1 of events only: before
// journals had names. They are never written again, only read.

interface OldJournals {
  readonly nodes: readonly (readonly string[])[];
}

const { nodes: old } = JSON.parse(
  readFileSync(new URL("journals-1.json", import.meta.url), "utf8"),
) as OldJournals;

const eventsOf = (commits: readonly string[]) =>
  commits.flatMap((hex) => decodeCommit(fromHex(hex)));

test("a journal of version 1 is read, written again byte by byte, and nothing is wrong with it", () => {
  for (const commits of old) {
    const events = eventsOf(commits);
    expect(events.length).toBeGreaterThan(40);
    const again = commits.map((hex) => toHex(plainBytes(decodeCommit(fromHex(hex)))));
    expect(again).toEqual(commits);
    expect(auditJournal(events, modelledCheck).findings).toEqual([]);
  }
});

test.each([
  ["both", [0, 1]],
  ["the payer", [0]],
  ["the payee", [1]],
])("neighbours of whom %s come with a journal of version 1 go on to the grain", (_, which) => {
  const world = lineWorld({
    terms: smallTerms,
    deposit: 1_000_000n,
    grainsPerUnit: 1n,
    prices: [2n, 5n],
  });
  world.air.length = 0;
  for (const index of which) {
    const self = nodeAt(world, index);
    self.journal.splice(0, self.journal.length, ...eventsOf(old[index] ?? []));
    self.ledger = self.journal.reduce(evolve, emptyLedger);
    self.node = replay(self.signer, self.journal, modelledCheck);
    for (const end of self.ends) recreate(world, end);
    start(world, index);
  }
  drain(world);
  const before = books(world, 0, 0);
  expect(before.v).toBeGreaterThan(0n);
  const txBefore = before.way.tx;
  for (let i = 0; i < 10; i++) {
    traffic(world, 0, 0, 3n, 0n);
    drain(world, 1);
  }
  const after = books(world, 0, 0);
  expect(after.way.tx - txBefore).toBe(30n);
  expect(after.v).toBe(after.payerF(after.way.tx));
  expect([after.w, after.g]).toEqual([after.v, after.G]);
  for (const node of world.nodes) {
    expect([node.alarms, node.throttles]).toEqual([[], 0]);
    expect(auditJournal(node.journal, modelledCheck).findings).toEqual([]);
  }
});
