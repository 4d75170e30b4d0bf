import fc from "fast-check";
import { expect, test } from "vitest";
import { Malformed } from "#core/identity/canonical-reader.ts";
import { canonical } from "#core/identity/canonical-writer.ts";
import {
  commitEventLimit,
  commitFormats,
  commitLimit,
  decodeCommit,
  encodeCommit,
  encodeCommits,
  plainBytes,
} from "#core/journal/commit.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import { emptyLedger, evolve } from "#core/journal/ledger.ts";
import { ledgerFold } from "#core/journal/ledger-fold.ts";
import { encodeReadings, type ReadingEvent } from "#core/journal/reading-block.ts";
import { type Position, positionLimit } from "#core/units/position.ts";
import { priceClass } from "#core/units/price-class.ts";
import { eventSpecimens } from "../golden/specimen.ts";
import { testSigner } from "../simulator/test-signer.ts";

const number = fc.oneof(
  fc.bigInt({ min: 0n, max: 300n }),
  fc.bigInt({ min: 0n, max: positionLimit }),
  fc.constantFrom(
    0n,
    255n,
    256n,
    0xffff_ffffn,
    1n << 32n,
    (1n << 63n) - 1n,
    1n << 63n,
    positionLimit,
  ),
) as fc.Arbitrary<Position>;

const key = { neighbour: fc.nat(3), class: fc.integer({ min: 1, max: 7 }).map(priceClass) };

const reading: fc.Arbitrary<ReadingEvent> = fc.oneof(
  fc.record({ type: fc.constant("BytesRead" as const), ...key, read: number, raw: number }),
  fc.record({ type: fc.constant("SentRead" as const), ...key, sent: number, raw: number }),
  fc.record({
    type: fc.constant("BytesReserved" as const),
    ...key,
    reserved: number,
    sent: number,
    raw: number,
  }),
);

const added = [0, 1, 2].map((neighbour): LedgerEvent => {
  return { type: "NeighbourAdded", neighbour, id: testSigner(2 + neighbour).id, classes: 7 };
});

const anything = fc.oneof(
  { weight: 8, arbitrary: fc.array(reading, { minLength: 1, maxLength: 30 }) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(...Object.values(eventSpecimens))
      .chain((event) =>
        fc
          .nat(3)
          .map((neighbour) => [
            "neighbour" in event ? ({ ...event, neighbour } as LedgerEvent) : event,
          ]),
      ),
  },
);

test("T9: the quick fold of any commits is the fold of their events, at every moment", () => {
  fc.assert(
    fc.property(fc.array(anything, { maxLength: 20 }), (commits) => {
      const fold = ledgerFold();
      let ledger = emptyLedger;
      let count = 0;
      for (const events of [added, ...commits]) {
        for (const bytes of encodeCommits(events)) fold.add(bytes);
        ledger = events.reduce(evolve, ledger);
        count += events.length;
        if (count % 3 === 0) expect(fold.ledger()).toEqual(ledger);
      }
      expect(fold.ledger()).toEqual(ledger);
      expect(fold.events()).toBe(count);
    }),
    { numRuns: 300 },
  );
});

test("readings are read as they were written, whatever their numbers", () => {
  fc.assert(
    fc.property(fc.array(reading, { minLength: 2, maxLength: 60 }), (events) => {
      expect(decodeCommit(encodeCommit(events))).toEqual(events);
    }),
    { numRuns: 300 },
  );
});

test("a commit written before there were blocks is read, and is folded alike", () => {
  fc.assert(
    fc.property(fc.array(reading, { minLength: 2, maxLength: 60 }), (events) => {
      const old = plainBytes(events);
      expect(decodeCommit(old)).toEqual(events);
      const fold = ledgerFold(added.reduce(evolve, emptyLedger));
      fold.add(old);
      expect(fold.ledger()).toEqual([...added, ...events].reduce(evolve, emptyLedger));
    }),
    { numRuns: 100 },
  );
});

test("the quick fold refuses what the strict reader refuses, and counts what it counts", () => {
  const block = fc.array(reading, { minLength: 1, maxLength: 12 }).map(encodeReadings);
  const spoilt = fc
    .tuple(block, fc.nat(), fc.integer({ min: 1, max: 255 }), fc.boolean())
    .map(([bytes, at, mask, cut]) => {
      const place = at % bytes.length;
      if (cut) return bytes.slice(0, place);
      const other = bytes.slice();
      other[place] = (other[place] as number) ^ mask;
      return other;
    });
  fc.assert(
    fc.property(fc.oneof(spoilt, block), (bytes) => {
      if (bytes.length === 0) return;
      const commit = canonical([commitFormats.compact, [bytes]]);
      const fold = ledgerFold(added.reduce(evolve, emptyLedger));
      const strict = attempt(() => decodeCommit(commit));
      const quick = attempt(() => {
        fold.add(commit);
        return true;
      });
      expect(quick === undefined).toBe(strict === undefined);
      if (strict === undefined) return;
      expect(fold.events()).toBe(strict.length);
      expect(fold.ledger()).toEqual([...added, ...strict].reduce(evolve, emptyLedger));
    }),
    { numRuns: 2000 },
  );
});

test("a run of readings has one form: a block of one, two blocks in a row, or none are refused", () => {
  const one: ReadingEvent = {
    type: "BytesRead",
    neighbour: 1,
    class: priceClass(1),
    read: 5n as Position,
    raw: 5n,
  };
  const pair = encodeReadings([one, one]);
  const refused = (...fields: readonly Uint8Array[]) =>
    attempt(() => decodeCommit(canonical([commitFormats.compact, fields]))) === undefined;
  expect(refused(pair)).toBe(false);
  expect(refused(pair, pair)).toBe(true);
  expect(refused(encodeReadings([one]))).toBe(true);
  expect(refused(new Uint8Array(0))).toBe(true);
  expect(refused(pair.subarray(0, pair.length - 1))).toBe(true);
  expect(attempt(() => decodeCommit(canonical([commitFormats.plain, [pair]])))).toBeUndefined();
  expect(attempt(() => decodeCommit(canonical([3, [pair]])))).toBeUndefined();
});

test("a block takes at most half of the bytes, and has its limits", () => {
  const readings = Array.from({ length: 100 }, (_, i): ReadingEvent => {
    const read = (10n ** 12n + BigInt(i) * 999_999_937n) as Position;
    return { type: "BytesRead", neighbour: i, class: priceClass(1), read, raw: read };
  });
  expect(encodeCommit(readings).length).toBeLessThan(plainBytes(readings).length / 2);
  const small = { ...(readings[0] as ReadingEvent), read: 1n as Position, raw: 1n };
  const many = Array.from({ length: commitEventLimit }, () => small as ReadingEvent);
  expect(decodeCommit(encodeCommit(many)).length).toBe(commitEventLimit);
  const more = canonical([commitFormats.compact, [encodeReadings([...many, small as never])]]);
  expect(more.length).toBeLessThan(commitLimit);
  expect(attempt(() => decodeCommit(more))).toBeUndefined();
  expect(() => ledgerFold().add(more)).toThrow(Malformed);
});

function attempt<A>(what: () => A): A | undefined {
  try {
    return what();
  } catch (error) {
    if (error instanceof Malformed || error instanceof RangeError) return undefined;
    throw error;
  }
}
