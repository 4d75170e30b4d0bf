import { describe, expect, test } from "vitest";
import { outerLength } from "#adapters/queueing/queueing.ts";
import type { Agent } from "#agent/agent/agent.ts";
import { exitLines } from "#agent/cli/exits-command.ts";
import { qualityLines } from "#agent/cli/quality-command.ts";
import type { Config } from "#agent/config/config.ts";
import type { ExitFacts } from "#agent/routing/exit-facts.ts";
import {
  dailyBound,
  dailyPaidBound,
  dayLength,
  measuringCost,
} from "#agent/routing/measuring-cost.ts";
import { hourlyBound, longestProbe, measuringShare } from "#agent/routing/measuring-share.ts";
import { qualityAnswer } from "#agent/routing/quality-facts.ts";
import { neighbourView } from "#agent/status-page/neighbour-view.ts";
import type { NeighbourAnswer } from "#agent/status-page/node-answers.ts";
import { exitFamilies, qualityFamilies } from "#agent/status-page/quality-metrics.ts";
import { emptyTable, withMeasurement } from "#core/quality/rank-table.ts";
import { encodeRouteMessage } from "#core/route/route-message.ts";
import type { NodeId } from "#core/units/node-id.ts";

const b = "02bb" as unknown as NodeId;
const agent = { config: () => ({ neighbours: [{ id: b, name: "berta" }] }) } as unknown as Agent;
const table = Array.from({ length: 60 }).reduce<typeof emptyTable>(
  (before) =>
    withMeasurement(before, {
      neighbour: b,
      destination: "10.99.0.4/32",
      sent: 262_144n,
      lost: 26_214n,
      delay: 50_000n,
      advertised: { loss: 0n, delay: 10_000n },
    }),
  emptyTable,
);

const today = { paid: 3000n, unpaid: 2000n };

describe("what measuring costs", () => {
  test("is counted by destination and day, paid bytes as the next hop's tunnel carries them", () => {
    const cost = measuringCost();
    cost.spend(b, 144n, false, 5);
    cost.spend(b, 144n, true, dayLength - 1);
    expect(cost.of(b, dayLength - 1)).toEqual({ unpaid: 144n, paid: BigInt(outerLength(192)) });
    // Another day; and nothing is remembered of a neighbour that is gone.
    expect(cost.of(b, dayLength)).toEqual({ unpaid: 0n, paid: 0n });
    cost.spend(b, 1n, false, dayLength);
    cost.keep(new Set());
    expect(cost.of(b, dayLength)).toEqual({ unpaid: 0n, paid: 0n });
  });

  test("is at most the daily bound of a destination, paid or not, whatever it asks for", () => {
    for (const isPaid of [false, true]) {
      const { probes, answers } = measuringShare(0);
      const cost = measuringCost();
      for (let now = 0; now < dayLength; now += 50) {
        for (const bucket of [probes, answers]) {
          if (bucket.take(now)) cost.spend(b, longestProbe, isPaid, now);
        }
      }
      const { paid, unpaid } = cost.of(b, dayLength - 1);
      expect(paid).toBeLessThanOrEqual(dailyPaidBound);
      expect(unpaid).toBeLessThanOrEqual(dailyBound);
      expect(isPaid ? paid : unpaid).toBeGreaterThan(dailyBound / 2n);
    }
  });

  test("is at most the share of each neighbour, whatever it asks for", () => {
    const { answers } = measuringShare(0);
    let taken = 0n;
    for (let now = 0; now <= 3_600_000; now += 10) if (answers.take(now)) taken += 1n;
    const largest = (1n << 64n) - 1n;
    const head = { epoch: largest, number: largest, at: largest, sent: largest };
    const lengths = [
      encodeRouteMessage({ type: "PROBE", ...head }),
      encodeRouteMessage({ type: "ECHO", ...head, held: largest, received: largest }),
    ].map((bytes) => BigInt(outerLength(bytes.length + 48)));
    const longest = lengths.reduce((x, y) => (x > y ? x : y));
    expect(2n * taken * longest).toBeLessThanOrEqual(hourlyBound);
    // Two probes and two answers a second are never cut.
    expect(taken).toBeGreaterThan(7200n);
  });
});

describe("quality", () => {
  const answer = qualityAnswer(agent, table, 5000n, 2_000_000n, () => today);

  test("shows what a neighbour advertised beside what it delivered, and what telling them apart cost", () => {
    const [berta] = answer.neighbours;
    expect(berta?.ways[0]?.advertised).toEqual({ loss: "0", delay: "10000" });
    expect(berta?.ways[0]?.measured).toEqual({ loss: "99998", delay: "50000" });
    expect(Number(berta?.ways[0]?.rank.loss)).toBeGreaterThan(15_000);
    // One destination alone takes no rank from it as the way to others.
    expect(berta?.rank).toEqual({ loss: "1000", delay: "1000" });
    expect(answer.cost).toMatchObject({ bytes: "5000", paidBytes: "2000000", share: "2500" });
    const lines = qualityLines(answer).join("\n");
    expect(lines).toContain("berta: loss as promised, delay as promised");
    expect(lines).toContain("to 10.99.0.4/32: advertised 0.00 % and 10.0 ms, measured 10.00 %");
    expect(lines).toContain("2500 bytes to a million paid");
    expect(answer.cost.today).toEqual([{ destination: "berta", paid: "3000", unpaid: "2000" }]);
    expect(lines).toContain("berta today: 2.0 kB unpaid of at most 83.0 MB");
  });

  test("is on the page beside the neighbour: what measuring it cost today, and the most it can", () => {
    const facts = {
      id: b,
      accounts: [],
      refusals: [],
      frauds: [],
      junk: { stage: "none", junk: "0" },
    } as unknown as NeighbourAnswer;
    const token = { symbol: "USDC", decimals: 6, grainsPerUnit: 10n ** 12n } as const;
    const around = { name: "berta", token, channels: undefined, routes: undefined };
    expect(neighbourView(facts, { ...around, quality: answer }).measuring).toBe(
      "unpaid 2.0 kB of at most 83.0 MB, paid 3.0 kB of at most 124.6 MB",
    );
    expect(neighbourView(facts, { ...around, quality: undefined }).measuring).toBe("–");
  });

  test("says so where nothing was measured, and nothing was paid", () => {
    const nothing = qualityAnswer(agent, emptyTable, 0n, 0n, () => ({ paid: 0n, unpaid: 0n }));
    expect(qualityLines(nothing).join("\n")).toContain("nothing was measured through it");
    expect(nothing.cost.share).toBeUndefined();
  });

  test("and exits are told in metrics, those of exits only where there are any", () => {
    const names = (families: readonly { readonly name: string }[]) =>
      families.map(({ name }) => name);
    expect(names(qualityFamilies(answer))).toContain("meshtoll_neighbour_rank_ratio");
    expect(qualityFamilies(undefined)).toEqual([]);
    expect(exitFamilies([])).toEqual([]);
    expect(names(exitFamilies([known]))).toContain("meshtoll_exit_failures_total");
  });
});

const known: ExitFacts = {
  exit: "x",
  id: "02aa",
  taken: false,
  why: "it lost more than is put up with, and rests",
  tariff: { number: "16777217", loss: "10000" },
  price: "100000000",
  loss: "10000",
  measuredLoss: undefined,
  delay: "1400",
  rank: "1500",
  rest: "1999000",
  strikes: "1",
  failures: 1,
  failure: { sent: "1472720", lost: "148720" },
  stated: "2080080",
  received: "1677600",
  score: undefined,
  refused: { expired: 2 },
};

test("exits says of each exit what it asks and promises, why it is not taken, and until when", () => {
  const token = { symbol: "USDC", decimals: 6, grainsPerUnit: 10n ** 12n };
  const config = { token } as unknown as Config;
  const lines = exitLines([known], config).join("\n");
  expect(lines).toContain("0.1/GB, promises 1.00 % lost");
  expect(lines).toContain("it lost more than is put up with, and rests");
  expect(lines).toContain("rests until others have carried 1.9 MB");
  expect(lines).toContain("1.50 times worse than promised");
  expect(lines).toContain("2 tariffs expired");
  expect(exitLines([], config).join("")).toContain("no exits");
  expect(exitLines([{ ...known, tariff: undefined }], config).join("")).toContain("no tariff");
});
