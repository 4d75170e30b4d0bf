import * as Effect from "effect/Effect";
import { describe, expect, test } from "vitest";
import { leastLimit, rowCost } from "#adapters/index/index-limits.ts";
import { lookLimit } from "#adapters/index/row-page.ts";
import type { StorePlace } from "#adapters/index/store.ts";
import { encodeCommit } from "#core/journal/commit.ts";
import { price } from "#core/units/price.ts";
import { priceClass } from "#core/units/price-class.ts";
import { allRows, withIndex } from "../index/opened-index.ts";
import { tradedHistory } from "../index/traded-history.ts";

type Make = () => StorePlace;

const traded = tradedHistory();

/** What every index forgets, and what it never does. @param make gives a place with nothing in it. */
export function indexLimitsContract(name: string, make: Make): void {
  describe(`index limits contract: ${name}`, () => {
    hoursGo(make);
    daysGo(make);
    rowsGo(make);
    longLooks(make);
  });
}

/** It stays below its limit. */
function hoursGo(make: Make): void {
  test("beyond its limit the oldest hours go, and the rest is whole", () =>
    withIndex(make(), (index) =>
      Effect.gen(function* () {
        const rowLimit = Number(leastLimit / rowCost);
        const { noted } = tradedHistory();
        yield* index.take(noted);
        let sequence = BigInt(noted.length);
        const last = noted.at(-1)?.seconds ?? 0;
        const priced = priceCommits();
        for (let hour = 1; sequence < 3n * BigInt(rowLimit); hour += 1) {
          const more = Array.from({ length: 500 }, (_, i) => {
            sequence += 1n;
            const payload = priced[i % priced.length] as Uint8Array;
            return { sequence, payload, seconds: last + hour * 3600 };
          });
          yield* index.take(more);
        }
        yield* index.flush;
        const { rows, rowLimit: told } = yield* index.stat;
        expect(told).toBe(rowLimit);
        expect(rows).toBeLessThanOrEqual(rowLimit);
        expect(rows).toBeGreaterThan(rowLimit / 2);
        const kept = yield* allRows(index, { neighbour: 0 });
        const other = yield* allRows(index, { neighbour: 1 });
        expect(kept.length + other.length).toBe(rows);
        expect(kept.at(-1)?.sequence).toBe(sequence);
        expect(kept[0]?.seconds).toBeGreaterThan(last);
      }),
    ));
}

/** What is older than asked for goes, by whole days. */
function daysGo(make: Make): void {
  test("rows older than so many days go, undated ones with the first dated ones, and the rest is whole", () => {
    const { noted } = tradedHistory();
    const last = noted.at(-1)?.seconds ?? 0;
    const later = (days: number, at: number) =>
      priceCommits().map((payload, i) => ({
        sequence: BigInt(noted.length + at + i),
        payload,
        seconds: last + days * 86_400,
      }));
    return withIndex(
      make(),
      (index) =>
        Effect.gen(function* () {
          const look = Effect.fnUntraced(function* () {
            yield* index.flush;
            return [yield* index.stat, yield* allRows(index, { neighbour: 0 })] as const;
          });
          yield* index.take(noted);
          const [begun, all] = yield* look();
          yield* index.take(later(9, 1));
          const [, stayed] = yield* look();
          expect(stayed.slice(0, all.length - 2)).toEqual(all.slice(0, all.length - 2));
          expect(stayed[0]?.seconds).toBe(0);
          yield* index.take(later(12, 3));
          const [stat, left] = yield* look();
          expect(left.map(({ kind }) => kind)).toEqual(Array.from({ length: 4 }, () => "notice"));
          expect(left[0]?.seconds).toBe(last + 9 * 86_400);
          expect(stat.rows).toBeLessThan(begun.rows);
          expect(stat.from).toBe(Math.floor((last + 9 * 86_400) / 3600) * 3600);
        }),
      { days: 10 },
    );
  });
}

/** Whoever asks for little of much gets it in pages of which none takes long. */
function longLooks(make: Make): void {
  test("a page looks at so many rows and no more, and the pages after it find the rest", () =>
    withIndex(
      make(),
      (index) =>
        Effect.gen(function* () {
          yield* index.take(traded.noted);
          const payments = yield* allRows(index, { neighbour: 0, kinds: ["payment"] });
          const priced = priceCommits();
          const last = traded.noted.at(-1);
          const more = Array.from({ length: lookLimit + 5000 }, (_, i) => ({
            sequence: BigInt(traded.noted.length + i + 1),
            payload: priced[i % priced.length] as Uint8Array,
            seconds: last?.seconds ?? 0,
          }));
          yield* index.take(more);
          const first = yield* index.query({ neighbour: 0, kinds: ["payment"] });
          expect(first.rows).toEqual(payments);
          expect(first.next).toBeDefined();
          expect(yield* allRows(index, { neighbour: 0, kinds: ["payment"] })).toEqual(payments);
        }),
      { limit: 4n * leastLimit },
    ));
}

/** It stays below its limit without a clock. */
function rowsGo(make: Make): void {
  test("where no time is ever noted the oldest rows go all the same", () =>
    withIndex(make(), (index) =>
      Effect.gen(function* () {
        const rowLimit = Number(leastLimit / rowCost);
        yield* index.take(traded.commits.map((one) => ({ ...one, seconds: 0 })));
        const begun = traded.commits.length;
        const priced = priceCommits();
        const more = Array.from({ length: 2 * rowLimit }, (_, i) => ({
          sequence: BigInt(begun + i + 1),
          payload: priced[i % priced.length] as Uint8Array,
          seconds: 0,
        }));
        yield* index.take(more);
        yield* index.flush;
        expect((yield* index.stat).rows).toBeLessThanOrEqual(rowLimit);
        const left = yield* allRows(index, { neighbour: 0 });
        const last = left.findLast(({ kind }) => kind !== "usage");
        expect(last?.sequence).toBe(BigInt(begun + 2 * rowLimit));
      }),
    ));
}

/** Commits that each give one row: the price of the first neighbour's class, up and down. */
function priceCommits(): readonly Uint8Array[] {
  return [4n, 5n].map((grains) =>
    encodeCommit([{ type: "PriceSet", neighbour: 0, class: priceClass(1), price: price(grains) }]),
  );
}
