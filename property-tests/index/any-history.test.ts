import * as Effect from "effect/Effect";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { HistoryRow } from "#adapters/index/history-row.ts";
import { memoryPlace } from "#adapters/index/memory-index.ts";
import { allRows, type Index, withIndex } from "./opened-index.ts";
import { historyOf, tradedHistory } from "./traded-history.ts";

const everything = (index: Index) =>
  Effect.all([allRows(index, { neighbour: 0 }), allRows(index, { neighbour: 1 })]);

const usage = (rows: readonly HistoryRow[], direction: string, paidClass: number) =>
  rows.flatMap((row) =>
    row.kind === "usage" && row.direction === direction && row.class === paidClass ? [row] : [],
  );

test("however notes lie and runs end, rows are the same, follow each other and end at the ledger", async () => {
  const run = fc.record({ commits: fc.integer({ min: 0, max: 60 }), killed: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 200 }),
      fc.array(run, { maxLength: 6 }),
      async (seed, every, runs) => {
        const { noted, ledger } = historyOf(tradedHistory(seed).events, every);
        const once = await withIndex(memoryPlace(), (index) =>
          Effect.andThen(index.take(noted), everything(index)),
        );
        const place = memoryPlace();
        let at = 0;
        for (const { commits, killed } of runs) {
          const part = noted.slice(at, at + commits);
          // A killed run wrote nothing: its commits come again.
          if (killed) await withIndex(forgetful(place), (index) => index.take(part));
          else {
            await withIndex(place, (index) => index.take(part));
            at += part.length;
          }
        }
        const again = await withIndex(place, (index) =>
          Effect.andThen(index.take(noted.slice(at)), everything(index)),
        );
        expect(again).toEqual(once);
        for (const [number, rows] of once.entries()) {
          const accounts = [
            ...(ledger.neighbours[number]?.outbound ?? []).map(
              ({ sent, signed }, i) => [usage(rows, "we pay", i + 1), sent, signed] as const,
            ),
            ...(ledger.neighbours[number]?.inbound ?? []).map(
              ({ read, credited }, i) =>
                [usage(rows, "we are paid", i + 1), read, credited] as const,
            ),
          ];
          for (const [own, position, settled] of accounts) {
            let before = { toPosition: 0n, toSettled: 0n };
            for (const row of own) {
              expect([row.fromPosition, row.fromSettled]).toEqual([
                before.toPosition,
                before.toSettled,
              ]);
              before = row;
            }
            expect([before.toPosition, before.toSettled]).toEqual([position, settled]);
          }
        }
      },
    ),
    { numRuns: 40 },
  );
});

/** A place of which everything that is written is lost. */
function forgetful(place: ReturnType<typeof memoryPlace>) {
  return {
    ...place,
    open: async () => ({ ...(await place.open()), change: async () => undefined }),
  };
}
