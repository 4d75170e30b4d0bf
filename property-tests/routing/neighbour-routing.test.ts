import { describe, expect, test } from "vitest";
import type { NeighbourBlueprint } from "#agent/agent/blueprint.ts";
import { neighbourRouting } from "#agent/routing/neighbour-routing.ts";
import type { NeighbourLedger } from "#core/journal/ledger.ts";
import { neutral } from "#core/quality/evidence.ts";
import { type Prefix, parsePrefix } from "#core/route/prefix.ts";
import { here } from "#core/route/vector.ts";
import type { LeaseTerms } from "#core/schedule/lease.ts";
import { append, emptySchedule, type Schedule } from "#core/schedule/schedule.ts";
import { price } from "#core/units/price.ts";
import { priceClass } from "#core/units/price-class.ts";

const second = 1_000_000n;

const drawn = {
  config: { id: "b", maxPrice: price(1000n) },
  queue: { index: 0, interfaces: ["b0", "b1"] },
  link: { interfaceName: "b0", peerAddress: "fe80::00b" },
} as unknown as NeighbourBlueprint;

/** A neighbour whose adverts and leases a test says. */
function bench() {
  const state = neighbourRouting(1n, () => 10);
  let schedule: Schedule = emptySchedule();
  let number = 0n;
  return {
    advertise: (amount: bigint) => {
      number += 1n;
      const offer = { class: priceClass(1), vector: { ...here, price: amount } };
      const lines = [{ prefix: parsePrefix("10.0.0.0/8") as Prefix, offer }];
      state.book.take({ type: "OFFERS", epoch: 1n, number, lines }, 0);
    },
    lease: (amount: bigint) => {
      const from = schedule.end;
      const terms = {
        number: schedule.leases + 1n,
        from,
        to: from + 100n,
        price: amount,
        due: schedule.endDue,
      };
      schedule = append(schedule, terms as unknown as LeaseTerms);
    },
    hop: (now: bigint, cap?: bigint) => {
      const ledger = { outbound: [{ schedule }] } as unknown as NeighbourLedger;
      return state.hop(drawn, ledger, cap === undefined ? undefined : price(cap), now, () => ({
        loss: neutral,
        delay: neutral,
      }));
    },
  };
}

const one = priceClass(1);

describe("a neighbour as a next hop", () => {
  test("a lease that crossed a lower price on its way catches nobody", () => {
    const { advertise, lease, hop } = bench();
    advertise(140n);
    hop(0n);
    advertise(60n);
    hop(second);
    lease(140n);
    expect(hop(2n * second).believed(one, 60n)).toBe(60n);
  });

  test("one that is dearer than anything it advertised does, for ten minutes", () => {
    const { advertise, lease, hop } = bench();
    advertise(60n);
    hop(0n);
    lease(140n);
    expect(hop(second).believed(one, 60n)).toBe(140n);
    expect(hop(500n * second).believed(one, 60n)).toBe(140n);
    expect(hop(602n * second).believed(one, 60n)).toBe(60n);
  });

  test("half a minute after the price was lowered a dear lease is a lie", () => {
    const { advertise, lease, hop } = bench();
    advertise(140n);
    hop(0n);
    advertise(60n);
    hop(31n * second);
    lease(140n);
    expect(hop(32n * second).believed(one, 60n)).toBe(140n);
  });

  test("its cap is the smaller of its own and the operator's; its address is as the kernel writes it", () => {
    const { hop } = bench();
    expect(hop(0n)).toMatchObject({ cap: 1000n, address: "fe80::b", classes: 1, alive: true });
    expect(hop(0n, 10n).cap).toBe(10n);
    expect(hop(0n, 5000n).cap).toBe(1000n);
  });
});
