import fc from "fast-check";
import { expect, test } from "vitest";
import { emptyWindow, spent, withPurchase } from "#core/negotiation/purchase-window.ts";
import { boughtBefore, boughtSince } from "#core/negotiation/purchases.ts";
import { signLease } from "#core/schedule/lease.ts";
import { append, due, emptySchedule, foldBefore, type Schedule } from "#core/schedule/schedule.ts";
import { journalId } from "#core/units/journal-id.ts";
import { noMoney } from "#core/units/money.ts";
import { origin, type Position } from "#core/units/position.ts";
import { price } from "#core/units/price.ts";
import { priceClass } from "#core/units/price-class.ts";
import { modelledSigner } from "../simulator/test-signer.ts";
import "../laws/law-runs.ts";

const cap = price(1000n);

/** A schedule of leases of so many bytes at such prices. */
function scheduleOf(leases: readonly (readonly [bytes: bigint, price: bigint])[]): Schedule {
  const [payer, payee] = [modelledSigner(1), modelledSigner(2)];
  const account = { payer: payer.id, payee: payee.id, class: priceClass(1) };
  return leases.reduce((schedule, [bytes, grains]) => {
    const terms = {
      number: schedule.leases + 1n,
      from: schedule.end,
      to: (schedule.end + bytes) as Position,
      price: price(grains),
      due: schedule.endDue,
      settled: origin,
      payerJournal: journalId(1),
      payeeJournal: journalId(2),
    };
    return append(schedule, signLease(account, terms, payee));
  }, emptySchedule());
}

const leases = fc.array(
  fc.tuple(fc.bigInt({ min: 1n, max: 500n }), fc.bigInt({ min: 1n, max: 1000n })),
  { minLength: 1, maxLength: 30 },
);

test("however often one looks, what was bought between looks comes to F, to the grain", () => {
  fc.assert(
    fc.property(
      leases,
      fc.array(fc.nat(1000), { maxLength: 20 }),
      fc.boolean(),
      (all, looks, folds) => {
        let schedule = scheduleOf(all);
        const positions = looks
          .map((share) => (schedule.end * BigInt(share)) / 1000n)
          .toSorted((a, b) => (a < b ? -1 : 1));
        let looked = { position: origin, due: noMoney };
        let bytes = 0n;
        let grains = 0n;
        for (const at of [...positions, schedule.end] as Position[]) {
          // Prices of the past may be folded away between two looks.
          if (folds) schedule = foldBefore(schedule, at);
          const bought = boughtSince(schedule, looked, at, cap);
          if (typeof bought === "string") throw new Error(bought);
          for (const purchase of bought.purchases) {
            bytes += purchase.bytes;
            grains += purchase.grains;
            expect(purchase.dearest).toBeLessThanOrEqual(cap);
          }
          looked = bought.looked;
          expect({ bytes, grains }).toEqual({ bytes: at, grains: due(schedule, at) });
        }
      },
    ),
  );
});

test("after a restart the window is what it was, without anything having been kept of it", () => {
  fc.assert(
    fc.property(leases, fc.nat(1000), fc.bigInt({ min: 1n, max: 20_000n }), (all, share, limit) => {
      const schedule = scheduleOf(all);
      const at = ((schedule.end * BigInt(share)) / 1000n) as Position;
      const begun = { position: origin, due: noMoney };
      const bought = boughtSince(schedule, begun, at, cap);
      if (typeof bought === "string") throw new Error(bought);
      const kept = bought.purchases.reduce(withPurchase, emptyWindow(limit));
      const again = boughtBefore(schedule, at, limit).purchases.reduce(
        withPurchase,
        emptyWindow(limit),
      );
      expect(spent(again)).toEqual(spent(kept));
    }),
  );
});

test("positions of the future and of the past are refused by name: nobody has priced them", () => {
  const schedule = scheduleOf([[100n, 5n]]);
  const looked = { position: 50n as Position, due: due(schedule, 50n as Position) };
  expect(boughtSince(schedule, looked, 101n as Position, cap)).toBe("position beyond the leases");
  expect(boughtSince(schedule, looked, 49n as Position, cap)).toBe("position went back");
  expect(boughtSince(schedule, looked, 50n as Position, cap)).toMatchObject({ purchases: [] });
  expect(boughtBefore(schedule, 500n as Position, 10n).looked).toEqual({
    position: 100n,
    due: 500n,
  });
});
