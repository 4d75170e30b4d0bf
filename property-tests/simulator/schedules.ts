import fc from "fast-check";
import type { LeaseTerms } from "#core/schedule/lease.ts";
import { append, emptySchedule, type Schedule } from "#core/schedule/schedule.ts";
import { journalId } from "#core/units/journal-id.ts";
import { type Money, noMoney } from "#core/units/money.ts";
import { origin, type Position } from "#core/units/position.ts";
import { price } from "#core/units/price.ts";

/** How long each lease is, and what a byte of it costs. */
export type LeaseSizes = readonly (readonly [bytes: number, price: number])[];

/** Lists of leases that follow each other, dearest price 9. */
export const leaseSizes: fc.Arbitrary<LeaseSizes> = fc.array(
  fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 9 })),
  { maxLength: 40 },
);

/** The price cap that all {@link leaseSizes} stay below. */
export const dearestSize = 9n;

/** The leases that follow each other in these sizes. */
export function leasesOf(sizes: LeaseSizes): readonly LeaseTerms[] {
  let from: bigint = origin;
  let due: bigint = noMoney;
  return sizes.map(([bytes, grains], i) => {
    const to = from + BigInt(bytes);
    const lease: LeaseTerms = {
      number: BigInt(i + 1),
      from: from as Position,
      to: to as Position,
      price: price(BigInt(grains)),
      due: due as Money,
      settled: origin,
      payerJournal: journalId(1),
      payeeJournal: journalId(2),
    };
    due += BigInt(bytes * grains);
    from = to;
    return lease;
  });
}

/** The schedule of these leases. */
export function scheduleOf(leases: readonly LeaseTerms[]): Schedule {
  return leases.reduce(append, emptySchedule());
}

/** F by adding up position after position: slow, and too simple to be wrong. */
export function naiveDue(leases: readonly LeaseTerms[], at: bigint): bigint {
  let sum = 0n;
  for (const lease of leases) {
    for (let byte: bigint = lease.from; byte < lease.to && byte < at; byte += 1n)
      sum += lease.price;
  }
  return sum;
}
