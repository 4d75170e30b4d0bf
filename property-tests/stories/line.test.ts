import { expect, test } from "vitest";
import {
  books,
  deliver,
  drain,
  feed,
  lineWorld,
  read,
  smallTerms,
  traffic,
} from "../simulator/line-world.ts";

test("given two neighbours, when bytes are sent over a lossy wire, then both books agree to the grain", () => {
  const world = lineWorld({
    terms: smallTerms,
    deposit: 1000000n,
    grainsPerUnit: 1n,
    prices: [1n, 3n],
  });
  drain(world);
  for (let i = 0; i < 200; i++) {
    traffic(world, 0, 0, 5n, 100n);
    for (const n of [0, 1]) {
      read(world, n);
      if (i % 7 === 0) feed(world, n, { type: "Poke" });
    }
    while (world.air.length > 0) deliver(world, 0, false);
  }
  drain(world);
  const b = books(world, 0, 0);
  expect(b.way.sent).toBeGreaterThan(500n);
  expect(b.v).toBe(b.payerF(b.way.tx));
  expect(b.w).toBe(b.v);
});
