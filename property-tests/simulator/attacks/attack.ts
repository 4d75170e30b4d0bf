import type { Scenario } from "../scenario/scenario.ts";

/** What an attack came to: grains, measured with the shipped core. */
export interface Outcome {
  /** What the attacker got and did not pay for, or was paid beyond what it did. */
  readonly gain: bigint;
  /** What its victims are short of, all of them together. */
  readonly loss: bigint;
  /** The most that it can be, by the law that is named, for what happened in this run. */
  readonly bound: bigint;
  /** What the attack cost the attacker itself: what it carried and was not paid for. */
  readonly cost: bigint;
  /** How far it went, in words with figures. */
  readonly told: string;
}

/** An attack on the market: who tries what, and which law bounds it. */
export interface Attack {
  readonly name: string;
  /** The file that it is played on: property-tests/scenarios/market-attack-NAME.json. */
  readonly scenario: string;
  /** Theorems of docs/protocol.md, or decisions. */
  readonly law: string;
  readonly play: (scenario: Scenario) => Outcome;
}
