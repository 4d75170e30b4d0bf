import type { AccountSeries, ReportFacts } from "#agent/audit/report-facts.ts";
import { pointLimit } from "#agent/audit/report-facts.ts";

/** Facts of a made-up network of so many nodes in a ring with chords; every line has every point. */
export function networkFacts(size: number, name = (i: number) => `n${i}`): ReportFacts {
  const id = (i: number) => `02${(i + 1).toString(16).padStart(64, "0")}`;
  const pairs = Array.from({ length: size }, (_, i) =>
    [1, 7].flatMap((step) => (step < size ? [[i, (i + step) % size] as const] : [])),
  ).flat();
  const accounts = pairs.flatMap(([a, b]) => [
    account(id(a), id(b), a + 1),
    account(id(b), id(a), b + 2),
  ]);
  return {
    verdict: "agree",
    differences: [],
    money: { name: "USDC", places: 18 },
    accounts,
    journals: Array.from({ length: size }, (_, i) => ({
      directory: `/journals/${name(i)}`,
      node: id(i),
      name: name(i),
      verdict: "agree" as const,
      commits: 1_000_000n,
      events: 2_000_000,
      repaired: 0,
      from: "2026-01-01",
      to: "2036-01-01",
    })),
    nodes: Array.from({ length: size }, (_, i) => ({
      node: id(i),
      name: name(i),
      known: i % 5 !== 0,
      paid: BigInt(i) * 10n ** 17n,
      received: BigInt(size - i) * 10n ** 17n,
    })),
  };
}

function account(payer: string, payee: string, weight: number): AccountSeries {
  const line = (slope: bigint) =>
    Array.from({ length: pointLimit }, (_, i) => ({
      at: BigInt(i) * 10n ** 9n * BigInt(weight),
      value: BigInt(i) * slope * BigInt(weight),
    }));
  const signed = 10n ** 17n * BigInt(weight);
  return {
    payer,
    payee,
    class: 1,
    sent: 3n * 10n ** 11n * BigInt(weight),
    received: 3n * 10n ** 11n * BigInt(weight) - 7n,
    owed: signed + 1n,
    expected: signed - 1n,
    signed,
    credited: signed,
    payments: 1234,
    exposureBound: 10n ** 15n,
    owedAt: line(4n),
    expectedAt: line(3n),
    signedAt: line(4n),
    creditedAt: line(4n),
    priceFrom: line(1n).slice(0, 50),
    lossAt: line(1n),
    exposureAt: line(1n),
  };
}
