import fc from "fast-check";
import { expect, test } from "vitest";
import { emptyLedger, evolve, type Ledger } from "#core/journal/ledger.ts";
import { encodeLedger } from "#core/journal/ledger-form.ts";
import { decodeLedger } from "#core/journal/ledger-reader.ts";
import { eventSpecimens } from "../golden/specimen.ts";
import { lineWorld, loseDisk, smallTerms } from "../simulator/line-world.ts";
import { ops, run } from "../simulator/op.ts";

const worldOf = () =>
  lineWorld({
    terms: smallTerms,
    deposit: 300n,
    grainsPerUnit: 7n,
    prices: [2n, { fee: 2n }, 3n],
    classes: 2,
  });

test("any ledger that comes of any life is written and read back whole, and equal ledgers are equal bytes", () => {
  fc.assert(
    fc.property(ops(3, 150, true, 2), fc.boolean(), (list, loses) => {
      const world = worldOf();
      for (const op of list) run(world, op);
      if (loses) loseDisk(world, 1);
      for (const { ledger, journal } of world.nodes) {
        const bytes = encodeLedger(ledger);
        expect(decodeLedger(bytes)).toEqual(ledger);
        expect(encodeLedger(journal.reduce(evolve, emptyLedger))).toEqual(bytes);
      }
    }),
    { numRuns: 40 },
  );
});

/** Every kind of event, on a neighbour that was added before. */
function everything(): Ledger {
  const { NodeOpened, ...rest } = eventSpecimens;
  const added = { type: "NeighbourAdded", classes: 7 } as const;
  let ledger = NodeOpened === undefined ? emptyLedger : evolve(emptyLedger, NodeOpened);
  for (let neighbour = 0; neighbour < 4; neighbour++) {
    const id = `02${String(neighbour).padStart(64, "1")}`;
    ledger = evolve(ledger, { ...added, neighbour, id: id as never });
  }
  const others = Object.values(rest).filter(({ type }) => type !== "NeighbourAdded");
  return others.reduce(evolve, ledger);
}

test("a ledger in which every kind of event happened is read back whole", () => {
  const ledger = everything();
  expect(ledger.neighbours[3]?.broken).toBeDefined();
  expect(decodeLedger(encodeLedger(ledger))).toEqual(ledger);
  expect(decodeLedger(encodeLedger(emptyLedger))).toEqual(emptyLedger);
});

test("no truncation and no flipped bit of a ledger is read as another form of the same ledger", () => {
  const ledger = everything();
  const bytes = encodeLedger(ledger);
  for (let length = 0; length < bytes.length; length++) {
    expect(() => decodeLedger(bytes.subarray(0, length))).toThrow();
  }
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = bytes.slice();
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    let found: Ledger;
    try {
      found = decodeLedger(changed);
    } catch {
      continue;
    }
    expect(found).not.toEqual(ledger);
    expect(encodeLedger(found)).toEqual(changed);
  }
});

test("a ledger of another format is refused by its number", () => {
  const bytes = encodeLedger(emptyLedger);
  const later = bytes.slice();
  later[1] = 2;
  expect(() => decodeLedger(later)).toThrow("a ledger of format 2, known is 1");
});
