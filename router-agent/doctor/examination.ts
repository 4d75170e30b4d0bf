import * as Effect from "effect/Effect";
import { linuxMachine } from "#adapters/machine/linux-machine.ts";
import {
  type Answer,
  askAgent,
  type ControlError,
  controlPath,
  type Request,
} from "#agent/agent/control-socket.ts";
import type { Config } from "#agent/config/config.ts";
import { overview } from "#agent/status-page/overview.ts";
import { usageReport } from "#agent/status-page/usage-report.ts";
import { agentChecks } from "./agent-checks.ts";
import { type Diagnosis, fine, notice, wrong } from "./diagnosis.ts";
import { fileChecks } from "./file-checks.ts";
import { machineChecks } from "./machine-checks.ts";

/** Everything that can be said of a node: of its machine and files, and of its agent where one runs. */
export const examined = Effect.fnUntraced(function* (config: Config) {
  const answer = (request: Request) => askAgent(controlPath(config.journal.directory), request);
  const asked = yield* Effect.result(answer(["status"]));
  const running = asked._tag === "Success" || asked.failure.problem !== "absent";
  const count = `${config.neighbours.length} neighbour(s), ${config.routes.length} route(s)`;
  return [
    fine("configuration", count),
    ...(yield* machineChecks(config, running).pipe(Effect.provide(linuxMachine))),
    ...(yield* fileChecks(config, running)),
    ...(asked._tag === "Success" ? yield* questioned(config, answer) : [absence(asked.failure)]),
  ];
});

/** What the agent says of itself, with the pace of its history, if it has one. */
const questioned = Effect.fnUntraced(function* (config: Config, answer: Answer) {
  const now = Date.now() / 1000;
  const usage = yield* usageReport(answer, config.neighbours.length, now).pipe(
    Effect.catch(() => Effect.succeed(undefined)),
  );
  return agentChecks(yield* overview(answer, { config, usage, samples: [], now }));
});

function absence({ problem, words }: ControlError): Diagnosis {
  return problem === "absent"
    ? notice("agent", "it does not run", "start it: run --config FILE")
    : wrong("agent", words, "ask as its user, or start it again");
}
