import fc from "fast-check";
import { expect, test } from "vitest";
import { integers } from "#core/rules/algebra.ts";
import { isThrottled } from "#core/rules/payee-rules.ts";
import type { Position } from "#core/units/position.ts";
import { flood } from "../simulator/kernel.ts";
import { drain, feed, lineWorld, nodeAt, read, smallTerms } from "../simulator/line-world.ts";
import { wayAt } from "../simulator/world.ts";
import { runs } from "./law-runs.ts";

/**
 * An exit, node 0, sends bytes to a client, node 1, of whom it hears nothing any more: because all
 * was lost on the way, or because the client got everything and keeps silent.
 */
function story(bytes: readonly number[], lostPerMille: bigint) {
  const world = lineWorld({
    terms: smallTerms,
    deposit: 1_000_000n,
    grainsPerUnit: 1n,
    prices: [2n, 3n],
  });
  drain(world, 2);
  for (const size of bytes) {
    flood(world, 0, 0, BigInt(size), lostPerMille);
    read(world, 0);
    feed(world, 0, { type: "Poke" });
    world.air.length = 0;
  }
  const { ledger, live } = nodeAt(world, 0).node;
  return { exit: { ledger, live }, arrived: wayAt(world, 0, 0).rawReceived };
}

const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 30 });

test("T21: whoever sends knows the very same, to the last bit, where everything was lost and where a receiver took it all in silence", () => {
  fc.assert(
    fc.property(sizes, (list) => {
      const [honest, cheat] = [story(list, 1000n), story(list, 0n)];
      expect(honest.exit).toEqual(cheat.exit);
      expect(honest.arrived).toBe(0n);
      expect(cheat.arrived).toBe(list.reduce((sum, size) => sum + BigInt(size), 0n));
    }),
    { numRuns: runs(40) },
  );
});

/** An exit sends until the shipped rule, with the receiver as payer, throttles it. */
function sentOnCredit(limit: bigint, received: (sent: bigint) => bigint, pays: boolean): bigint {
  for (let sent = 1n; sent <= 1000n; sent += 1n) {
    const credited = pays ? received(sent) : 0n;
    const exit = { read: sent as Position, granted: sent, credited };
    if (isThrottled(integers, (at) => at, exit, limit)) return sent - 1n;
  }
  return 1000n;
}

test("T21: what the rule spares an honest receiver that loses everything is exactly what it gives a cheat", () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 900n), (limit) => {
      const spared = sentOnCredit(limit, () => 0n, true);
      const taken = sentOnCredit(limit, (sent) => sent, false);
      expect([spared, taken]).toEqual([limit, limit]);
      // Where nothing is lost and the receiver pays, nobody is throttled: it is loss that decides.
      expect(sentOnCredit(limit, (sent) => sent, true)).toBe(1000n);
    }),
    { numRuns: runs(100) },
  );
});
