import * as Console from "effect/Console";
import * as Command from "effect/cli/Command";
import * as Effect from "effect/Effect";
import type { ResetReport } from "#adapters/index/history-index.ts";
import { askAgent, ControlError, controlPath } from "#agent/agent/control-socket.ts";
import { toJson } from "#agent/agent/facts.ts";
import type { HistoryState } from "#agent/agent/historian.ts";
import { noHistory } from "#agent/agent/history-request.ts";
import type { Config } from "#agent/config/config.ts";
import { timeText } from "./civil-time-text.ts";
import { configFlag, jsonFlag, loadConfig } from "./config-source.ts";

/** How often the agent is asked whether it is done, in ms. */
const askInterval = 200;

/** What an index comes to, after a journey through JSON or without. */
interface Remade {
  readonly remade?: ResetReport | undefined;
  readonly rows: number;
  readonly sequence: bigint | string;
  readonly from: number;
  readonly to: number;
}

/** `journal reindex`: the index from nothing, by the agent where one runs. */
export const reindexCommand = Command.make(
  "reindex",
  { config: configFlag, json: jsonFlag },
  Effect.fn(function* ({ config: path, json }) {
    const config = yield* loadConfig(path);
    if (!config.history.on) return yield* refuse(`there is no index: ${noHistory.why}`);
    const asked = yield* Effect.result(byAgent(config));
    if (asked._tag === "Failure" && asked.failure.problem !== "absent") return yield* asked.failure;
    const { remadeIndex } = yield* Effect.promise(() => import("./history-source.ts"));
    const remade = asked._tag === "Success" ? asked.success : yield* remadeIndex(config);
    if (json) return yield* Console.log(toJson(remade));
    const dates =
      remade.to === 0 ? "" : `, from ${timeText(remade.from)} to ${timeText(remade.to)}`;
    const { kept = 0, lost = 0 } = remade.remade ?? {};
    yield* Console.log(
      [
        `${remade.rows} rows from the commits up to ${remade.sequence}${dates}: the index is made anew`,
        `of what the journal and its archive have no more, ${kept} rows were kept and ${lost} are lost`,
      ].join("\n"),
    );
  }, Effect.scoped),
).pipe(Command.withDescription("Make the index of `history` anew from the journal"));

function refuse(words: string): Effect.Effect<never, ControlError> {
  return Effect.fail(new ControlError({ problem: "refused", words }));
}

/** Asks the agent to begin, and waits until it is done. */
const byAgent = Effect.fnUntraced(function* (config: Config) {
  const path = controlPath(config.journal.directory);
  yield* askAgent(path, ["reindex"]);
  for (;;) {
    const stat = (yield* askAgent(path, ["history-stat"])) as Remade & {
      readonly state: HistoryState;
    };
    if (stat.state.type === "on") return stat;
    if (stat.state.type === "off") return yield* refuse(`history is off: ${stat.state.why}`);
    yield* Effect.sleep(askInterval);
  }
});
