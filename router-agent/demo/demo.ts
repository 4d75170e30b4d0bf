import * as Effect from "effect/Effect";
import { toJson } from "#agent/agent/facts.ts";
import { kernelObstacle, kernelStage } from "./kernel-stage.ts";
import type { Stage } from "./stage.ts";
import { type Ending, tellStory } from "./story.ts";

/** How the demo is told. */
export interface DemoOptions {
  readonly json: boolean;
  /** In memory, even where the kernel could be used. */
  readonly memory: boolean;
}

/** Plays the demo; returns the exit code: 0 only where every check holds. */
export const runDemo = (options: DemoOptions) =>
  Effect.acquireUseRelease(
    Effect.promise(() => raise(options)),
    (stage) =>
      Effect.promise(async () => {
        const ending = await tellStory(stage, (what) => console.log(toJson(what)));
        console.log(lastLine(ending));
        return ending.passed ? 0 : 1;
      }),
    (stage) => Effect.promise(() => stage.close()),
  );

async function raise(_options: DemoOptions): Promise<Stage> {
  const obstacle = await kernelObstacle();
  if (obstacle !== undefined) throw new Error(obstacle);
  return kernelStage();
}

function lastLine(ending: Ending): string {
  return toJson({ demo: ending.passed ? "passed" : "failed", ...ending });
}
