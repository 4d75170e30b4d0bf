import fc from "fast-check";
import { expect, test } from "vitest";
import {
  leakAllowance,
  leakCost,
  leakLimit,
  leakRoom,
  type OwnStanding,
  ownStanding,
} from "#core/enforcement/free-tier.ts";
import { shareUnit } from "#core/enforcement/junk.ts";
import { runs } from "./law-runs.ts";

const terms = fc.record({
  bytes: fc.bigInt({ min: 0n, max: 10n ** 6n }),
  share: fc.bigInt({ min: 0n, max: shareUnit }),
});

test("a forwarder gives away no more than it said once, and its share of what was paid, in whatever order bytes and payments come", () => {
  let given = 0n;
  fc.assert(
    fc.property(
      terms,
      fc.array(
        fc.record({
          paid: fc.bigInt({ min: 0n, max: 10n ** 7n }),
          wanted: fc.bigInt({ min: 0n, max: 10n ** 7n }),
        }),
        { maxLength: 40 },
      ),
      (limits, steps) => {
        let [paid, leaked] = [0n, 0n];
        for (const step of steps) {
          paid += step.paid;
          const room = leakRoom(limits, paid, leaked);
          leaked += step.wanted < room ? step.wanted : room;
          expect(leaked).toBeLessThanOrEqual(leakAllowance(limits, paid));
          expect(leaked * 7n).toBeLessThanOrEqual(leakCost(limits, paid, 7n));
        }
        given += leaked;
      },
    ),
    { numRuns: runs(200) },
  );
  expect(given).toBeGreaterThan(0n);
});

test("with a fee above the share of the upstream price, what is given away is paid for but for what was said once", () => {
  fc.assert(
    fc.property(
      terms,
      fc.bigInt({ min: 1n, max: 10n ** 12n }),
      fc.bigInt({ min: 0n, max: 10n ** 12n }),
      (limits, upstream, paid) => {
        const fee = (upstream * limits.share + shareUnit - 1n) / shareUnit;
        const loss = leakCost(limits, paid, upstream) - fee * paid;
        expect(loss).toBeLessThanOrEqual(limits.bytes * upstream);
      },
    ),
    { numRuns: runs(200) },
  );
});

test("what is allowed never falls, never passes what quotas count exactly, and what was given beyond it leaves no room", () => {
  const limits = { bytes: 5n, share: shareUnit };
  expect(leakAllowance(limits, 1n << 64n)).toBe(leakLimit);
  expect(leakRoom(limits, 10n, 15n)).toBe(0n);
  expect(leakRoom(limits, 10n, 16n)).toBe(0n);
  fc.assert(
    fc.property(terms, fc.bigInt({ min: 0n }), fc.bigInt({ min: 0n }), (one, paid, more) => {
      expect(leakAllowance(one, paid + more)).toBeGreaterThanOrEqual(leakAllowance(one, paid));
    }),
  );
});

test("our own users are throttled below the limit, open again at twice as much, and never flutter in between", () => {
  const along = (balances: readonly bigint[]) => {
    let standing: OwnStanding = "open";
    return balances.map((balance) => {
      standing = ownStanding(standing, balance, 100n);
      return standing === "open" ? "o" : "t";
    });
  };
  expect(along([100n, 99n, 100n, 199n, 200n, 100n, 0n, 150n]).join("")).toBe("otttoott");
  expect(ownStanding("open", 0n, 0n)).toBe("open");
  expect(ownStanding("throttled", 0n, 0n)).toBe("open");
});
