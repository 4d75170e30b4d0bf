import fc from "fast-check";
import { expect, test } from "vitest";
import { auditJournal } from "#core/audit/journal-audit.ts";
import { Malformed } from "#core/identity/canonical-reader.ts";
import { canonical } from "#core/identity/canonical-writer.ts";
import { sameBytes } from "#core/identity/hexadecimal.ts";
import {
  commitEventLimit,
  commitFormats,
  commitLimit,
  decodeCommit,
  encodeCommit,
  encodeCommits,
} from "#core/journal/commit.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import { eventForm } from "#core/journal/event-form.ts";
import { emptyLedger, evolve, type Ledger, neighbourLimit } from "#core/journal/ledger.ts";
import { positionLimit } from "#core/units/position.ts";
import { eventSpecimens } from "../golden/specimen.ts";
import { modelledCheck } from "../simulator/test-signer.ts";

const specimens = Object.entries(eventSpecimens);

/** The events, or that the bytes are none; any other throw is a defect. */
function decoded(bytes: Uint8Array): readonly LedgerEvent[] | undefined {
  try {
    return decodeCommit(bytes);
  } catch (error) {
    if (error instanceof Malformed || error instanceof RangeError) return undefined;
    throw error;
  }
}

test.each(specimens)("%s is read as it was written", (_, event) => {
  expect(decodeCommit(encodeCommit([event]))).toEqual([event]);
});

test.each(specimens)("every truncation of %s is refused", (_, event) => {
  const bytes = encodeCommit([event]);
  for (let length = 0; length < bytes.length; length++) {
    expect(decoded(bytes.subarray(0, length))).toBeUndefined();
  }
  expect(decoded(Uint8Array.of(...bytes, 0))).toBeUndefined();
});

test.each(specimens)(
  "every bit flip of %s is refused, or is another event in its one form",
  (_, event) => {
    const bytes = encodeCommit([event]);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const events = decoded(flipped);
      if (events === undefined) continue;
      expect(sameBytes(encodeCommit(events), flipped)).toBe(true);
      // Whatever it says, the fold and the audit take it: both are total.
      events.reduce(evolve, emptyLedger);
      auditJournal(events, modelledCheck);
    }
  },
);

test("arbitrary bytes are refused or are events in their one form, and never throw anything else", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      for (const bytes of [noise, Uint8Array.of(0x92, commitFormats.plain, 0x91, ...noise)]) {
        const events = decoded(bytes);
        if (events !== undefined) expect(sameBytes(encodeCommit(events), bytes)).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});

test("a commit of a format or an event of a version nobody knows is refused, not guessed at", () => {
  const started = eventForm({ type: "AgentStarted", run: 1n }) as readonly number[];
  expect(decoded(canonical([commitFormats.plain, [started]]))).toBeDefined();
  expect(decoded(canonical([commitFormats.compact + 1, [started]]))).toBeUndefined();
  expect(decoded(canonical([0, [started]]))).toBeUndefined();
  expect(decoded(canonical([commitFormats.plain, [[2, 2, 1]]]))).toBeUndefined();
  expect(decoded(canonical([commitFormats.plain, [[99, 1, 1]]]))).toBeUndefined();
  expect(decoded(canonical([commitFormats.plain, [[2, 1, 1, 1]]]))).toBeUndefined();
  expect(decoded(canonical([commitFormats.plain, []]))).toBeUndefined();
});

test("too many events and too large commits are refused by both sides, and divided where they are made", () => {
  const event: LedgerEvent = { type: "AgentStarted", run: 1n };
  const many = Array.from({ length: commitEventLimit }, () => event);
  expect(decodeCommit(encodeCommit(many)).length).toBe(commitEventLimit);
  const more = canonical([commitFormats.plain, [...many, event].map(eventForm)]);
  expect(more.length).toBeLessThan(commitLimit);
  expect(decoded(more)).toBeUndefined();
  const large = specimens.find(([name]) => name === "FraudProven")?.[1];
  if (large === undefined) throw new Error("no large event");
  const heap = Array.from({ length: 100 }, () => large);
  expect(() => encodeCommit(heap)).toThrow(RangeError);
  expect(decoded(canonical([commitFormats.plain, heap.map(eventForm)]))).toBeUndefined();
  for (const list of [heap, [...many, event], [], [event]]) {
    const commits = encodeCommits(list);
    for (const commit of commits) expect(commit.length).toBeLessThanOrEqual(commitLimit);
    expect(commits.flatMap((commit) => [...decodeCommit(commit)])).toEqual(list);
  }
});

test("the largest event there is fits one commit, so that every step can be made durable", () => {
  const sizes = specimens.map(([, event]) => encodeCommit([event]).length);
  expect(Math.max(...sizes)).toBeLessThan(commitLimit / 2);
});

test("limits inside events are exact: one more is refused", () => {
  const at = (form: readonly unknown[]) =>
    decoded(canonical([commitFormats.plain, [form as never]]));
  const node = new Uint8Array(33).fill(2);
  expect(at([3, 1, neighbourLimit - 1, node, 7])).toBeDefined();
  expect(at([3, 1, neighbourLimit, node, 7])).toBeUndefined();
  expect(at([3, 1, 0, node, 8])).toBeUndefined();
  expect(at([10, 1, 0, 1, "g".repeat(96), 0])).toBeDefined();
  expect(at([10, 1, 0, 1, "g".repeat(97), 0])).toBeUndefined();
  expect(at([10, 1, 0, 0, "g", 0])).toBeUndefined();
  expect(at([21, 1, 0, 1, positionLimit, positionLimit])).toBeDefined();
  expect(at([21, 1, 0, 1, positionLimit + 1n, 0])).toBeUndefined();
  expect(at([23, 1, 0, 1, 0])).toBeUndefined();
  expect(at([6, 1, 0, (1n << 160n) - 1n])).toBeDefined();
  expect(at([6, 1, 0, 1n << 160n])).toBeUndefined();
  const proof = (bytes: number) => at([40, 1, 0, 0, [new Uint8Array(bytes), new Uint8Array(1)]]);
  expect(proof(1500)).toBeDefined();
  expect(proof(1501)).toBeUndefined();
  expect(proof(0)).toBeUndefined();
  expect(at([40, 1, 0, 2, [new Uint8Array(1), new Uint8Array(1)]])).toBeUndefined();
  expect(at([41, 1, 0, 1, 4])).toBeUndefined();
});

test("the fold and the audit take any list of events, however little sense it makes", () => {
  const event = fc.constantFrom(...specimens.map(([, one]) => one));
  const odd = event.chain((one) =>
    fc.record({ neighbour: fc.nat(4), class: fc.integer({ min: 1, max: 7 }) }).map((key) => {
      const keyed = "neighbour" in one ? { ...one, neighbour: key.neighbour } : one;
      const lease = "lease" in one ? { lease: { ...one.lease, to: one.lease.from } } : {};
      return { ...keyed, ...("class" in one ? { class: key.class } : {}), ...lease } as LedgerEvent;
    }),
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(event, odd), { maxLength: 60 }), (events) => {
      let ledger: Ledger = emptyLedger;
      for (const one of events) ledger = evolve(ledger, one);
      expect(ledger.neighbours.length).toBeLessThanOrEqual(events.length);
      expect(auditJournal(events, modelledCheck).events).toBe(events.length);
    }),
    { numRuns: 300 },
  );
});
