import { setTimeout as sleep } from "node:timers/promises";
import { removeBelongings, removeLeftovers } from "./belongings.ts";
import { claimTag } from "./claim.ts";
import { diamondAddresses } from "./diamond-network.ts";
import { type DiamondFurniture, type DiamondStage, diamondStage } from "./diamond-stage.ts";
import { kernelObstacle } from "./obstacle.ts";

/** One thing that the demo claims, and whether it was so. */
export interface DiamondCheck {
  readonly claim: string;
  readonly found: string;
  readonly holds: boolean;
}

/** Who hears what happens. */
export interface DiamondTeller {
  readonly say: (words: string) => void;
  readonly check: (check: DiamondCheck) => void;
}

/** How it is played: what the stage is made of, and what a sends to the internet, in bytes a second. */
export interface DiamondPlay extends DiamondFurniture {
  readonly rate?: number;
  /** How long a route may take to become as it should, in milliseconds: beyond it a check fails. */
  readonly patience?: number;
}

/**
 * Best-buy routing on four routers with real tunnels and a real babeld; returns whether every check held.
 * Needs the kernel: routes that lead nowhere would show nothing. Leaves nothing behind.
 */
export async function playDiamond(
  teller: DiamondTeller,
  curtain: AbortSignal,
  { rate = 400_000, patience = 60_000, ...furniture }: DiamondPlay = {},
): Promise<boolean> {
  const claim = await claimTag();
  let stage: DiamondStage | undefined;
  let holds = true;
  const check = (one: DiamondCheck): void => {
    holds &&= one.holds;
    teller.check(one);
  };
  try {
    const obstacle = await kernelObstacle(claim.tag);
    if (obstacle !== undefined) throw new Error(`the diamond needs the kernel: ${obstacle}`);
    await removeLeftovers();
    teller.say("a buys; b and c both sell the way to d, which sells the internet");
    teller.say("starting four agents, each with a babeld of its own on its free tunnels ...");
    stage = await diamondStage(claim.tag, curtain, furniture);
    const { lookTime = 100 } = furniture;
    await tell(stage, teller, check, { rate, patience, lookTime, curtain });
    return holds;
  } finally {
    await stage?.close();
    await removeBelongings(claim.tag);
    claim.release();
  }
}

/** What every step of it needs to know. */
interface Course {
  readonly rate: number;
  readonly patience: number;
  /** Between two looks at what is waited for, in milliseconds. */
  readonly lookTime: number;
  readonly curtain: AbortSignal;
}

async function tell(
  stage: DiamondStage,
  { say }: DiamondTeller,
  check: (one: DiamondCheck) => void,
  course: Course,
): Promise<void> {
  const { rate, patience } = course;
  const arrives = async (claim: string, via: "b" | "c") => {
    const { milliseconds, reached } = await stage.until(via, patience);
    const route = await stage.route();
    const found = `by ${route?.via ?? "plain Babel"} after ${Math.round(milliseconds)} ms, at ${route?.price ?? "no"} grains a byte: ${route?.why}`;
    check({ claim, found, holds: reached });
  };
  await arrives("of two ways the cheaper one, by b, is taken", "b");
  await otherWay(stage, course);
  stage.startTraffic(rate);
  check(await paid(stage, "b", course));

  say("b raises its fee ...");
  await stage.ask("b", "set-price", "a", "0.09/GB");
  await arrives("a neighbour that becomes dearer is left", "c");
  check(await paid(stage, "c", course));

  say("b offers less than ever ...");
  await stage.ask("b", "set-price", "a", "0.002/GB");
  await arrives("and taken again when it is the cheapest", "b");

  say("somebody pulls the cable between a and b ...");
  await stage.cable("a", "b", false);
  await arrives("a link that fails is left", "c");
  await stage.cable("a", "b", true);

  say("the agent of a ends and leaves its tunnels ...");
  await stage.ask("a", "stop", "keep");
  await stage.end("a", "SIGCONT");
  const device = await stage.device("a", diamondAddresses.internet);
  check({
    claim: "plain Babel remains, in the free class",
    found: `the kernel takes ${device}`,
    holds: device.endsWith("0"),
  });
}

/** Waits until Babel knows both ways: what follows shows a choice, not the only way there is. */
async function otherWay(
  stage: DiamondStage,
  { patience, lookTime, curtain }: Course,
): Promise<void> {
  for (const end = performance.now() + patience; performance.now() < end; ) {
    const route = await stage.route().catch(() => undefined); // too busy to answer is no answer
    if (route?.alternatives.some(({ feasible }) => feasible) === true) return;
    await sleep(lookTime, undefined, { signal: curtain });
  }
}

/** Whether a pays a neighbour for bytes, soon. */
async function paid(
  stage: DiamondStage,
  name: "b" | "c",
  { patience, lookTime, curtain }: Course,
): Promise<DiamondCheck> {
  const before = await bytesPaidTo(stage, name);
  let now = before;
  for (const end = performance.now() + patience; now < before + 100_000n; ) {
    if (performance.now() > end) break;
    await sleep(lookTime, undefined, { signal: curtain });
    now = await bytesPaidTo(stage, name);
  }
  const found = `${now - before} bytes more sent to ${name} as paid`;
  return { claim: `bytes by ${name} are paid to ${name}`, found, holds: now > before };
}

async function bytesPaidTo(stage: DiamondStage, name: string): Promise<bigint> {
  const status = await stage.status("a");
  const found = status.neighbours.find(({ id }) => status.names[id] === name);
  const account = found?.accounts.find(({ direction }) => direction === "we pay");
  return BigInt(account?.position ?? "0");
}
