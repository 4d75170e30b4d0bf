import { expect, test } from "vitest";
import { money, toTokenUnits } from "#core/units/money.ts";
import { flood } from "../simulator/kernel.ts";
import {
  books,
  drain,
  feed,
  lineWorld,
  read,
  smallTerms,
  traffic,
} from "../simulator/line-world.ts";
import { setPrice } from "../simulator/op.ts";

// Designs that somebody has shipped or proposed, each with the number that sinks it. Figures are
// exact, so that nobody has to take them on trust.

const pair = () =>
  lineWorld({ terms: smallTerms, deposit: 1_000_000n, grainsPerUnit: 1n, prices: [2n, 3n] });

test("float money: payer and payee add up the same bytes in other steps, and differ for ever", () => {
  const grainsPerByte = 0.1e-6;
  let payer = 0;
  let payee = 0;
  for (let i = 0; i < 1000; i++) payer += grainsPerByte * 1500 * 100;
  for (let i = 0; i < 100_000; i++) payee += grainsPerByte * 1500;
  expect(payee).not.toBe(payer);
  expect(Math.abs(payee - payer)).toBeGreaterThan(1e-11);
  // Beyond 2^53 a float does not even count: a thousand additions of one are lost.
  let counter = 2 ** 53;
  for (let i = 0; i < 1000; i++) counter += 1;
  expect(counter).toBe(2 ** 53);
  let exact = 2n ** 53n;
  for (let i = 0; i < 1000; i++) exact += 1n;
  expect(exact).toBe(2n ** 53n + 1000n);
});

test("rounding per poll: a million polls of 999 grains cost a payer 1000 units more than the total, or a payee all", () => {
  const grainsPerUnit = 1000n;
  const poll = money(999n);
  const polls = 1_000_000n;
  const up = polls * toTokenUnits(poll, grainsPerUnit);
  const down = polls * (poll / grainsPerUnit);
  const once = toTokenUnits(money(poll * polls), grainsPerUnit);
  expect([up, down, once]).toEqual([1_000_000n, 0n, 999_000n]);
});

test("retroactive price: a rise of what is already leased throttles an honest payer; leased positions keep theirs", () => {
  const world = pair();
  const { creditLimit } = smallTerms;
  for (let i = 0; i < 20; i++) {
    drain(world, 1);
    traffic(world, 0, 0, 3n, 0n);
  }
  setPrice(world, 1, 50n);
  for (let i = 0; i < 3; i++) read(world, 1);
  const { y, w, payeeF, way } = books(world, 0, 0);
  // Billed at the new price from the last payment on, what is on the way alone is beyond L.
  const unpaid = y - w / 3n;
  expect(w + unpaid * 50n).toBeGreaterThan(w + creditLimit);
  expect(payeeF(y)).toBeLessThanOrEqual(w + creditLimit);
  expect(way.standing).toBe("open");
});

test("price by the clock: with a skew of 1000 bytes a rise, no credit limit suffices", () => {
  const drift = 1000n;
  for (const creditLimit of [50_000n, 5_000_000n]) {
    let [payer, payee, rises] = [0n, 0n, 0n];
    for (; payee - payer <= creditLimit; rises += 1n) {
      payer += drift * 1n;
      payee += drift * 2n;
    }
    expect(rises).toBe(creditLimit / drift + 1n);
  }
});

test("clock-based grace: a day at a gigabit is 10.8 terabytes unpaid; without a clock the bound is L", () => {
  const bytesPerSecond = 125_000_000n;
  const grace = 86_400n;
  expect(bytesPerSecond * grace).toBe(10_800_000_000_000n);
  const world = pair();
  drain(world, 3);
  flood(world, 0, 0, bytesPerSecond, 0n);
  for (let i = 0; i < 3; i++) read(world, 1);
  const { way } = books(world, 0, 0);
  expect(way.standing).toBe("throttled");
  expect(way.forwarded * 3n).toBeLessThanOrEqual(smallTerms.creditLimit);
});

test("clock-based grace: whoever owes less than T and falls silent would be cut off; however often we look, it is not", () => {
  const world = pair();
  drain(world, 3);
  traffic(world, 0, 0, 2n, 0n);
  for (let i = 0; i < 500; i++) {
    for (const node of [0, 1]) {
      read(world, node);
      feed(world, node, { type: "Poke" });
    }
    world.air.length = 0;
  }
  const { way, v, payerF } = books(world, 0, 0);
  expect(payerF(way.tx) - v).toBeGreaterThan(0n);
  expect(way.standing).toBe("open");
});

test("delta vouchers: ten of a hundred lost and four doubled, and the books differ; totals agree", () => {
  let [paid, received, best] = [0n, 0n, 0n];
  for (let i = 0; i < 100; i++) {
    paid += 10n;
    if (i % 10 !== 0) received += 10n;
    if (i % 25 === 0) received += 10n;
    if (i % 10 !== 0 && paid > best) best = paid;
  }
  expect([paid, received, best]).toEqual([1000n, 940n, 1000n]);
});

test("constant tolerance: doubles of one in a thousand pass any constant after a thousand times as many bytes", () => {
  for (const tolerance of [10_000n, 10_000_000n]) {
    let sent = 0n;
    while (sent / 1000n <= tolerance) sent += 1_000_000n;
    expect(sent).toBeLessThanOrEqual((tolerance + 1000n) * 1000n);
  }
});

test("receiver pays forward: at one per cent of loss an honest receiver is throttled after a hundred times L", () => {
  const creditLimit = 10_000n;
  let [sent, received] = [0n, 0n];
  while (sent - received <= creditLimit) {
    sent += 100n;
    received += 99n;
  }
  expect(sent).toBe(100n * (creditLimit + 1n));
  // What it paid for everything it got looks exactly like a cheat that got all and admits 99 %.
});

test("receiver pays (T21): no rule both spares every honest receiver and bounds a cheat", () => {
  // A rule sees what was sent and what the receiver admits and pays. Both stories look the same:
  const creditLimit = 5n;
  const seen = { sent: creditLimit + 1n, admitted: 0n };
  const honest = { received: 0n, ...seen };
  const cheat = { received: seen.sent, ...seen };
  for (const throttles of [false, true]) {
    const sparesHonest = !throttles || honest.received !== honest.admitted;
    const boundsCheat = throttles || cheat.received - cheat.admitted <= creditLimit;
    expect(sparesHonest && boundsCheat).toBe(false);
  }
});
