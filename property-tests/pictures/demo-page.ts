import * as Context from "effect/Context";
import * as Deferred from "effect/Deferred";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { HistoryIndex } from "#adapters/index/history-index.ts";
import { indexOn } from "#adapters/index/index-service.ts";
import { memoryPlace } from "#adapters/index/memory-index.ts";
import { recentCommits, remembering, withRecent } from "#adapters/index/recent-commits.ts";
import type { CivilNote } from "#adapters/journal/civil-notes.ts";
import type { Journal } from "#adapters/journal/journal.ts";
import type { Agent } from "#agent/agent/agent.ts";
import type { Answer } from "#agent/agent/control-socket.ts";
import { startHistorian } from "#agent/agent/historian.ts";
import { answerHistory } from "#agent/agent/history-request.ts";
import { type Bystander, memoryStage } from "#agent/demo/memory-stage.ts";
import type { Stage } from "#agent/demo/stage.ts";
import { pageReader } from "#agent/status-page/page-reader.ts";
import type { PageScripts } from "#agent/status-page/page-script.ts";
import { startSampler } from "#agent/status-page/sampler.ts";
import { webServer } from "#agent/status-page/web-server.ts";

/** So many times faster than on a kernel. */
const pace = 4;

/** An hour of the history passes in so many milliseconds of the demo. */
const hourLength = 1000;

/** How often a sample for the live plots is taken, in ms. */
const sampleInterval = 1000;

/** The demo in memory with the status page of its router b. */
export interface DemoPage {
  readonly port: number;
  readonly stage: Stage;
  /** Lets so many hours of the history pass, with the traffic of a home by day and night. */
  readonly hours: (count: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Plays the demo's network in memory, and serves the page of the router in the middle. */
export async function demoPage(hours: number, scripts: () => PageScripts): Promise<DemoPage> {
  const curtain = new AbortController();
  const up = Deferred.makeUnsafe<number>();
  const begin = Math.floor(Date.now() / 3_600_000) * 3600 - hours * 3600;
  const notes: CivilNote[] = [{ sequence: 0n, seconds: begin }];
  const beside = besideB(notes, scripts, up);
  const stage = await memoryStage({
    why: "a picture is taken",
    curtain: curtain.signal,
    pace,
    bystander: beside.bystander,
  });
  return {
    port: await Effect.runPromise(Deferred.await(up)),
    stage,
    hours: async (count) => {
      for (let i = 0; i < count && !curtain.signal.aborted; i++) {
        const busy = hourLength * loadOf(notes.length - 1);
        await stage.startTraffic();
        await pause(busy);
        await stage.stopTraffic();
        await pause(hourLength - busy);
        notes.push({ sequence: await beside.commits(), seconds: begin + notes.length * 3600 });
      }
    },
    close: async () => {
      curtain.abort();
      await stage.close();
    },
  };
}

/** More in the evening than at night, and no two days alike. */
function loadOf(hour: number): number {
  const evening = (1 + Math.cos(((hour - 20) / 24) * 2 * Math.PI)) / 2;
  return 0.12 + 0.8 * evening * (0.75 + 0.25 * Math.sin(hour * 1.7));
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

interface Beside {
  readonly bystander: Bystander;
  readonly commits: () => Promise<bigint>;
}

/** A historian, a sampler and a page beside the agent of b. */
function besideB(
  notes: readonly CivilNote[],
  scripts: () => PageScripts,
  up: Deferred.Deferred<number>,
): Beside {
  const recent = recentCommits();
  let journal: Journal["Service"] | undefined;
  const start = Effect.fnUntraced(function* (agent: Agent, asked: Answer) {
    const layer = Layer.fresh(indexOn(memoryPlace(), { limit: 16_777_216n, days: 400 }));
    const index = Context.get(yield* Effect.orDie(Layer.build(layer)), HistoryIndex);
    const commits = withRecent((from) => (journal as Journal["Service"]).commits(from), recent);
    const historian = yield* startHistorian(index, { commits, recent, notes: () => notes });
    const answer: Answer = (request) =>
      request[0] === "history"
        ? answerHistory("history", request.slice(1), historian)
        : asked(request);
    const sampler = yield* startSampler(agent, sampleInterval);
    const reader = pageReader({ answer, config: agent.config, sampler, scripts });
    const place = { host: "127.0.0.1", port: 0, hosts: ["127.0.0.1"], password: undefined };
    const { port } = yield* Effect.orDie(webServer(place, reader));
    yield* Deferred.succeed(up, port);
  });
  return {
    bystander: {
      journal: (name, real) => {
        if (name !== "b") return real;
        journal = remembering(real, recent);
        return journal;
      },
      start: (name, agent, answer) => (name === "b" ? start(agent, answer) : Effect.void),
    },
    commits: async () => {
      if (journal === undefined) return 0n;
      return (await Effect.runPromise(journal.stat)).commits;
    },
  };
}
