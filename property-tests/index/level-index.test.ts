import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { afterAll, expect, test } from "vitest";
import { leastLimit, rowCost } from "#adapters/index/index-limits.ts";
import { levelPlace } from "#adapters/index/level-index.ts";
import { encodeCommit } from "#core/journal/commit.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import { price } from "#core/units/price.ts";
import { priceClass } from "#core/units/price-class.ts";
import { indexContract } from "../contracts/index-contract.ts";
import { indexLimitsContract } from "../contracts/index-limits-contract.ts";
import { withIndex } from "./opened-index.ts";
import { tradedHistory } from "./traded-history.ts";

const home = mkdtempSync(join(tmpdir(), "meshtoll-index-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

let made = 0;

const make = () => {
  made += 1;
  return levelPlace(join(home, String(made)));
};

indexContract("LevelDB", make);
indexLimitsContract("LevelDB", make);

test("with all its files the store stays below the limit of the index, while rows come and go", async () => {
  const place = make();
  const { noted } = tradedHistory();
  let sequence = BigInt(noted.length);
  let seconds = noted.at(-1)?.seconds ?? 0;
  const sizes: number[] = [];
  await withIndex(place, (index) =>
    Effect.gen(function* () {
      yield* index.take(noted);
      for (let hour = 0; hour < 60; hour++) {
        seconds += 3600;
        const more = Array.from({ length: 500 }, () => {
          sequence += 1n;
          const grains = price(sequence * 7919n); // nothing that compresses well
          const event = { type: "PriceSet", neighbour: 0, class: priceClass(1), price: grains };
          return { sequence, seconds, payload: encodeCommit([event as LedgerEvent]) };
        });
        yield* index.take(more);
        yield* index.flush;
        sizes.push(sizeOf(place.place));
      }
      expect((yield* index.stat).rows).toBeGreaterThan(Number(leastLimit / rowCost) / 2);
    }),
  );
  expect(Math.max(...sizes)).toBeGreaterThan(100_000);
  expect(Math.max(...sizes)).toBeLessThan(Number(leastLimit));
});

function sizeOf(directory: string): number {
  return readdirSync(directory).reduce(
    (all, name) => all + (statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}
