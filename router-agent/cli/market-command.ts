import * as Console from "effect/Console";
import * as Argument from "effect/cli/Argument";
import * as Command from "effect/cli/Command";
import * as Effect from "effect/Effect";
import { askAgent, controlPath } from "#agent/agent/control-socket.ts";
import { toJson } from "#agent/agent/facts.ts";
import { byteCount, byteFee, moneyAmount, share } from "#agent/config/amount-forms.ts";
import type { Config } from "#agent/config/config.ts";
import type { AskedFacts, MarketAnswer } from "#agent/market/market-facts.ts";
import type { Money } from "#core/units/money.ts";
import { positionLimit } from "#core/units/position.ts";
import { configFlag, jsonFlag, loadConfig } from "./config-source.ts";

const set = Command.make(
  "set",
  {
    wish: Argument.String("wish").pipe(
      Argument.withDescription(
        "Such as slider, profit, floor; an option `market_...`, or `market`",
      ),
    ),
    value: Argument.String("value").pipe(
      Argument.withDescription("As it would stand in the configuration: 70, 15%, 0.02/GB"),
    ),
    config: configFlag,
    json: jsonFlag,
  },
  Effect.fn(function* ({ wish, value, config: path, json }) {
    const config = yield* loadConfig(path);
    const answer = yield* askAgent(controlPath(config.journal.directory), [
      "market",
      "set",
      wish,
      value,
    ]);
    yield* Console.log(told(answer, config, json));
  }),
).pipe(
  Command.withDescription("Wish something else, until a restart; what lasts is the configuration"),
);

/** `market`: what is wished, what is asked of whom, and why; `market set` changes a wish. */
export const marketCommand = Command.make(
  "market",
  { config: configFlag, json: jsonFlag },
  Effect.fn(function* ({ config: path, json }) {
    const config = yield* loadConfig(path);
    const answer = yield* askAgent(controlPath(config.journal.directory), ["market"]);
    yield* Console.log(told(answer, config, json));
  }),
).pipe(
  Command.withDescription("Show what is wished of prices, what is asked of whom, and why"),
  Command.withSubcommands([set]),
);

function told(answer: unknown, config: Config, json: boolean): string {
  return json ? toJson(answer) : marketLines(answer as MarketAnswer, config).join("\n");
}

/** For people: the wishes, then each neighbour and class with its price and why. */
export function marketLines(
  { mode, wishes, asked }: MarketAnswer,
  config: Config,
): readonly string[] {
  if (wishes === undefined) return ["prices are as the configuration has them: market is off"];
  const priceOf = (grains: string | undefined) =>
    grains === undefined ? "nothing" : byteFee.write(BigInt(grains), config.token);
  const shareOf = (ppm: string) => share.write(BigInt(ppm), config.token);
  const bytesOf = (bytes: string) =>
    byteCount(0n, positionLimit).write(BigInt(bytes), config.token);
  const slider = wishes.slider === undefined ? "" : ` at ${wishes.slider}`;
  const line = (one: AskedFacts): readonly string[] => {
    const average =
      one.average === undefined
        ? "nothing bought yet"
        : `${priceOf(one.average)} over ${bytesOf(one.bytes)}`;
    const head = `${one.neighbour} class ${one.class}: pays ${priceOf(one.price)}, asked at least ${priceOf(one.least)} (${one.why}); upstream ${average}; ${one.changes} changes`;
    return one.refusal === undefined ? [head] : [head, `    NOT SOLD: ${one.refusal}`];
  };
  return [
    `market is ${mode}${slider}: profit ${shareOf(wishes.profit)} over the last ${bytesOf(wishes.window)}, from ${priceOf(wishes.floor)} to ${priceOf(wishes.ceiling)}`,
    ...(mode === "cost"
      ? []
      : [
          `more above ${shareOf(wishes.scarce)} of sold capacity, less below ${shareOf(wishes.idle)}`,
        ]),
    `pays at most ${priceOf(wishes.pays)} for own traffic; credits ${moneyAmount(0n).write(BigInt(wishes.credit) as Money, config.token)}, and ${shareOf(wishes.growth)} of what was paid`,
    ...asked.flatMap(line),
  ];
}
