import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Comparison, compare } from "#agent/audit/comparison.ts";
import { evidenceText, readEvidence } from "#agent/audit/evidence-file.ts";
import { eventsOf, examine } from "#agent/audit/examination.ts";
import { fraudLimit } from "#agent/audit/proven-fraud.ts";
import { transactionsOf } from "#agent/audit/transaction.ts";
import { judge } from "#core/audit/evidence.ts";
import { signedBy } from "#core/identity/signature.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import { emptyLedger, evolve } from "#core/journal/ledger.ts";
import { restatement } from "#core/journal/restatement.ts";
import { dueAtEnd, signLease } from "#core/schedule/lease.ts";
import { leaseText } from "#core/schedule/lease-form.ts";
import { type Position, position } from "#core/units/position.ts";
import { type Price, price } from "#core/units/price.ts";
import { flipBit } from "../journal/journal-place.ts";
import { nodeAt } from "../simulator/line-world.ts";
import { eventsAt, soldLine, writeJournal, writeJournals } from "./audited-line.ts";

// Each of these journals is whole to the last checksum, hash and seal: what is wrong with it is what
// somebody wrote who owns the node, its disk and its key. Only the rules and the neighbours tell.

const world = soldLine();
let home = "";
let honest: readonly string[] = [];
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "meshtoll-audit-"));
  honest = await writeJournals(home, world);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

let count = 0;

/** All three journals, that of one node written anew with other events. */
async function altered(
  index: number,
  change: (events: readonly LedgerEvent[]) => readonly LedgerEvent[],
): Promise<Comparison> {
  count += 1;
  const events = change(eventsAt(world, index));
  const forged = await writeJournal(join(home, `forged-${count}`), events);
  return compare(honest.map((one, i) => examine(i === index ? forged : one)));
}

const lastOf = (events: readonly LedgerEvent[], type: LedgerEvent["type"], neighbour: number) =>
  events.findLastIndex(
    (event) => event.type === type && "neighbour" in event && event.neighbour === neighbour,
  );

const without = (type: LedgerEvent["type"], neighbour: number) => {
  return (events: readonly LedgerEvent[]) => events.toSpliced(lastOf(events, type, neighbour), 1);
};

function expectProven(found: Comparison, signer: string): void {
  expect(found.verdict).toBe("disagree");
  const proofs = readEvidence(evidenceText(found.evidence));
  expect(proofs.length).toBeGreaterThan(0);
  for (const one of proofs) {
    expect(judge(one, signedBy)).toMatchObject({ proven: true });
    expect(one.signer).toBe(signer);
  }
}

test("the journals of honest neighbours agree, and all of it is in the table", () => {
  const found = compare(honest.map((one) => examine(one)));
  expect(found).toMatchObject({ verdict: "agree", findings: [], partings: [], evidence: [] });
  expect(found.hops.length).toBe(4);
  expect(found.hops.filter((hop) => hop.signed > 0n).length).toBeGreaterThan(1);
});

test("journals that began anew agree with their neighbours', and with themselves before", async () => {
  const places = await Promise.all(
    world.nodes.map(async ({ journal }, i) => {
      const half = journal.length >> 1;
      const resets = { leaps: () => 0n, forgiven: () => 0n };
      const kept = restatement(journal.slice(0, half).reduce(evolve, emptyLedger), resets);
      return writeJournal(join(home, `anew-${i}`), [...kept, ...journal.slice(half)]);
    }),
  );
  const right = compare(honest.map((one) => examine(one)));
  for (const which of [[0], [1], [2], [0, 1, 2]]) {
    const found = compare(
      honest.map((one, i) => examine(which.includes(i) ? (places[i] ?? one) : one)),
    );
    expect(found).toMatchObject({ verdict: "agree", findings: [], partings: [] });
    expect(found.hops.map(({ signed, owed }) => [signed, owed])).toEqual(
      right.hops.map(({ signed, owed }) => [signed, owed]),
    );
  }
  const sums = (place: string) =>
    [...transactionsOf(eventsOf(place))].reduce((all, one) => all + one.amount, 0n);
  expect(places.map(sums)).toEqual(honest.map(sums));
});

test("a voucher that its signer removed is proven by the one who holds it", async () => {
  const found = await altered(0, without("VoucherSigned", 0));
  expectProven(found, nodeAt(world, 0).signer.id);
  expect(found.partings[0]?.words).toContain("whose journal lacks it");
});

test("a voucher that its receiver removed leaves leases that nothing backs", async () => {
  const found = await altered(1, (events) => {
    const credited = events.findIndex((event) => event.type === "VoucherCredited");
    return events.toSpliced(credited, 1);
  });
  expect(found.verdict).toBe("disagree");
  expect(found.journals[1]?.audit.findings.map((one) => one.rule)).toContain("Q2");
});

test("a lease that its signer removed, or a price that it altered, is proven by the payer", async () => {
  const removed = await altered(1, without("LeaseGranted", 0));
  expectProven(removed, nodeAt(world, 1).signer.id);
  const dearer = (events: readonly LedgerEvent[]) =>
    events.map((event) =>
      event.type === "LeaseGranted" && event.lease.number === 2n && event.neighbour === 0
        ? { ...event, lease: { ...event.lease, price: (event.lease.price + 1n) as Price } }
        : event,
    );
  const found = await altered(1, dearer);
  expectProven(found, nodeAt(world, 1).signer.id);
  expect(found.partings[0]?.words).toContain("lease 2 differs");
  expect(found.journals[1]?.audit.findings.map((one) => one.rule)).toContain("E4");
});

test("a price that its seller altered and signed anew, with everything after it, is proven all the same", async () => {
  const { signer } = nodeAt(world, 1);
  const id = { payer: nodeAt(world, 0).signer.id, payee: signer.id, class: 1 as never };
  let due = 0n;
  let from: bigint = 0n;
  const found = await altered(1, (events) =>
    events.flatMap((event): readonly LedgerEvent[] => {
      if (event.type !== "LeaseGranted" || event.neighbour !== 0) return [event];
      const dear = price(event.lease.price + 1n);
      const terms = { ...event.lease, from: from as Position, price: dear, due: due as never };
      const lease = signLease(id, terms, signer);
      due = dueAtEnd(lease);
      from = lease.to;
      return [{ ...event, lease }];
    }),
  );
  expectProven(found, signer.id);
  expect(found.partings[0]?.words).toContain("lease 1 differs");
});

/** What node 0 journals that caught its payee with two leases for one position. */
function caught(): LedgerEvent {
  const { signer } = nodeAt(world, 1);
  const id = { payer: nodeAt(world, 0).signer.id, payee: signer.id, class: 1 as never };
  const granted = eventsAt(world, 0).find((event) => event.type === "LeaseAccepted");
  if (granted?.type !== "LeaseAccepted") throw new Error("no lease");
  const { lease } = granted;
  const dear = signLease(id, { ...lease, price: price(lease.price + 1n) }, signer);
  const evidence = [leaseText(id, lease), leaseText(id, dear)] as const;
  return { type: "FraudProven", neighbour: 0, fraud: "two leases for one position", evidence };
}

test("a fraud that an agent caught while it ran is in the evidence, whoever compares what", async () => {
  const found = await altered(0, (events) => [...events, caught()]);
  expectProven(found, nodeAt(world, 1).signer.id);
  expect(found.evidence.map((one) => one.kind)).toEqual(["two leases for one position"]);
});

test("of more frauds than an evidence file holds, the first ones are kept", async () => {
  const many = new Array<LedgerEvent>(fraudLimit + 1).fill(caught());
  const found = await altered(0, (events) => [...events, ...many]);
  expect(found.verdict).toBe("disagree");
  expect(found.journals[0]?.frauds).toHaveLength(fraudLimit);
  expect(readEvidence(evidenceText(found.evidence))).toHaveLength(fraudLimit);
});

test("a counter that was inflated or deflated afterwards is found by the rules alone", async () => {
  for (const by of [1n, -1n]) {
    const found = await altered(1, (events) => {
      const at = lastOf(events, "BytesRead", 0);
      return events.map((event, i) =>
        i === at && event.type === "BytesRead" ? { ...event, raw: event.raw + by } : event,
      );
    });
    expect(found.verdict).toBe("disagree");
    expect(found.journals[1]?.audit.findings.map((one) => one.rule)).toContain("Q3");
  }
  const more = await altered(1, (events) => {
    const at = lastOf(events, "BytesRead", 0);
    return events.map((event, i) =>
      i === at && event.type === "BytesRead"
        ? { ...event, read: position(event.read + 40n), raw: event.raw + 40n }
        : event,
    );
  });
  expect(more.findings.map((one) => one.rule)).toContain("T1");
});

test("events in another order, or twice, are found by the rules", async () => {
  const swapped = await altered(0, (events) => {
    const at = lastOf(events, "VoucherSigned", 0);
    const before = events.findLastIndex((event, i) => i < at && event.type === "VoucherSigned");
    const list = [...events];
    [list[at], list[before]] = [list[before] as LedgerEvent, list[at] as LedgerEvent];
    return list;
  });
  expect(swapped.verdict).toBe("disagree");
  const twice = await altered(1, (events) => {
    const at = lastOf(events, "VoucherCredited", 0);
    return events.toSpliced(at, 0, events[at] as LedgerEvent);
  });
  expect(twice.verdict).toBe("disagree");
});

test("a journal of another network is named as a stranger, and one node's twice as such", async () => {
  const other = soldLine(3);
  const far = { ...other, nodes: other.nodes };
  const stranger = await writeJournal(join(home, "stranger"), [
    ...eventsAt(far, 0).map((event) =>
      event.type === "NodeOpened" ? { ...event, node: `03${"1".repeat(64)}` as never } : event,
    ),
  ]);
  const [a, b] = honest;
  if (a === undefined || b === undefined) throw new Error("no journals");
  const found = compare([a, b, stranger].map((one) => examine(one)));
  expect(found.strangers).toEqual([stranger]);
  expect(found.verdict).not.toBe("agree");
  expect(() => compare([a, a].map((one) => examine(one)))).toThrow("twice");
});

test("with any one bit flipped, the books are the same, or the journal is called damaged", async () => {
  const [directory] = honest;
  if (directory === undefined) throw new Error("no journal");
  const right = compare(honest.map((one) => examine(one)));
  const place = join(home, "flipped");
  await writeJournal(place, eventsAt(world, 0));
  const [name] = readdirSync(place).filter((one) => one.startsWith("segment-"));
  const file = join(place, name ?? "");
  const bytes = readFileSync(file);
  const used = bytes.findLastIndex((byte) => byte !== 0) + 1;
  let repaired = 0;
  for (let bit = 5; bit < used * 8; bit += 997) {
    const changed = Buffer.from(bytes);
    flipBit(changed, bit);
    writeFileSync(file, changed);
    const found = compare([place, ...honest.slice(1)].map((one) => examine(one)));
    if (found.verdict === "damaged") continue;
    expect(found.verdict).toBe("agree");
    expect(found.hops).toEqual(right.hops);
    repaired += found.journals[0]?.repaired ?? 0;
  }
  expect(repaired).toBeGreaterThan(20);
});
