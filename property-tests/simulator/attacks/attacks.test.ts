import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { readCommand } from "../command-line.ts";
import { attackLines, attacks, attackTable, scenarioOf } from "./attack-table.ts";
import { believing, overclaiming } from "./quality-attack.ts";

const folder = fileURLToPath(new URL("../../scenarios/", import.meta.url));

test("every known attack is played on a scenario that is kept, and every scenario is played", () => {
  const names = readdirSync(folder).filter((name) => name.startsWith("market-attack-"));
  const played = attacks.map(({ scenario }) => `market-attack-${scenario}.json`);
  expect(names.toSorted()).toEqual(played.toSorted());
  expect(attacks.map(({ name }) => name)).toEqual([
    "overclaiming quality",
    "price games",
    "junk upload",
    "identity churn",
    "free-riding through the free tier",
    "collusion of two neighbours",
    "exit overbilling",
    "client under-reporting",
  ]);
});

describe("what victims lose is within the bound of the law", () => {
  test.each(attacks)("$name", (attack) => {
    const { loss, bound, gain } = attack.play(scenarioOf(attack));
    expect(loss).toBeLessThanOrEqual(bound);
    // An attack that comes to nothing would show nothing about its bound.
    expect(loss).toBeGreaterThan(0n);
    expect(gain).toBeGreaterThan(0n);
  });
});

test("the table is the same at every run, and says so where a loss is beyond its bound", () => {
  const table = attackTable();
  expect(attackTable()).toEqual(table);
  expect(table.every(({ holds }) => holds)).toBe(true);
  const [first] = table;
  if (first === undefined) throw new Error("no attack");
  expect(attackLines([{ ...first, holds: false }])[0]).toContain("BEYOND");
});

test("ranks by measured quality take an overclaimer's traffic away: a twentieth is left of what it was", () => {
  const attack = attacks[0];
  if (attack === undefined) throw new Error("no attack");
  const scenario = scenarioOf(attack);
  const believed = overclaiming(scenario, believing());
  const ranked = overclaiming(scenario);
  expect(ranked.loss * 20n).toBeLessThan(believed.loss);
  expect(ranked.bound).toBeLessThan(believed.bound);
});

test("--attacks is one thing to ask for, and not beside another", () => {
  expect(readCommand(["--attacks", "--json"])).toEqual({ do: "attacks", json: true });
  expect(readCommand(["--attacks", "--schema"]).do).toBe("refuse");
});
