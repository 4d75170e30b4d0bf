import fc from "fast-check";
import { expect, test } from "vitest";
import {
  changeBound,
  type Damped,
  type Damping,
  damped,
  moved,
} from "#core/negotiation/damping.ts";
import "../laws/law-runs.ts";

const rule: Damping = { band: 20_000n, step: 125_000n, pause: 1000n, calm: 1_000_000n };

const dampings = fc
  .record({
    band: fc.bigInt({ min: 1000n, max: 200_000n }),
    more: fc.bigInt({ min: 0n, max: 800_000n }),
    pause: fc.bigInt({ min: 0n, max: 100n }),
  })
  .map(({ band, more, pause }): Damping => ({ band, step: band + more, pause, calm: 1n << 60n }));

const bounds = fc
  .tuple(fc.bigInt({ min: 1n, max: 5000n }), fc.bigInt({ min: 0n, max: 20_000n }))
  .map(([least, more]) => ({ least, most: least + more }));

test("however a market answers, a price stays between least and most and changes a bounded number of times", () => {
  fc.assert(
    fc.property(
      dampings,
      bounds,
      fc.bigInt({ min: 1n, max: 30_000n }),
      fc.array(fc.bigInt({ min: 0n, max: 30_000n }), { maxLength: 600, size: "max" }),
      (damping, { least, most }, first, targets) => {
        let now = damped(first);
        let changes = 0n;
        for (const target of targets) {
          const { next } = moved(now, damping, { least, most, target }, 50n);
          if (next.price !== now.price) changes += 1n;
          expect(next.price).toBeGreaterThanOrEqual(least);
          expect(next.price).toBeLessThanOrEqual(most);
          now = next;
        }
        expect(changes).toBeLessThanOrEqual(changeBound(damping, least, most));
      },
    ),
  );
});

test("a market that always answers the other way is followed by ever smaller steps, then no more", () => {
  let now = damped(1000n);
  let changes = 0;
  for (let i = 0; i < 400; i++) {
    const target = i % 2 === 0 ? 5000n : 1n;
    const { next, movement } = moved(now, rule, { least: 1n, most: 5000n, target }, 1000n);
    if (next.price !== now.price) changes += 1;
    else expect(["turned too often", "waits for more bytes"]).toContain(movement);
    now = next;
  }
  // Up by an eighth, down by a sixteenth, up by a thirty-second: less than that is below the band.
  expect(changes).toBe(3);
  expect(now.price).toBe(1087n);
});

test("after a calm the step is whole again", () => {
  const tired: Damped = { price: 1000n, direction: "up", turns: 5, passed: 0n, isWithheld: false };
  const aim = { least: 1n, most: 5000n, target: 1n };
  expect(moved(tired, rule, aim, rule.pause).movement).toBe("turned too often");
  const rested = moved(tired, rule, aim, rule.calm);
  expect(rested).toMatchObject({ movement: "falls", next: { turns: 1 } });
});

test("a change goes half of the way and at most a step, waits its bytes, and leaves small differences alone", () => {
  const at = (target: bigint, passed = rule.pause) =>
    moved(damped(1000n), rule, { least: 1n, most: 9000n, target }, passed);
  expect(at(1020n).movement).toBe("is near enough");
  expect(at(1040n)).toMatchObject({ movement: "rises", next: { price: 1020n, passed: 0n } });
  expect(at(9000n)).toMatchObject({ movement: "rises", next: { price: 1125n } });
  expect(at(1n)).toMatchObject({ movement: "falls", next: { price: 875n } });
  expect(at(9000n, rule.pause - 1n).movement).toBe("waits for more bytes");
});

test("what lies below cost or above the ceiling is mended at once, without pause or step", () => {
  const low = moved(damped(10n), rule, { least: 1000n, most: 5000n, target: 1000n }, 0n);
  expect(low).toMatchObject({ movement: "rose to cover its cost", next: { price: 1020n } });
  const tight = moved(damped(10n), rule, { least: 1000n, most: 1005n, target: 1000n }, 0n);
  expect(tight.next.price).toBe(1005n);
  const high = moved(damped(9000n), rule, { least: 1000n, most: 5000n, target: 5000n }, 0n);
  expect(high).toMatchObject({ movement: "fell to the ceiling", next: { price: 5000n } });
});

/** Each node of a ring asks what its neighbour asks. Says how many changes there were in the last round. */
function ring(first: readonly bigint[], follow: (price: Damped, target: bigint) => Damped): number {
  let prices = first.map(damped);
  let last = 0;
  for (let round = 0; round < 300; round++) {
    const next = prices.map((one, i) => {
      const { price } = prices[(i + 1) % prices.length] as Damped;
      return follow(one, price);
    });
    last = next.filter(({ price }, i) => price !== prices[i]?.price).length;
    prices = next;
  }
  return last;
}

test("seeded defect: on a ring where each follows the next, prices go round for ever unless they are damped", () => {
  const first = [100n, 150n, 200n, 120n];
  const undamped = ring(first, (_, target) => damped(target));
  const calm = ring(
    first,
    (one, target) => moved(one, rule, { least: 1n, most: 1000n, target }, 1000n).next,
  );
  expect(undamped).toBe(4);
  expect(calm).toBe(0);
});
