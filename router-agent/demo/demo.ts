import { existsSync } from "node:fs";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { toJson } from "#agent/agent/facts.ts";
import { removeBelongings, removeLeftovers } from "./belongings.ts";
import { claimTag } from "./claim.ts";
import type { DemoChain } from "./demo-chain.ts";
import { kernelStage } from "./kernel-stage.ts";
import { memoryStage } from "./memory-stage.ts";
import { kernelObstacle } from "./obstacle.ts";
import { routerNames, type Stage } from "./stage.ts";
import { tellStory } from "./story.ts";
import type { Ending } from "./telling.ts";
import { type View, view } from "./view.ts";

/** How the demo is told. */
export interface DemoOptions {
  /** Facts for programs, one JSON object a line; else a picture for people. */
  readonly json: boolean;
  /** In memory, even where the kernel could be used. */
  readonly memory: boolean;
  /** Channels lie on a chain that runs beside the routers, instead of in their configurations. */
  readonly chain: boolean;
  /** Where the three journals are kept for an audit, or nothing: then they are removed. */
  readonly keep: string | undefined;
}

/**
 * Plays the demo: on this kernel where that is possible, else in memory, and says which. Returns
 * the exit code: 0 only where every check holds. Leaves nothing behind, also when interrupted: then
 * it waits until the step under way is done, so that nothing is made while everything is removed.
 */
export const runDemo = (options: DemoOptions): Effect.Effect<number> =>
  Effect.suspend(() => {
    const curtain = new AbortController();
    const listening = endWith(curtain);
    const playing = play(options, curtain.signal).finally(listening);
    const interrupted = Effect.promise(() => {
      curtain.abort();
      return playing;
    });
    return Effect.promise(() => playing).pipe(Effect.onInterrupt(() => interrupted));
  });

/**
 * A closed terminal, or a reader that went away, is the end as Ctrl-C is. Other commands exit at
 * once where nobody reads any more; this one has to clean up first.
 */
function endWith(curtain: AbortController): () => void {
  const fall = (): void => curtain.abort();
  const others = process.stdout.listeners("error") as ((error: Error) => void)[];
  process.stdout.removeAllListeners("error");
  process.stdout.on("error", fall);
  process.on("SIGHUP", fall);
  return () => {
    process.off("SIGHUP", fall);
    process.stdout.off("error", fall);
    for (const other of others) process.stdout.on("error", other);
  };
}

async function play(options: DemoOptions, curtain: AbortSignal): Promise<number> {
  const teller = options.json ? jsonTeller() : peopleTeller();
  if (
    options.keep !== undefined &&
    routerNames.some((one) => existsSync(join(options.keep ?? "", one)))
  ) {
    teller.fail(`${options.keep} holds journals already: give --keep another directory`);
    return 1;
  }
  const claim = await claimTag();
  let stage: Stage | undefined;
  let chain: DemoChain | undefined;
  try {
    if (options.chain) chain = await beginChain(teller);
    stage = await raise(options, claim.tag, curtain, teller, chain);
    teller.stage(stage);
    const ending = await tellStory(stage, teller.tell);
    if (options.keep !== undefined) await keep(stage, options.keep, teller);
    teller.end(ending);
    return ending.passed ? 0 : 1;
  } catch (error) {
    teller.fail(curtain.aborted ? "interrupted" : messageOf(error));
    return 1;
  } finally {
    await stage?.close();
    await chain?.close();
    claim.release();
  }
}

async function keep(stage: Stage, directory: string, teller: Teller): Promise<void> {
  await stage.keepJournals(directory);
  const all = routerNames.map((name) => join(directory, name)).join(" ");
  teller.say(`the journals are kept: npm run audit -- compare ${all}`);
}

async function raise(
  options: DemoOptions,
  tag: string,
  curtain: AbortSignal,
  teller: Teller,
  chain: DemoChain | undefined,
): Promise<Stage> {
  if (options.memory) return memoryStage({ why: "you asked for it", curtain, chain });
  teller.say("looking for what earlier demos left behind, and at what this kernel can do ...");
  const obstacle = await kernelObstacle(tag);
  if (obstacle !== undefined) return memoryStage({ why: obstacle, curtain, chain });
  await removeLeftovers();
  teller.say("making three routers, their cables and tunnels; starting three agents ...");
  try {
    return await kernelStage(tag, curtain, { chain });
  } catch (error) {
    await removeBelongings(tag);
    throw error;
  }
}

/** The chain's code is loaded only by who asks for it. */
async function beginChain(teller: Teller): Promise<DemoChain> {
  teller.say("starting a chain of its own (anvil), with the contract and play money on it ...");
  const { openDemoChain } = await import("./demo-chain.ts");
  return openDemoChain();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Who tells: to programs, or to people. */
interface Teller extends Pick<View, "tell" | "end" | "fail" | "say"> {
  readonly stage: (stage: Stage) => void;
}

function peopleTeller(): Teller {
  const { NO_COLOR, TERM } = process.env;
  const live = process.stdout.isTTY === true && NO_COLOR === undefined && TERM !== "dumb";
  const shown = view((text) => process.stdout.write(text), {
    live,
    width: () => process.stdout.columns ?? 100,
  });
  return { ...shown, stage: ({ note }) => shown.say(`on ${note}`) };
}

function jsonTeller(): Teller {
  const print = (what: unknown): void => void process.stdout.write(`${toJson(what)}\n`);
  return {
    say: (words) => print({ fact: "preparation", words }),
    stage: ({ mode, note }) => print({ fact: "stage", mode, note }),
    tell: print,
    end: (ending) => print(lastLine(ending)),
    fail: (why) => print({ demo: "failed", why, hops: [], checks: [] }),
  };
}

/** The last line of `--json`: everything that was found, quantities as decimal texts. */
function lastLine({ hops, passed, ...rest }: Ending) {
  return {
    demo: passed ? "passed" : "failed",
    ...rest,
    hops: hops.map(({ names: [payer, payee], worstExposure, ...hop }) => ({
      ...hop,
      payer,
      payee,
      payerId: hop.payer,
      payeeId: hop.payee,
      exposure: worstExposure,
      exposureAtEnd: hop.exposure,
    })),
  };
}
