import * as Effect from "effect/Effect";
import { linuxMachine } from "#adapters/machine/linux-machine.ts";
import { Settlement } from "#adapters/settlement/settlement.ts";
import { incidentFile } from "#agent/incidents/incident-file.ts";
import { startIncidentKeeper } from "#agent/incidents/incident-keeper.ts";
import { withIncidents } from "#agent/incidents/incident-request.ts";
import { observer } from "#agent/incidents/observer.ts";
import { startSampler } from "#agent/status-page/sampler.ts";
import type { Agent } from "./agent.ts";
import type { Answer } from "./control-socket.ts";

/**
 * What people look at, beside the loop and never in its way: samples for plots, incidents, and the
 * status page, whose code is loaded only where there is one. Returns who answers requests, those
 * about incidents included.
 */
export const startFace = Effect.fnUntraced(function* (agent: Agent, asked: Answer) {
  const sampler = yield* startSampler(agent);
  const settlement = yield* Settlement;
  const observe = yield* observer(agent, asked, () => settlement.state().problem).pipe(
    Effect.provide(linuxMachine),
  );
  const { book } = yield* startIncidentKeeper(agent, observe, sampler.forget, {
    store: incidentFile(agent.config().journal.directory),
  });
  const answer = withIncidents(asked, book);
  const { listen } = agent.config().status;
  if (listen === "off") return answer;
  const { startStatusPage } = yield* Effect.promise(
    () => import("#agent/status-page/status-page.ts"),
  );
  yield* startStatusPage({ listen, config: agent.config, answer, sampler });
  return answer;
});
