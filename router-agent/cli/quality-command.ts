import * as Console from "effect/Console";
import * as Command from "effect/cli/Command";
import * as Effect from "effect/Effect";
import { askAgent, controlPath } from "#agent/agent/control-socket.ts";
import { toJson } from "#agent/agent/facts.ts";
import type {
  NeighbourQuality,
  QualityAnswer,
  RankFacts,
  SamplingCost,
  ValueFacts,
} from "#agent/routing/quality-facts.ts";
import { configFlag, jsonFlag, loadConfig } from "./config-source.ts";
import { bytesText } from "./money-text.ts";
import { lossShare, timesWorse, wayDelay } from "./quality-text.ts";

/** `quality`: what neighbours advertise, what they deliver, and the rank that follows. */
export const qualityCommand = Command.make(
  "quality",
  { config: configFlag, json: jsonFlag },
  Effect.fn(function* ({ config: path, json }) {
    const config = yield* loadConfig(path);
    const answer = yield* askAgent(controlPath(config.journal.directory), ["quality"]);
    if (json) return yield* Console.log(toJson(answer));
    yield* Console.log(qualityLines(answer as QualityAnswer).join("\n"));
  }),
).pipe(Command.withDescription("Show what neighbours deliver against what they advertise"));

/** For people: each neighbour, what was measured through it, and what measuring costs. */
export function qualityLines({ neighbours, cost }: QualityAnswer): readonly string[] {
  return [...neighbours.flatMap(neighbourLines), costLine(cost), ...dayLines(cost)];
}

function dayLines({ today, dailyBound, dailyPaidBound }: SamplingCost): readonly string[] {
  const text = (bytes: string) => bytesText(BigInt(bytes));
  return today.map(
    ({ destination, paid, unpaid }) =>
      `    ${destination} today: ${text(unpaid)} unpaid of at most ${text(dailyBound)}, ${text(paid)} paid of at most ${text(dailyPaidBound)}`,
  );
}

function neighbourLines({ neighbour, rank, ways }: NeighbourQuality): readonly string[] {
  return [
    `${neighbour}: ${ranks(rank)}${ways.length === 0 ? "; nothing was measured through it" : ""}`,
    ...ways.map(
      ({ destination, weight, advertised, measured, rank: own }) =>
        `    to ${destination}: advertised ${value(advertised)}, measured ${value(measured)} over ${bytesText(BigInt(weight))}: ${ranks(own)}`,
    ),
  ];
}

function ranks({ loss, delay }: RankFacts): string {
  return `loss ${timesWorse(loss)}, delay ${timesWorse(delay)}`;
}

function value({ loss, delay }: ValueFacts): string {
  return `${lossShare(loss)} and ${wayDelay(delay)}`;
}

function costLine({ bytes, hourlyBound, paidBytes, share }: SamplingCost): string {
  const beside =
    share === undefined
      ? "beside no paid bytes"
      : `${share} bytes to a million paid (${bytesText(BigInt(paidBytes))})`;
  return `measuring took ${bytesText(BigInt(bytes))}, ${beside}; at most ${bytesText(BigInt(hourlyBound))} an hour`;
}
