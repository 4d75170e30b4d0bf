import { expect, test } from "vitest";
import { marketLines } from "#agent/cli/market-command.ts";
import type { MarketAnswer } from "#agent/market/market-facts.ts";
import { marketView } from "#agent/status-page/market-view.ts";
import { configOf } from "./memory-routers.ts";

const config = configOf("b");
const asked = {
  neighbour: "anna",
  class: 1,
  price: "55000000",
  least: "55000000",
  average: "40000000",
  bytes: "3200000000",
  changes: 4,
  why: "rises",
  refusal: undefined,
};
const answer: MarketAnswer = {
  mode: "automatic",
  wishes: {
    slider: undefined,
    profit: "100000",
    window: "10000000000",
    floor: "10000000",
    ceiling: "80000000",
    scarce: "800000",
    idle: "400000",
    pays: "100000000",
    credit: "10000000000000000",
    growth: "50000",
  },
  asked: [asked],
};

test("people read what is wished, what is asked of whom, and why", () => {
  expect(marketLines(answer, config)).toEqual([
    "market is automatic: profit 10% over the last 10GB, from 0.01/GB to 0.08/GB",
    "more above 80% of sold capacity, less below 40%",
    "pays at most 0.1/GB for own traffic; credits 0.01 USDC, and 5% of what was paid",
    "anna class 1: pays 0.055/GB, asked at least 0.055/GB (rises); upstream 0.04/GB over 3200MB; 4 changes",
  ]);
});

test("where nothing can be sold they read why, and what would do", () => {
  const refused = { ...asked, price: undefined, least: undefined, refusal: "allowed is another" };
  const lines = marketLines({ ...answer, asked: [refused] }, config);
  expect(lines.slice(3)).toEqual([
    "anna class 1: pays nothing, asked at least nothing (rises); upstream 0.04/GB over 3200MB; 4 changes",
    "    NOT SOLD: allowed is another",
  ]);
  expect(marketView({ ...answer, asked: [refused] }, config.token)).toMatchObject({
    refused: ["nothing is sold to anna in class 1: allowed is another"],
  });
});

test("without a market it is said that prices are as they are written", () => {
  const off = { mode: "off", wishes: undefined, asked: [] };
  expect(marketLines(off, config)).toEqual([
    "prices are as the configuration has them: market is off",
  ]);
  expect(marketView(off, config.token)).toBeUndefined();
});
