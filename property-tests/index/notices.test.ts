import * as Effect from "effect/Effect";
import { expect, test } from "vitest";
import { memoryPlace } from "#adapters/index/memory-index.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import { journalId } from "#core/units/journal-id.ts";
import { tokenUnitsLimit } from "#core/units/money.ts";
import { dealingEvents } from "../golden/dealing-specimen.ts";
import { testSigner } from "../simulator/test-signer.ts";
import { allRows, withIndex } from "./opened-index.ts";
import { historyOf } from "./traded-history.ts";

/** A node with four neighbours, of which the last one deals. */
const begun: readonly LedgerEvent[] = [
  { type: "NodeOpened", node: testSigner(9).id, journal: journalId(7) },
  ...[1, 2, 3, 4].map(
    (key, neighbour): LedgerEvent => ({
      type: "NeighbourAdded",
      neighbour,
      id: testSigner(key).id,
      classes: 1,
    }),
  ),
];

test("every agreement about a channel is a notice of its own, with the largest amounts there are", async () => {
  const agreed = Object.values(dealingEvents).filter(({ type }) => type !== "ChannelSeen");
  const { noted } = historyOf([...begun, ...agreed]);
  const rows = await withIndex(memoryPlace(), (index) =>
    Effect.andThen(index.take(noted), allRows(index, { neighbour: 3, kinds: ["notice"] })),
  );
  const told = rows.flatMap((row) => (row.kind === "notice" ? [[row.notice, row.value]] : []));
  expect(told).toEqual([
    ["neighbour added", 1n],
    ["withdrawal asked for", 5_000_000n],
    ["withdrawal permitted", tokenUnitsLimit],
    ["our permit shown to us", 4_000_000n],
    ["withdrawal permitted to us", 4_000_000n],
    ["channel to be closed together", 0n],
    ["final totals signed", 51n],
    ["final totals signed by the neighbour", 0n],
  ]);
});
