import * as Effect from "effect/Effect";
import { type DiamondCheck, playDiamond } from "./diamond-demo.ts";

/**
 * `demo --topology diamond`, for people or for programs (a JSON object a line, the verdict last).
 * Returns the exit code: 0 only where every check holds. Interrupted, it cleans up first.
 */
export const runDiamond = (json: boolean): Effect.Effect<number> =>
  Effect.suspend(() => {
    const curtain = new AbortController();
    const playing = play(json, curtain.signal);
    const interrupted = Effect.promise(() => {
      curtain.abort();
      return playing;
    });
    return Effect.promise(() => playing).pipe(Effect.onInterrupt(() => interrupted));
  });

async function play(json: boolean, curtain: AbortSignal): Promise<number> {
  const print = (text: string): void => void process.stdout.write(`${text}\n`);
  const checks: DiamondCheck[] = [];
  const say = (words: string): void =>
    print(json ? JSON.stringify({ fact: "preparation", words }) : words);
  const check = (one: DiamondCheck): void => {
    checks.push(one);
    const { claim, found, holds } = one;
    print(
      json
        ? JSON.stringify({ fact: "check", ...one })
        : `${holds ? "ok  " : "FAIL"} ${claim}: ${found}`,
    );
  };
  try {
    const passed = await playDiamond({ say, check }, curtain);
    print(
      json
        ? JSON.stringify({ demo: passed ? "passed" : "failed", checks })
        : passed
          ? "every check holds"
          : "a check FAILED",
    );
    return passed ? 0 : 1;
  } catch (error) {
    const why = curtain.aborted
      ? "interrupted"
      : error instanceof Error
        ? error.message
        : String(error);
    print(json ? JSON.stringify({ demo: "failed", why, checks }) : `the demo failed: ${why}`);
    return 1;
  }
}
