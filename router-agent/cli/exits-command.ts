import * as Console from "effect/Console";
import * as Command from "effect/cli/Command";
import * as Effect from "effect/Effect";
import { askAgent, controlPath } from "#agent/agent/control-socket.ts";
import { toJson } from "#agent/agent/facts.ts";
import { byteFee } from "#agent/config/amount-forms.ts";
import type { Config } from "#agent/config/config.ts";
import type { ExitFacts } from "#agent/routing/exit-facts.ts";
import { configFlag, jsonFlag, loadConfig } from "./config-source.ts";
import { bytesText } from "./money-text.ts";
import { lossShare, timesWorse, wayDelay } from "./quality-text.ts";

/** `exits`: which exit is taken, and why not another one. */
export const exitsCommand = Command.make(
  "exits",
  { config: configFlag, json: jsonFlag },
  Effect.fn(function* ({ config: path, json }) {
    const config = yield* loadConfig(path);
    const answer = yield* askAgent(controlPath(config.journal.directory), ["exits"]);
    if (json) return yield* Console.log(toJson(answer));
    yield* Console.log(exitLines(answer as readonly ExitFacts[], config).join("\n"));
  }),
).pipe(Command.withDescription("Show the exits we are the client of, and which one is taken"));

/** For people: each exit, with its tariff, what was measured of it, and why it is taken or not. */
export function exitLines(exits: readonly ExitFacts[], config: Config): readonly string[] {
  if (exits.length === 0) return ["no exits: no neighbour has delivery `client`"];
  return exits.flatMap((one) => [
    `${one.taken ? "->" : "  "} ${one.exit}  ${offer(one, config)}: ${one.why}`,
    `     came ${bytesText(BigInt(one.received))} of ${bytesText(BigInt(one.stated))} stated; rank ${timesWorse(one.rank)}; ${past(one)}`,
  ]);
}

function offer({ price, loss, delay, tariff }: ExitFacts, { token }: Config): string {
  if (price === undefined || tariff === undefined) return "no tariff";
  const promised = lossShare(tariff.loss);
  return `${byteFee.write(BigInt(price), token)}, promises ${promised} lost, believed ${lossShare(loss)}, ${wayDelay(delay)}`;
}

function past({ rest, strikes, failures, failure, refused }: ExitFacts): string {
  const bad = Object.entries(refused).map(([why, count]) => `${count} tariffs ${why}`);
  const left =
    failure === undefined
      ? "never left"
      : `left ${failures} times, last for ${bytesText(BigInt(failure.lost))} missing of ${bytesText(BigInt(failure.sent))}`;
  const waits = rest === "0" ? [] : [`rests until others have carried ${bytesText(BigInt(rest))}`];
  const held = strikes === "0" ? [] : [`${strikes} failures remembered`];
  return [left, ...waits, ...held, ...bad].join("; ");
}
