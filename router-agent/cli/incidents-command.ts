import * as Console from "effect/Console";
import * as Command from "effect/cli/Command";
import * as Effect from "effect/Effect";
import { askAgent, controlPath } from "#agent/agent/control-socket.ts";
import { toJson } from "#agent/agent/facts.ts";
import type { IncidentView } from "#agent/status-page/overview-form.ts";
import { timeText } from "./civil-time-text.ts";
import { configFlag, jsonFlag, loadConfig } from "./config-source.ts";

/** `incidents`: what went wrong in this run, what the agent did about it, and what to do. */
export const incidentsCommand = Command.make(
  "incidents",
  { config: configFlag, json: jsonFlag },
  Effect.fn(function* ({ config: path, json }) {
    const config = yield* loadConfig(path);
    const answer = yield* askAgent(controlPath(config.journal.directory), ["incidents"]);
    if (json) return yield* Console.log(toJson(answer));
    const { incidents } = answer as { readonly incidents: readonly IncidentView[] };
    if (incidents.length === 0) return yield* Console.log("nothing went wrong in this run");
    yield* Console.log(incidents.flatMap(incidentLines).join("\n"));
  }),
).pipe(Command.withDescription("Show what went wrong in this run, and what to do about it"));

function incidentLines(one: IncidentView): readonly string[] {
  const { kind, subject, since, detected, action, advice, open } = one;
  const head = `${open ? "OPEN" : "over"}  ${timeText(since) || "time not known"}  ${kind}`;
  return [
    subject === "" ? head : `${head} (${subject})`,
    `      ${detected}`,
    ...(open ? [`      the agent ${action}`, `      -> ${advice}`] : []),
  ];
}
