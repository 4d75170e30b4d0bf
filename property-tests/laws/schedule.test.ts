import fc from "fast-check";
import { expect, test } from "vitest";
import { leaseDigest } from "#core/schedule/lease.ts";
import {
  append,
  beginAt,
  dearest,
  due,
  dueBeyond,
  foldBefore,
  lastPrice,
  misfit,
  nextPrice,
  reach,
  type Schedule,
} from "#core/schedule/schedule.ts";
import type { Money } from "#core/units/money.ts";
import type { Position } from "#core/units/position.ts";
import { type Price, price } from "#core/units/price.ts";
import { priceClass } from "#core/units/price-class.ts";
import { dearestSize, leaseSizes, leasesOf, naiveDue, scheduleOf } from "../simulator/schedules.ts";
import { modelledSigner } from "../simulator/test-signer.ts";
import { runs } from "./law-runs.ts";

/** Every position up to a little beyond the end. */
function positions(schedule: Schedule): readonly Position[] {
  return Array.from({ length: Number(schedule.end) + 4 }, (_, at) => BigInt(at) as Position);
}

test("T2: F evaluated in O(log n) is the sum of the prices of all positions before", () => {
  fc.assert(
    fc.property(leaseSizes, (sizes) => {
      const leases = leasesOf(sizes);
      const schedule = scheduleOf(leases);
      for (const at of positions(schedule)) expect(due(schedule, at)).toBe(naiveDue(leases, at));
    }),
    { numRuns: runs(60) },
  );
});

test("T2: F is monotone, and grows by at most the price cap a byte", () => {
  fc.assert(
    fc.property(leaseSizes, (sizes) => {
      const schedule = scheduleOf(leasesOf(sizes));
      let before = due(schedule, 0n as Position);
      expect(before).toBe(0n);
      for (const at of positions(schedule).slice(1)) {
        const now = due(schedule, at);
        expect(now >= before && now - before <= dearestSize).toBe(true);
        before = now;
      }
    }),
  );
});

test("T2: a schedule of fewer leases is a prefix: appending changes F of no earlier position", () => {
  fc.assert(
    fc.property(leaseSizes, fc.nat(40), (sizes, cut) => {
      const leases = leasesOf(sizes);
      const prefix = scheduleOf(leases.slice(0, cut));
      const whole = scheduleOf(leases);
      for (let at = 0n; at <= prefix.end; at += 1n) {
        expect(due(whole, at as Position)).toBe(due(prefix, at as Position));
      }
    }),
  );
});

test("T2: folding before a position changes F nowhere from there on, and says F(start) before", () => {
  fc.assert(
    fc.property(leaseSizes, fc.nat(200), fc.nat(200), (sizes, one, two) => {
      const schedule = scheduleOf(leasesOf(sizes));
      const folded = foldBefore(
        foldBefore(schedule, BigInt(one) as Position),
        BigInt(two) as never,
      );
      const highest = BigInt(Math.max(one, two));
      const start = highest < schedule.end ? highest : schedule.end;
      expect([folded.start, folded.end, folded.endDue]).toEqual([
        start,
        schedule.end,
        schedule.endDue,
      ]);
      for (const at of positions(schedule)) {
        expect(due(folded, at)).toBe(due(schedule, at < start ? (start as Position) : at));
        expect(dueBeyond(folded, at)).toBe(dueBeyond(schedule, at < start ? (start as never) : at));
      }
      expect(folded.segments.length).toBeLessThanOrEqual(schedule.segments.length);
      expect(lastPrice(folded)).toBe(lastPrice(schedule));
    }),
  );
});

test("T2: a folded schedule takes further leases as the whole one does", () => {
  fc.assert(
    fc.property(leaseSizes, fc.nat(40), fc.nat(100), (sizes, cut, at) => {
      const leases = leasesOf(sizes);
      const folded = foldBefore(scheduleOf(leases.slice(0, cut)), BigInt(at) as Position);
      const grown = leases.slice(cut).reduce(append, folded);
      const whole = scheduleOf(leases);
      for (let n: bigint = folded.start; n <= whole.end; n += 1n) {
        expect(due(grown, n as Position)).toBe(due(whole, n as Position));
      }
    }),
  );
});

test("T2: reach is the inverse of F: the furthest position that a total pays", () => {
  fc.assert(
    fc.property(leaseSizes, fc.nat(400), (sizes, total) => {
      const schedule = scheduleOf(leasesOf(sizes));
      const at = reach(schedule, BigInt(total) as Money);
      expect(due(schedule, at)).toBeLessThanOrEqual(total);
      if (at < schedule.end) {
        expect(due(schedule, (at + 1n) as Position)).toBeGreaterThan(total);
      }
      for (const n of positions(schedule)) {
        if (n <= schedule.end) expect(reach(schedule, due(schedule, n))).toBe(n);
      }
    }),
  );
});

test("T2: the price of the next byte is what F grows by with it; beyond the end there is none", () => {
  fc.assert(
    fc.property(leaseSizes, (sizes) => {
      const schedule = scheduleOf(leasesOf(sizes));
      for (const at of positions(schedule)) {
        const growth = due(schedule, (at + 1n) as Position) - due(schedule, at);
        expect(nextPrice(schedule, at)).toBe(at < schedule.end ? growth : undefined);
      }
    }),
  );
});

test("T2: beyond the end F carries on at the last price, and the dearest price is what it says", () => {
  fc.assert(
    fc.property(leaseSizes, fc.nat(30), (sizes, beyond) => {
      const leases = leasesOf(sizes);
      const schedule = scheduleOf(leases);
      const last = leases[leases.length - 1]?.price ?? 0n;
      const far = (schedule.end + BigInt(beyond)) as Position;
      expect(dueBeyond(schedule, far)).toBe(schedule.endDue + BigInt(beyond) * last);
      for (const at of positions(schedule)) {
        const ahead = leases.filter((lease) => lease.to > at).map((lease) => lease.price);
        const most = ahead.reduce((a, b) => (a > b ? a : b), 0n as Price);
        expect(dearest(schedule, at) ?? 0n).toBe(most);
      }
    }),
    { numRuns: runs(40) },
  );
});

test("T2: only the next lease fits; every other one is refused by name and thrown by append", () => {
  const [first, second, third] = leasesOf([
    [5, 2],
    [5, 3],
    [5, 1],
  ]);
  if (first === undefined || second === undefined || third === undefined) throw new Error("three");
  const schedule = scheduleOf([first]);
  const cases = [
    [first, "lease already held"],
    [{ ...second, number: 1n }, "lease goes back"],
    [{ ...second, from: 4n as Position }, "lease overlaps"],
    [{ ...second, from: 6n as Position }, "lease leaves a gap"],
    [third, "lease leaves a gap"],
    [{ ...second, number: 3n }, "lease leaves a gap"],
    [{ ...second, to: second.from }, "lease is empty"],
    [{ ...second, due: 9n as Money }, "lease sum does not fit"],
    [{ ...second, due: 11n as Money }, "lease sum does not fit"],
  ] as const;
  for (const [lease, why] of cases) {
    expect(misfit(schedule, lease)).toBe(why);
    expect(() => append(schedule, lease)).toThrow(RangeError);
  }
  expect(misfit(schedule, second)).toBeUndefined();
});

test("T2: a schedule that begins with a later lease agrees with the whole one from there on", () => {
  fc.assert(
    fc.property(leaseSizes, fc.nat(39), (sizes, index) => {
      const leases = leasesOf(sizes);
      const lease = leases[index];
      if (lease === undefined) return;
      const resumed = leases.slice(index + 1).reduce(append, beginAt(lease));
      const whole = scheduleOf(leases);
      for (let at: bigint = lease.from; at <= whole.end; at += 1n) {
        expect(due(resumed, at as Position)).toBe(due(whole, at as Position));
      }
      expect(resumed.leases).toBe(whole.leases);
    }),
  );
});

test("T16: no field of a lease can change without changing what is signed", () => {
  const [payer, payee] = [modelledSigner(1), modelledSigner(2)];
  const account = { payer: payer.id, payee: payee.id, class: priceClass(1) };
  const lease = leasesOf([[5, 2]])[0];
  if (lease === undefined) throw new Error("one lease");
  const digests = [
    leaseDigest(account, lease),
    leaseDigest({ ...account, class: priceClass(2) }, lease),
    leaseDigest({ ...account, payer: payee.id }, lease),
    leaseDigest({ ...account, payee: payer.id }, lease),
    leaseDigest(account, { ...lease, number: 2n }),
    leaseDigest(account, { ...lease, from: 1n as Position }),
    leaseDigest(account, { ...lease, to: 6n as Position }),
    leaseDigest(account, { ...lease, price: price(3n) }),
    leaseDigest(account, { ...lease, due: 1n as Money }),
  ];
  expect(new Set(digests.map(String)).size).toBe(digests.length);
});
