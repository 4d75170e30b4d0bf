import { gzipSync } from "node:zlib";
import * as Deferred from "effect/Deferred";
import * as Effect from "effect/Effect";
import { rolldown } from "rolldown";
import type { Answer } from "#agent/agent/control-socket.ts";
import { answerRequest } from "#agent/agent/request.ts";
import { metricsText } from "#agent/status-page/metrics-text.ts";
import { overview } from "#agent/status-page/overview.ts";
import { pageMarkup } from "#agent/status-page/page-markup.ts";
import { pageStyle } from "#agent/status-page/page-style.ts";
import { end, memoryRouters, rounds, start, traffic } from "../agent/memory-routers.ts";
import { benchPageMemory } from "./page-memory.ts";

/** What the agent may take in all, minified, in bytes: the page's part is in it. */
const bundleGoal = 250_000;

/** Neighbours of the largest network that is measured. */
const neighbourCounts = [1, 20, 100] as const;

/** Questions of each measurement. */
const questions = 50;

/**
 * What the status page costs: bytes of what a browser loads, beside the goal of the whole bundle, and
 * how long the agent's one thread works for a look and for a scrape, by the number of neighbours.
 */
export async function benchPage() {
  const script = await minified("router-agent/status-page/browser/page.ts", "iife");
  const assets = script.length + pageStyle.length + pageMarkup.length;
  const world = memoryRouters({ history: "off" });
  try {
    const agent = await start(world, "a");
    await start(world, "b");
    await rounds(world, 6);
    traffic(world, 900_000n);
    await rounds(world, 3);
    const stopping = Deferred.makeUnsafe<"stop" | "stop and keep">();
    const real = answerRequest(agent, stopping, { keeper: world.a.keeper });
    const looks = [];
    for (const neighbours of neighbourCounts) {
      const answer = multiplied(real, neighbours);
      const sources = { config: agent.config(), usage: undefined, samples: [], now: 0 };
      looks.push({
        neighbours,
        overviewMilliseconds: await median(() => overview(answer, sources)),
        metricsMilliseconds: await median(() => metricsText(answer, agent.config())),
      });
    }
    return {
      scriptBytes: script.length,
      styleBytes: pageStyle.length,
      markupBytes: pageMarkup.length,
      assetsBytes: assets,
      assetsGzippedBytes: gzipSync(script + pageStyle + pageMarkup).length,
      bundleGoalBytes: bundleGoal,
      shareOfGoalPercent: Number(((assets * 100) / bundleGoal).toFixed(1)),
      looks,
      memoryBytes: await benchPageMemory(),
    };
  } finally {
    await end(world);
  }
}

async function minified(input: string, format: "iife"): Promise<string> {
  const bundle = await rolldown({ input });
  const { output } = await bundle.generate({ format, minify: true });
  await bundle.close();
  return output[0].code;
}

/** The same agent with its one neighbour so many times. */
function multiplied(answer: Answer, times: number): Answer {
  return (request) =>
    Effect.map(answer(request), (told) => {
      if (request[0] !== "status") return told;
      const status = told as { readonly neighbours: readonly object[] };
      const neighbours = Array.from({ length: times }, (_, i) => ({
        ...status.neighbours[0],
        id: `02${String(i).padStart(64, "0")}`,
      }));
      return { ...status, neighbours };
    });
}

async function median<E>(work: () => Effect.Effect<unknown, E>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < questions; i++) {
    const began = performance.now();
    await Effect.runPromise(work());
    times.push(performance.now() - began);
  }
  return Number((times.toSorted((a, b) => a - b)[questions >> 1] ?? 0).toFixed(2));
}
