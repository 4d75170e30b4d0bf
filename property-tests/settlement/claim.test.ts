import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { noDealings } from "#core/settlement/dealings.ts";
import { runs } from "../laws/law-runs.ts";
import {
  complaint,
  type HonestRules,
  happen,
  newClaimModel,
  settle,
  shippedRules,
} from "./claim-model.ts";

/** How many games are played. */
const games = 200_000;

/** How many of them suffice to find a defect. */
const gamesForDefects = 50_000;

/** Who is honest, both deposits, and one number for each move: 200 000 games take seconds. */
const playable = fc.tuple(
  fc.constantFrom("a" as const, "b" as const),
  fc.nat(1023),
  fc.boolean(),
  fc.array(fc.nat(2 ** 20 - 1), { maxLength: 40, size: "max" }),
);

type Game = typeof playable extends fc.Arbitrary<infer T> ? T : never;

/** Plays to the end. @returns what is wrong, as soon as something is */
function play(game: Game, rules: HonestRules): string | undefined {
  const [honest, deposits, withholds, numbers] = game;
  const [a, b] = [BigInt(deposits % 32), BigInt(deposits >> 5)];
  const model = newClaimModel(honest, rules, { a, b }, withholds);
  for (const number of numbers) {
    happen(model, number);
    const wrong = complaint(model);
    if (wrong !== undefined) return wrong;
  }
  settle(model);
  return complaint(model);
}

describe("an honest node", () => {
  test("gets what it credited, whatever its peer does", { timeout: 300_000 }, () => {
    fc.assert(
      fc.property(playable, (game) => play(game, shippedRules) === undefined),
      { numRuns: runs(games) },
    );
  });

  const defects: Readonly<Record<string, Partial<HonestRules>>> = {
    "credits without cover": { mayCredit: () => true },
    "permits without the rule": { mayPermit: () => true },
    "counts what it permitted as still there": {
      mayCredit: (books, cumulative) =>
        shippedRules.mayCredit({ ...books, dealings: noDealings() }, cumulative),
    },
    "credits after it signed the last totals": { finalIsFinal: false },
    "does not register when a close begins": { registers: false },
    "never registers what it signed itself": { leftUnsettled: () => 0n },
  };

  test.each(Object.entries(defects))("that %s loses money, and the model finds it", (_, defect) => {
    const rules = { ...shippedRules, ...defect };
    const { failed, counterexample } = fc.check(
      fc.property(playable, (game) => play(game, rules) === undefined),
      { numRuns: gamesForDefects, seed: 7 },
    );
    expect(failed).toBe(true);
    const [game] = counterexample as [Game];
    expect(play(game, rules)).toMatch(/the honest node got|left to the next channel/);
  });
});
