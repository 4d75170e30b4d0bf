import * as Effect from "effect/Effect";
import { toJson } from "#agent/agent/facts.ts";
import { kernelObstacle, kernelStage } from "./kernel-stage.ts";
import { memoryStage } from "./memory-stage.ts";
import type { Stage } from "./stage.ts";
import { type Ending, tellStory } from "./story.ts";
import { view } from "./view.ts";

/** How the demo is told. */
export interface DemoOptions {
  readonly json: boolean;
  /** In memory, even where the kernel could be used. */
  readonly memory: boolean;
}

/**
 * Plays the demo: on this kernel where that is possible, else in memory, and says which. Returns
 * the exit code: 0 only where every check holds. Leaves nothing behind, also when interrupted.
 */
export const runDemo = (options: DemoOptions) =>
  Effect.acquireUseRelease(
    Effect.promise(() => raise(options)),
    (stage) => Effect.promise(() => (options.json ? tellJson(stage) : tellPeople(stage))),
    (stage) => Effect.promise(() => stage.close()),
  );

async function raise(options: DemoOptions): Promise<Stage> {
  if (options.memory) return memoryStage("you asked for it");
  if (!options.json) console.log("making routers, cables and tunnels ...");
  const obstacle = await kernelObstacle();
  return obstacle === undefined ? kernelStage() : memoryStage(obstacle);
}

async function tellJson(stage: Stage): Promise<number> {
  console.log(toJson({ fact: "stage", mode: stage.mode, note: stage.note }));
  const ending = await tellStory(stage, (what) => console.log(toJson(what)));
  console.log(lastLine(ending));
  return ending.passed ? 0 : 1;
}

async function tellPeople(stage: Stage): Promise<number> {
  const { NO_COLOR } = process.env;
  const live = process.stdout.isTTY === true && NO_COLOR === undefined;
  const shown = view((text) => process.stdout.write(text), live, stage.note);
  const ending = await tellStory(stage, shown.tell);
  shown.end(ending);
  return ending.passed ? 0 : 1;
}

/** The last line of `--json`: everything that was found, quantities as decimal texts. */
function lastLine(ending: Ending): string {
  const hops = ending.hops.map(({ names, peak, payer, payee, ...hop }) => ({
    payer: names[0],
    payee: names[1],
    payerId: payer,
    payeeId: payee,
    ...hop,
    exposure: peak,
  }));
  return toJson({ demo: ending.passed ? "passed" : "failed", ...ending, hops });
}
