import * as Effect from "effect/Effect";
import { describe, expect, test } from "vitest";
import { pageLimit } from "#adapters/index/history-index.ts";
import type { HistoryRow } from "#adapters/index/history-row.ts";
import { stateKey, tags } from "#adapters/index/row-form.ts";
import type { StorePlace } from "#adapters/index/store.ts";
import { allRows, entriesOf, type Index, tampered, withIndex } from "../index/opened-index.ts";
import { restatedHistory, tradedHistory } from "../index/traded-history.ts";

const everything = (index: Index) =>
  Effect.all([allRows(index, { neighbour: 0 }), allRows(index, { neighbour: 1 })]);

type Make = () => StorePlace;

const traded = tradedHistory();

async function filled(make: Make): Promise<StorePlace> {
  const place = make();
  await withIndex(place, (index) => index.take(traded.noted));
  return place;
}

/** What every index does. @param make each call gives a place with nothing in it. */
export function indexContract(name: string, make: Make): void {
  describe(`index contract: ${name}`, () => {
    answers(make);
    continues(make);
    damages(make);
    lostBatches(make);
    remakes(make);
  });
}

/** What is asked is answered whole. */
function answers(make: Make): void {
  test("usage and payments add up to the ledger, account by account, to the byte and grain", () =>
    withIndex(make(), (index) =>
      Effect.gen(function* () {
        yield* index.take(traded.noted);
        for (const [number, neighbour] of traded.ledger.neighbours.entries()) {
          const rows = yield* allRows(index, { neighbour: number });
          for (const [i, { sent, signed }] of neighbour.outbound.entries()) {
            expect(sums(rows, "we pay", i + 1)).toEqual({
              bytes: sent,
              used: signed,
              paid: signed,
            });
          }
          for (const [i, { read, credited }] of neighbour.inbound.entries()) {
            const paid = { bytes: read, used: credited, paid: credited };
            expect(sums(rows, "we are paid", i + 1)).toEqual(paid);
          }
        }
      }),
    ));

  test("pages of any size give the same rows, and none is longer than a page may be", () =>
    withIndex(make(), (index) =>
      Effect.gen(function* () {
        yield* index.take(traded.noted);
        const whole = yield* allRows(index, { neighbour: 1 });
        expect(whole.length).toBeGreaterThan(70);
        for (const limit of [1, 7, 70]) {
          expect((yield* index.query({ neighbour: 1, limit })).rows).toHaveLength(limit);
          expect(yield* allRows(index, { neighbour: 1, limit })).toEqual(whole);
        }
        expect((yield* index.query({ neighbour: 1, limit: 1e9 })).rows.length).toBeLessThanOrEqual(
          pageLimit,
        );
        expect((yield* index.query({ neighbour: 9 })).rows).toEqual([]);
      }),
    ));

  test("times and kinds choose rows, and what they leave out and choose is everything", () =>
    withIndex(make(), (index) =>
      Effect.gen(function* () {
        yield* index.take(traded.noted);
        const whole = yield* allRows(index, { neighbour: 0 });
        const [from, to] = [traded.notes[0]?.seconds ?? 0, traded.notes[4]?.seconds ?? 0];
        const chosen = yield* allRows(index, { neighbour: 0, from, to, kinds: ["payment"] });
        const expected = whole.filter(
          ({ kind, seconds }) => kind === "payment" && seconds >= from && seconds < to,
        );
        expect(chosen.length).toBeGreaterThan(0);
        expect(chosen).toEqual(expected);
        const parts = yield* Effect.all([
          allRows(index, { neighbour: 0, kinds: ["usage", "lease"] }),
          allRows(index, { neighbour: 0, kinds: ["payment", "notice"] }),
        ]);
        expect(parts.flat().length).toBe(whole.length);
        expect((yield* index.query({ neighbour: 0, from: to, to: from })).rows).toEqual([]);
        for (const beyond of [2 ** 42, 1e15, Number.MAX_SAFE_INTEGER]) {
          expect((yield* index.query({ neighbour: 0, from: beyond })).rows).toEqual([]);
          expect(yield* allRows(index, { neighbour: 0, to: beyond })).toEqual(whole);
        }
        expect((yield* index.query({ neighbour: 0, limit: 0 })).rows).toHaveLength(1);
      }),
    ));
}

/** One commit after the other. */
function continues(make: Make): void {
  test("opened again, however often and in whatever pieces, it goes on as if it had not been closed", async () => {
    const [place, other] = [await filled(make), make()];
    for (let at = 0; at < traded.noted.length; at += 17) {
      const overlapping = traded.noted.slice(Math.max(0, at - 5), at + 17);
      await withIndex(other, (index) => index.take(overlapping));
    }
    expect(await tampered(other, entriesOf)).toEqual(await tampered(place, entriesOf));
  });

  test("commits of another journal are refused, and so is a commit that nobody can read", async () => {
    const place = await filled(make);
    const last = BigInt(traded.noted.length);
    const foreign = traded.noted.slice(0, 1).map((one) => ({ ...one, sequence: last + 1n }));
    const another = tradedHistory(2)
      .noted.slice(0, 1)
      .map((one) => {
        const payload = Uint8Array.from(one.payload);
        payload[payload.length - 1] = (payload.at(-1) ?? 0) ^ 1;
        return { ...one, payload, sequence: last + 1n };
      });
    const refused = (commits: typeof foreign) =>
      withIndex(place, (index) => Effect.flip(index.take(commits)));
    expect(await refused(another)).toMatchObject({ problem: "foreign" });
    const garbage = [{ sequence: last + 1n, seconds: 0, payload: new Uint8Array(5) }];
    expect(await refused(garbage)).toMatchObject({ problem: "unusable" });
    expect((await withIndex(place, (index) => index.place)).sequence).toBe(last);
  });
}

/** What is bad is never an answer. */
function damages(make: Make): void {
  test("a flipped bit in any byte of any value is noticed, and never answered", async () => {
    const place = await filled(make);
    const all = await tampered(place, entriesOf);
    const rows = all.filter(([key]) => key[0] === tags.row);
    expect(rows.length).toBeGreaterThan(100);
    const probes = [rows[3], rows.at(-1), all.find(([one]) => one[0] === tags.state)];
    for (const [key, value] of probes.filter((one) => one !== undefined)) {
      const every = key[0] === tags.state ? 7 : 1;
      for (let i = 0; i < value.length; i += every) {
        const bad = Uint8Array.from(value);
        bad[i] = (bad[i] ?? 0) ^ (1 << (i % 8));
        await tampered(place, (store) => store.change([{ key, value: bad }]));
        const error = await withIndex(place, (index) => Effect.flip(everything(index)));
        expect(error).toMatchObject({ problem: "damaged" });
        await tampered(place, (store) => store.change([{ key, value }]));
      }
    }
    const again = (await withIndex(place, everything)).flat();
    expect(again.length).toBeGreaterThanOrEqual(rows.length); // and usage of the open hour
  });

  test("a value that is lost, or lies under another's key, is noticed by any query that reaches it", async () => {
    const place = await filled(make);
    const rows = (await tampered(place, entriesOf)).filter(([key]) => key[0] === tags.row);
    for (const [i, [key, value]] of rows.entries()) {
      if (i % 7 !== 0 && i !== rows.length - 1) continue;
      const swapped = rows[(i + 1) % rows.length]?.[1];
      for (const instead of [undefined, swapped]) {
        await tampered(place, (store) => store.change([{ key, value: instead }]));
        const error = await withIndex(place, (index) => Effect.flip(everything(index)));
        expect(error).toMatchObject({ problem: "damaged" });
        const [neighbour, ordinal] = [key[2] ?? 0, key[11] ?? 0];
        if (ordinal > 250 || i === rows.length - 1) continue;
        // The first page that reaches beyond it, and is not the last.
        const page = { neighbour, limit: ordinal + 1 };
        const paged = await withIndex(place, (index) => Effect.result(index.query(page)));
        expect(paged._tag).toBe("Failure");
      }
      await tampered(place, (store) => store.change([{ key, value }]));
    }
  });
}

/** What the store lost in silence is missed. */
function lostBatches(make: Make): void {
  test("whichever batch the store forgets in silence, answers are whole, or refused until remade", async () => {
    const expected = await withIndex(await filled(make), everything);
    const parts = Array.from({ length: 12 }, (_, i) => traded.noted.slice(i * 14, (i + 1) * 14));
    expect(parts.flat()).toHaveLength(traded.noted.length);
    let refused = 0;
    for (let lost = 0; lost < parts.length; lost += 1) {
      const place = make();
      const outcome = await withIndex(forgetting(place, lost), (index) =>
        Effect.gen(function* () {
          for (const part of parts) {
            yield* index.take(part);
            yield* index.flush;
          }
        }),
      ).then(() =>
        withIndex(place, (index) =>
          Effect.gen(function* () {
            yield* index.take(traded.noted); // what the state does not know is counted again
            return yield* Effect.result(everything(index));
          }),
        ),
      );
      if (outcome._tag === "Success") expect(outcome.success).toEqual(expected);
      else {
        expect(outcome.failure).toMatchObject({ problem: "damaged" });
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(6);
  });
}

/** A place whose store acknowledges its nth batch and loses it. */
function forgetting(place: StorePlace, lost: number): StorePlace {
  let batch = -1;
  return {
    ...place,
    open: async () => {
      const store = await place.open();
      return {
        ...store,
        change: async (changes) => {
          batch += 1;
          if (batch !== lost) await store.change(changes);
        },
      };
    },
  };
}

/** It can be made again. */
function remakes(make: Make): void {
  test("without its state, or with a bad one, it is not believed; made anew it answers as before", async () => {
    const place = await filled(make);
    const before = await withIndex(place, everything);
    for (const value of [undefined, new Uint8Array(9), new Uint8Array(2)]) {
      await tampered(place, (store) => store.change([{ key: stateKey, value }]));
      const error = await withIndex(place, (index) => Effect.flip(everything(index)));
      expect(error).toMatchObject({ problem: "damaged" });
    }
    const again = await withIndex(place, (index) =>
      Effect.gen(function* () {
        yield* index.reset();
        expect(yield* everything(index)).toEqual([[], []]);
        yield* index.take(traded.noted);
        return yield* everything(index);
      }),
    );
    expect(again).toEqual(before);
  });

  test("what a restated journal gave up stays when the index is made anew, but for what is bad", async () => {
    const { noted, restated } = restatedHistory();
    const place = make();
    await withIndex(place, (index) => index.take(noted));
    const before = await withIndex(place, everything);
    const rows = (await tampered(place, entriesOf)).filter(([key]) => key[0] === tags.row);
    const remake = (index: Index) =>
      Effect.gen(function* () {
        const report = yield* index.reset(restated);
        yield* index.take(noted.slice(Number(restated) - 1));
        return { report, rows: yield* everything(index) };
      });
    const first = await withIndex(place, remake);
    expect(first.rows).toEqual(before);
    expect(first.report.lost).toBe(0);
    expect(first.report.kept).toBeGreaterThan(20);
    await tampered(place, (store) =>
      store.change([{ key: rows[5]?.[0] as Uint8Array, value: undefined }]),
    );
    // An index that never came to the restatement: what it knew of the open hour stays too.
    const early = make();
    await withIndex(early, (index) => index.take(noted.slice(0, Number(restated) - 1)));
    expect((await withIndex(early, remake)).rows).toEqual(before);
    const second = await withIndex(place, remake);
    expect(second.report).toEqual({ kept: first.report.kept - 1, lost: 1 });
    expect(second.rows[0]).toEqual(before[0].toSpliced(5, 1));
    expect(second.rows[1]).toEqual(before[1]);
  });
}

/** What the rows of one account add up to. */
function sums(rows: readonly HistoryRow[], direction: string, paidClass: number) {
  const total = { bytes: 0n, used: 0n, paid: 0n };
  for (const row of rows) {
    if (row.direction !== direction || row.class !== paidClass) continue;
    if (row.kind === "payment") total.paid += row.amount;
    if (row.kind !== "usage") continue;
    total.bytes += row.toPosition - row.fromPosition;
    total.used += row.toSettled - row.fromSettled;
  }
  return total;
}
