import * as Deferred from "effect/Deferred";
import * as Effect from "effect/Effect";
import type { Answer } from "#agent/agent/control-socket.ts";
import { answerRequest } from "#agent/agent/request.ts";
import { pageReader } from "#agent/status-page/page-reader.ts";
import { pageScripts } from "#agent/status-page/page-script.ts";
import type { Sampler } from "#agent/status-page/sampler.ts";
import type { Reader } from "#agent/status-page/web-server.ts";
import { end, memoryRouters, rounds, start, traffic } from "../agent/memory-routers.ts";

/** What the page of router a reads, and what it reads it from. */
export interface PageWorld {
  readonly read: Reader;
  readonly answer: Answer;
  readonly config: Parameters<typeof pageReader>[0]["config"];
}

const noSamples: Sampler = { samples: () => [], forget: () => {} };

/** Two routers that have traded; a's page, without history. @param changed what stands between. */
export async function withPage(
  story: (world: PageWorld) => Promise<void>,
  changed: (answer: Answer) => Answer = (answer) => answer,
  sampler: Sampler = noSamples,
): Promise<void> {
  const world = memoryRouters({ history: "off" });
  try {
    const agent = await start(world, "a");
    await start(world, "b");
    await rounds(world, 6);
    traffic(world, 900_000n, 20n);
    await rounds(world, 3);
    const stopping = Deferred.makeUnsafe<"stop" | "stop and keep">();
    const { keeper } = world.a;
    const answer = changed(answerRequest(agent, stopping, { keeper }));
    const { config } = agent;
    const read = pageReader({ answer, config, sampler, scripts: () => pageScripts() });
    await story({ read, answer, config });
  } finally {
    await end(world);
  }
}

/** An answer with more requests than the agent has. */
export const withAnswers =
  (more: Readonly<Record<string, unknown>>) =>
  (answer: Answer): Answer =>
  (request) =>
    Object.hasOwn(more, request[0]) ? Effect.succeed(more[request[0]]) : answer(request);
