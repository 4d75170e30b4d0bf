import * as Console from "effect/Console";
import * as Command from "effect/cli/Command";
import * as Flag from "effect/cli/Flag";
import * as Effect from "effect/Effect";
import { toJson } from "#agent/agent/facts.ts";
import type { Token } from "#agent/config/form.ts";
import { configFlag, jsonFlag, loadConfig } from "./config-source.ts";
import { type ExplanationLine, explain } from "./explanation.ts";
import { reading } from "./ledger-source.ts";
import { moneyText } from "./money-text.ts";
import { findNeighbour, nodeStatus } from "./node-status.ts";
import { peerArgument } from "./status-command.ts";

/** `explain PEER`: why this debt, event by event, with the live refusals at the end. */
export const explainCommand = Command.make(
  "explain",
  {
    peer: peerArgument,
    config: configFlag,
    json: jsonFlag,
    last: Flag.Int("last").pipe(
      Flag.withDescription("Show only so many of the newest events; 0 shows all"),
      Flag.withDefault(0),
    ),
  },
  Effect.fn(function* ({ peer, config: path, json, last }) {
    const config = yield* loadConfig(path);
    const status = yield* nodeStatus(config);
    const index = yield* findNeighbour(peer, status);
    const all = yield* reading(config.journal.directory, (events) => explain(events, index));
    const events = last > 0 ? all.slice(-last) : all;
    const refusals = status.neighbours[index]?.refusals ?? [];
    if (json) {
      const withTokens = events.map((line) => ({ ...line, ...inTokens(line, config.token) }));
      return yield* Console.log(toJson({ neighbour: peer, events: withTokens, refusals }));
    }
    yield* Console.log(
      [
        ...events.map((line) => lineText(line, config.token)),
        ...refusals.map((one) => `refused ${one.count} x ${one.why}: ${one.words}`),
      ].join("\n"),
    );
  }),
).pipe(Command.withDescription("Explain a debt: the chain of events behind it, in words"));

function inTokens({ amount, settled }: ExplanationLine, token: Token) {
  return {
    amountText: amount === undefined ? undefined : moneyText(amount, token),
    settledText: settled === undefined ? undefined : moneyText(settled, token),
  };
}

function lineText(line: ExplanationLine, token: Token): string {
  const account = line.class === undefined ? "" : ` class ${line.class}`;
  const head = `#${line.event} ${line.direction}${account}: ${line.words}`;
  const { amountText, settledText } = inTokens(line, token);
  if (amountText === undefined) return head;
  const [owed, signed] =
    line.direction === "we pay" ? ["owed", "signed"] : ["expected", "credited"];
  return `${head}  [${owed} ${line.amount} grains = ${amountText}, ${signed} ${line.settled ?? 0n} = ${settledText ?? 0}]`;
}
