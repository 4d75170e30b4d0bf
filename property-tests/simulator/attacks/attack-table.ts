import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Scenario } from "../scenario/scenario.ts";
import { readScenario } from "../scenario/scenario-reader.ts";
import type { Attack } from "./attack.ts";
import { clientUnderReporting, exitOverbilling, junkUpload } from "./delivery-attacks.ts";
import { collusion, freeRiding, identityChurn, priceGames } from "./network-attacks.ts";
import { overclaiming } from "./quality-attack.ts";

/** Every known attack on the market. */
export const attacks: readonly Attack[] = [
  {
    name: "overclaiming quality",
    scenario: "overclaiming",
    law: "T22: F of what was sent",
    play: (scenario) => overclaiming(scenario),
  },
  { name: "price games", scenario: "price-games", law: "T2, T16: the cap", play: priceGames },
  {
    name: "junk upload",
    scenario: "junk-upload",
    law: "T22, decision 41: the accepted loss",
    play: junkUpload,
  },
  {
    name: "identity churn",
    scenario: "identity-churn",
    law: "T24: L0 for each name",
    play: identityChurn,
  },
  {
    name: "free-riding through the free tier",
    scenario: "free-riding",
    law: "T7: L",
    play: freeRiding,
  },
  {
    name: "collusion of two neighbours",
    scenario: "collusion",
    law: "T12: L",
    play: collusion,
  },
  {
    name: "exit overbilling",
    scenario: "exit-overbilling",
    law: "T22: the accepted loss",
    play: exitOverbilling,
  },
  {
    name: "client under-reporting",
    scenario: "client-under-reporting",
    law: "T7: L",
    play: clientUnderReporting,
  },
];

/** One row: amounts in grains, as decimal texts. */
export interface AttackRow {
  readonly attack: string;
  readonly scenario: string;
  readonly gain: string;
  readonly loss: string;
  readonly cost: string;
  readonly bound: string;
  readonly law: string;
  readonly holds: boolean;
  readonly told: string;
}

const folder = fileURLToPath(new URL("../../scenarios/", import.meta.url));

/** The scenario of an attack. @throws Error where the file is none. */
export function scenarioOf({ scenario }: Attack): Scenario {
  const name = `market-attack-${scenario}.json`;
  const reading = readScenario(readFileSync(`${folder}${name}`, "utf8"));
  if (!reading.ok) throw new Error(`${name}: ${JSON.stringify(reading.problems)}`);
  return reading.scenario;
}

/** Plays all of them. The same table at every run. */
export function attackTable(): readonly AttackRow[] {
  return attacks.map((attack) => {
    const { gain, loss, bound, cost, told } = attack.play(scenarioOf(attack));
    return {
      attack: attack.name,
      scenario: `market-attack-${attack.scenario}.json`,
      gain: String(gain),
      loss: String(loss),
      cost: String(cost),
      bound: String(bound),
      law: attack.law,
      holds: loss <= bound,
      told,
    };
  });
}

/** For people: a line for each attack, and one for what happened. Grains. */
export function attackLines(table: readonly AttackRow[]): readonly string[] {
  return table.flatMap(({ attack, gain, loss, cost, bound, law, holds, told }) => [
    `${attack}: gain ${gain}, loss of victims ${loss}, ${holds ? "within" : "BEYOND"} ${bound} (${law}); cost to the attacker ${cost}`,
    `    ${told}`,
  ]);
}
