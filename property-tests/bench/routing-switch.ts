import { fileURLToPath } from "node:url";
import { claimTag } from "#agent/demo/claim.ts";
import { diamondAddresses, internetPrefix } from "#agent/demo/diamond-network.ts";
import { type DiamondStage, diamondStage } from "#agent/demo/diamond-stage.ts";
import { labObstacle } from "../lab/lab.ts";
import { removal } from "./removal.ts";

/** How long it takes until another way is taken, on a diamond of real agents. */
export interface RoutingSwitch {
  /** Why nothing was measured. */
  readonly skipped?: string;
  readonly rounds: number;
  /** Milliseconds from `set-price` at the neighbour to the route in the kernel, median and longest. */
  readonly priceChange?: readonly [number, number];
  /** From a cable's end to the route in the kernel. */
  readonly linkFailure?: readonly [number, number];
  /** The peer in the same rounds: until babeld's own route in the main table leaves the dead link. */
  readonly linkFailureOfBabel?: readonly [number, number];
  /** Per cent injected on the cable towards b, and per cent lost as the probes say. */
  readonly lossInjected?: number;
  readonly lossCounted?: number;
  readonly lossMeasured?: number;
}

const program = fileURLToPath(new URL("../../router-agent/main.ts", import.meta.url));

const patience = 60_000;

const lossPercent = 3;

/** Needs root, the tools and babeld; leaves nothing behind. */
export async function routingSwitch(rounds = 5): Promise<RoutingSwitch> {
  const obstacle = labObstacle();
  if (obstacle !== undefined) return { skipped: obstacle, rounds: 0 };
  const claim = await claimTag();
  const curtain = new AbortController();
  const raising = diamondStage(claim.tag, curtain.signal, { program });
  const gone = removal(async () => {
    curtain.abort();
    await raising.then(
      (stage) => stage.close(),
      () => undefined,
    );
    claim.release();
  });
  try {
    const tunnel = (to: string, priceClass: number) => `a${claim.tag}${to}${priceClass}`;
    return await measure(await raising, rounds, tunnel);
  } finally {
    await gone();
  }
}

async function measure(
  stage: DiamondStage,
  rounds: number,
  tunnel: (to: string, priceClass: number) => string,
): Promise<RoutingSwitch> {
  const taken = async (name: string): Promise<boolean> =>
    (await stage.device("a", diamondAddresses.internet)) === name;
  const installed = async (name: string): Promise<boolean> =>
    (await stage.run("a", "ip", "route", "show", internetPrefix, "proto", "babel")).includes(name);
  const bothWays = async (): Promise<boolean> => {
    const route = await stage.route();
    return route?.via === "b" && route.alternatives.some(({ feasible }) => feasible);
  };
  await until(bothWays);
  const [prices, failures, babels]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < rounds; round++) {
    await stage.ask("b", "set-price", "a", "0.09/GB");
    prices.push(await until(() => taken(tunnel("c", 1))));
    await stage.ask("b", "set-price", "a", "0.002/GB");
    prices.push(await until(() => taken(tunnel("b", 1))));
  }
  for (let round = 0; round < rounds; round++) {
    await until(bothWays);
    await stage.cable("a", "b", false);
    const began = performance.now();
    failures.push(await until(() => taken(tunnel("c", 1)), began));
    await stage.cable("a", "b", true);
    await until(bothWays);
    // Babel has a way of its own, of two that are alike to it: that one is taken from it.
    const [lost, left] = (await installed(tunnel("b", 0)))
      ? (["b", "c"] as const)
      : (["c", "b"] as const);
    await stage.cable("a", lost, false);
    const pulled = performance.now();
    babels.push(await until(() => installed(tunnel(left, 0)), pulled));
    await stage.cable("a", lost, true);
  }
  return {
    rounds,
    priceChange: summary(prices),
    linkFailure: summary(failures),
    linkFailureOfBabel: summary(babels),
    ...(await lossOf(stage, bothWays)),
  };
}

/** Loses packets on the cable from a to b, and compares what the kernel dropped with what probes say. */
async function lossOf(stage: DiamondStage, bothWays: () => Promise<boolean>) {
  await until(bothWays);
  const table = ["netdev", "bench_loss"];
  await stage.run("b", "nft", "add", "table", ...table);
  const chain = '{ type filter hook ingress device "to-a" priority 0 ; }';
  await stage.run("b", "nft", `add chain ${table.join(" ")} in ${chain}`);
  await stage.run("b", "nft", `add rule ${table.join(" ")} in counter`);
  await stage.run(
    "b",
    "nft",
    `add rule ${table.join(" ")} in numgen random mod 100 < ${lossPercent} counter drop`,
  );
  stage.startTraffic(400_000);
  await new Promise((resolve) => setTimeout(resolve, 30_000));
  const shown = await stage.run("b", "nft", "list", "table", ...table);
  const [all = 0, dropped = 0] = [...shown.matchAll(/bytes ([0-9]+)/g)].map(([, bytes]) =>
    Number(bytes),
  );
  const { links } = await stage.routes("a");
  stage.stopTraffic();
  const measured = Number(links.find(({ neighbour }) => neighbour === "b")?.lossOut ?? "0");
  return {
    lossInjected: lossPercent,
    lossCounted: rounded((100 * dropped) / Math.max(1, all)),
    lossMeasured: rounded(measured / 10_000),
  };
}

async function until(holds: () => Promise<boolean>, began = performance.now()): Promise<number> {
  while (!(await holds().catch(() => false))) {
    if (performance.now() - began > patience) throw new Error("it never came to pass");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return performance.now() - began;
}

function summary(values: readonly number[]): readonly [number, number] {
  const sorted = [...values].sort((a, b) => a - b);
  return [Math.round(sorted[sorted.length >> 1] ?? 0), Math.round(sorted.at(-1) ?? 0)];
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
