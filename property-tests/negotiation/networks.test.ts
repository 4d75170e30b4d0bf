import fc from "fast-check";
import { expect, test } from "vitest";
import { ask } from "#core/negotiation/asking.ts";
import { changeBound, type Damped, damped } from "#core/negotiation/damping.ts";
import {
  emptyWindow,
  type PurchaseWindow,
  withPurchase,
} from "#core/negotiation/purchase-window.ts";
import type { Wishes } from "#core/negotiation/wishes.ts";
import { runs } from "../laws/law-runs.ts";
import { soundWishes } from "./sound-wishes.ts";

/** A router of a network that is nothing but prices: whom it buys from, and what its customers would pay. */
interface Seller {
  /** Places of those it buys from; its own for what it has without paying anybody. */
  readonly upstreams: readonly number[];
  /** What it costs where nobody is paid. */
  readonly cost: bigint;
  /** What each of its customers would pay at most. */
  readonly purses: readonly bigint[];
}

interface Seat {
  readonly damped: Damped;
  readonly price: bigint | undefined;
  readonly bought: PurchaseWindow;
  readonly changes: number;
  readonly changedIn: number;
}

const customers = 8;

/** Bytes that each router could carry in a round. */
const capacity = 2000n;

const sellers = (next: (place: number, draw: number) => number) =>
  fc
    .array(
      fc.record({
        draws: fc.array(fc.nat(1000), { minLength: 1, maxLength: 2 }),
        cost: fc.bigInt({ min: 20n, max: 200n }),
        purses: fc.array(fc.bigInt({ min: 50n, max: 900n }), {
          minLength: customers,
          maxLength: customers,
        }),
      }),
      { minLength: 2, maxLength: 12 },
    )
    .map((all): readonly Seller[] =>
      all.map(({ draws, cost, purses }, place) => {
        const upstreams = draws.map((draw) => next(place, draw) % all.length);
        return { upstreams, cost, purses };
      }),
    );

/** One round: everybody buys at what is asked now, and asks anew. */
function round(
  network: readonly Seller[],
  seats: readonly Seat[],
  wishes: Wishes,
  at: number,
): readonly Seat[] {
  return network.map(({ upstreams, cost, purses }, place): Seat => {
    const seat = seats[place] as Seat;
    const prices = upstreams.map((one) => (one === place ? cost : seats[one]?.price));
    const buyers = BigInt(
      purses.filter((purse) => seat.price !== undefined && purse >= seat.price).length,
    );
    const sold = (capacity * buyers) / BigInt(customers);
    const bought = prices.reduce((window, price) => {
      const bytes = sold / BigInt(prices.length);
      if (price === undefined || bytes === 0n) return window;
      return withPurchase(window, { bytes, grains: bytes * price, dearest: price });
    }, seat.bought);
    const known = prices.filter((price) => price !== undefined);
    const present = prices.length === 1 ? known[0] : undefined;
    const asking = ask(wishes, seat.damped, { bought, present, fee: 1n, sold, capacity });
    const isOther = asking.price !== seat.price;
    return {
      damped: asking.damped,
      price: asking.price,
      bought,
      changes: seat.changes + (isOther ? 1 : 0),
      changedIn: isOther ? at : seat.changedIn,
    };
  });
}

const rounds = 1500;

/** Prices as they come to rest, whatever they were at first. */
function atRest(
  network: readonly Seller[],
  first: readonly bigint[],
  wishes: Wishes,
): readonly Seat[] {
  let seats: readonly Seat[] = network.map((_, place) => ({
    damped: damped(first[place % first.length] ?? 100n),
    price: first[place % first.length] ?? 100n,
    bought: emptyWindow(wishes.window),
    changes: 0,
    changedIn: 0,
  }));
  for (let at = 1; at <= rounds; at++) {
    seats = round(network, seats, wishes, at);
    for (const { price } of seats) {
      if (price === undefined) continue;
      expect(price).toBeGreaterThanOrEqual(wishes.floor);
      expect(price).toBeLessThanOrEqual(wishes.ceiling);
    }
  }
  return seats;
}

const wishes: Wishes = {
  ...soundWishes,
  floor: 20n,
  ceiling: 1000n,
  damping: { ...soundWishes.damping, band: 40_000n, calm: 1n << 60n },
};
const bound = Number(changeBound(wishes.damping, wishes.floor, wishes.ceiling));
const modes = fc.constantFrom("cost" as const, "automatic" as const);
const firsts = fc.array(fc.bigInt({ min: 20n, max: 1000n }), { minLength: 1, maxLength: 12 });

/** No price changed in the last tenth of all rounds, nor any more often than one router's bound for each before it. */
function expectRest(seats: readonly Seat[]): void {
  for (const { changedIn, changes } of seats) {
    expect(changedIn).toBeLessThan((rounds * 9) / 10);
    expect(changes).toBeLessThanOrEqual(bound * seats.length);
  }
}

test("on any tree prices come to rest, within floor and ceiling, from wherever they begin", () => {
  // Everybody buys from somebody nearer to the root; the root has its own cost.
  const tree = sellers((place, draw) => (place === 0 ? 0 : draw % place));
  fc.assert(
    fc.property(tree, firsts, modes, (network, first, mode) => {
      expectRest(atRest(network, first, { ...wishes, mode }));
    }),
    { numRuns: runs(20) },
  );
});

test("on any ring or mesh in which prices hang on each other in circles, they come to rest as well, or end at the ceiling", () => {
  const circle = sellers((place, draw) => (draw % 5 === 0 ? place : place + 1 + (draw % 3)));
  let highest = 0;
  fc.assert(
    fc.property(circle, firsts, modes, (network, first, mode) => {
      const seats = atRest(network, first, { ...wishes, mode });
      expectRest(seats);
      highest += seats.filter(
        ({ price }) => price === undefined || price * 2n > wishes.ceiling,
      ).length;
    }),
    { numRuns: runs(20) },
  );
  expect(highest).toBeGreaterThan(0);
});

test("a circle climbs as far as the ceiling, and stays there; the same routers as a tree do not climb", () => {
  const purses = Array.from({ length: customers }, () => 900n);
  const first = [100n, 120n, 150n, 110n, 130n];
  const circle = first.map((_, place) => ({ upstreams: [(place + 1) % 5], cost: 0n, purses }));
  const tree = first.map((_, place) => ({
    upstreams: [place === 0 ? 0 : place - 1],
    cost: 100n,
    purses,
  }));
  const byCost = { ...wishes, mode: "cost" } as const;
  const climbed = atRest(circle, first, byCost);
  expectRest(climbed);
  expect(climbed.some(({ price }) => price === undefined || price > 800n)).toBe(true);
  for (const { price } of atRest(tree, first, byCost)) expect(price).toBeLessThan(230n);
});
