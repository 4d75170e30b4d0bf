import { type HopSample, hopsOf } from "./hop.ts";
import { lively } from "./pace.ts";
import { type RouterName, type RouterStatus, routerNames, type Stage } from "./stage.ts";
import type { Check, Moment, Telling } from "./telling.ts";

/** Watches the stage, remembers, and passes everything on. */
export interface Observer {
  /** Lets time pass, looking now and then. */
  readonly watch: (milliseconds: number) => Promise<void>;
  /** Watches at least so long, then until something holds, at most so long. Whether it held. */
  readonly until: (holds: () => boolean, least: number, most: number) => Promise<boolean>;
  /** How long after an act b says that a stands so; undefined where it does not in 10 s. */
  readonly untilStanding: (
    standing: HopSample["standing"],
    act: () => Promise<unknown>,
  ) => Promise<Moment | undefined>;
  readonly hops: () => readonly [HopSample, HopSample, HopSample];
  /** What a router said last. */
  readonly status: (router: RouterName) => RouterStatus | undefined;
  /** The next one begins. */
  readonly phase: (title: string, why: string) => void;
  readonly check: (claim: string, holds: boolean, found: string) => void;
  readonly checks: readonly Check[];
  /** Milliseconds since the story began. */
  readonly elapsed: () => number;
}

/** How often the routers are looked at when something is timed, in milliseconds. */
const hastyInterval = 20;

/** How a story is watched. */
export interface Watch {
  readonly phases: number;
  /** How often the routers are looked at, in milliseconds. */
  readonly lookInterval: number;
}

/** The whole story, for people. */
export const wholeStory: Watch = { phases: 7, lookInterval: lively.lookInterval };

/**
 * How long anything is waited for that must happen, in milliseconds: long, because what a slow or
 * busy machine takes its time for is not a fault. How long it took is told.
 */
export const patience = 60_000;

/** An observer of a stage. */
export function newObserver(
  stage: Stage,
  tell: (what: Telling) => void,
  { phases, lookInterval }: Watch = wholeStory,
): Observer {
  let phase = 0;
  const began = stage.now();
  const elapsed = () => Math.round(stage.now() - began);
  let statuses: Readonly<Partial<Record<RouterName, RouterStatus>>> = {};
  const checks: Check[] = [];
  const hops = () => hopsOf(statuses) as readonly [HopSample, HopSample, HopSample];

  const look = async (): Promise<void> => {
    const found = await Promise.all(routerNames.map((name) => stage.status(name)));
    routerNames.forEach((name, i) => {
      const status = found[i];
      if (status !== undefined) statuses = { ...statuses, [name]: status };
    });
    const rss = Object.fromEntries(routerNames.map((name) => [name, statuses[name]?.memory ?? 0]));
    tell({ at: elapsed(), fact: "sample", hops: hops(), rss });
  };
  const until: Observer["until"] = async (holds, least, most) => {
    const start = stage.now();
    const over = (milliseconds: number) => stage.now() - start >= milliseconds;
    do {
      await stage.wait(lookInterval);
      await look();
    } while (!over(most) && !(over(least) && holds()));
    return holds();
  };
  return {
    watch: async (milliseconds) => void (await until(() => true, milliseconds, milliseconds)),
    until,
    untilStanding: async (standing, act) => {
      const before = (await stage.status("b"))?.counts.datagrams ?? 0;
      const start = stage.now();
      await act();
      let looked = stage.now();
      while (stage.now() - start < patience) {
        const status = await stage.status("b");
        if (status !== undefined && hopsOf({ b: status })[0]?.standing === standing) {
          const milliseconds = Math.round(stage.now() - start);
          return { milliseconds, messages: status.counts.datagrams - before };
        }
        await stage.wait(hastyInterval);
        if (stage.now() - looked < lookInterval) continue;
        looked = stage.now();
        await look();
      }
      return undefined;
    },
    hops,
    status: (router) => statuses[router],
    phase: (title, why) => {
      phase += 1;
      tell({ at: elapsed(), fact: "phase", phase, of: phases, title, why });
    },
    check: (claim, holds, found) => {
      const check = { claim, holds, found };
      checks.push(check);
      tell({ at: elapsed(), fact: "check", ...check });
    },
    checks,
    elapsed,
  };
}
