import { execFile } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { namespaceName, removeBelongings } from "#agent/demo/belongings.ts";
import { claimTag } from "#agent/demo/claim.ts";
import { type DiamondStage, diamondStage } from "#agent/demo/diamond-stage.ts";
import { kernelObstacle } from "#agent/demo/obstacle.ts";
import type { Look } from "./browser.ts";
import type { Subject } from "./photograph.ts";

const execute = promisify(execFile);

const photographer = join(import.meta.dirname, "photographer.ts");

const listen = "127.0.0.1:8470";

/** a weighs ways as a router does by default; what else runs on this machine is part of the picture. */
const weights = { weight_loss: "100", weight_delay: "100" };

/** How long anything that must happen is waited for, in milliseconds. */
const patience = 120_000;

/** One picture of router a, of a part of its page. */
interface Part {
  readonly name: string;
  readonly part: string;
  readonly look: Look;
  readonly shows: string;
}

const desktop: Look = { width: 1200, height: 800, scheme: "light", density: 1 };
const phone: Look = { width: 360, height: 780, scheme: "dark", density: 2 };
const section = (name: string) => `section[aria-labelledby=${name}-heading]`;

const routes: readonly Part[] = [
  { name: "routes-desktop-light", part: section("routes"), look: desktop, shows: "10.99.9.0/24" },
  { name: "routes-phone-dark", part: section("routes"), look: phone, shows: "10.99.9.0/24" },
];

const incidents: readonly Part[] = [
  {
    name: "incidents-desktop-light",
    part: section("incidents"),
    look: desktop,
    shows: "tunnel without handshake",
  },
  {
    name: "incidents-phone-dark",
    part: section("incidents"),
    look: phone,
    shows: "tunnel without handshake",
  },
];

/**
 * Pictures of what only a kernel has: routes that four agents chose over a real babeld, and incidents of
 * router a, which starts while its cable to c is unplugged, and whose packet filter is flushed. Leaves nothing behind.
 * @param tell hears the path of each picture as it is made.
 * @returns why there are none, or nothing.
 */
export async function diamondPictures(
  directory: string,
  program: string,
  curtain: AbortSignal,
  tell: (path: string) => void,
): Promise<string | undefined> {
  const claim = await claimTag();
  let stage: DiamondStage | undefined;
  try {
    const obstacle = await kernelObstacle(claim.tag);
    if (obstacle !== undefined) return obstacle;
    const changes = { a: { ...weights, status_listen: listen } };
    stage = await diamondStage(claim.tag, curtain, { changes, program, lookTime: 100 });
    await chosen(stage, curtain);
    stage.startTraffic(400_000);
    await sleep(5000, undefined, { signal: curtain });
    for (const one of routes) tell(await pictureOf(claim.tag, directory, one));
    await stage.ask("a", "stop");
    await stage.end("a", "SIGCONT");
    await stage.cable("a", "c", false);
    await stage.start("a");
    await incident(stage, "tunnel without handshake", curtain);
    await stage.run("a", "nft", "flush", "ruleset");
    await incident(stage, "packet filter table gone", curtain);
    for (const one of incidents) tell(await pictureOf(claim.tag, directory, one));
    return undefined;
  } finally {
    await stage?.close();
    await removeBelongings(claim.tag);
    claim.release();
  }
}

async function pictureOf(tag: string, directory: string, one: Part): Promise<string> {
  const { name, ...rest } = one;
  const path = join(directory, `${name}.png`);
  const subject: Subject = { ...rest, path, address: `http://${listen}/` };
  const words = [process.execPath, photographer, JSON.stringify(subject)];
  await execute("ip", ["netns", "exec", namespaceName(tag, "a"), ...words], { timeout: patience });
  return path;
}

/** Waits until both ways are known and one of them is taken. */
async function chosen(stage: DiamondStage, curtain: AbortSignal): Promise<void> {
  for (const end = performance.now() + patience; performance.now() < end; ) {
    const route = await stage.route().catch(() => undefined); // too busy to answer is no answer
    const known = route?.alternatives.some(({ feasible }) => feasible) === true;
    if (known && route?.via !== undefined) return;
    await sleep(200, undefined, { signal: curtain });
  }
  throw new Error(`no route was chosen in ${patience / 1000} s`);
}

async function incident(stage: DiamondStage, kind: string, curtain: AbortSignal): Promise<void> {
  for (const end = performance.now() + patience; performance.now() < end; ) {
    const answer = JSON.stringify(await stage.ask("a", "incidents").catch(() => ({})));
    if (answer.includes(`"kind":"${kind}`)) return;
    await sleep(500, undefined, { signal: curtain });
  }
  throw new Error(`no incident "${kind}" in ${patience / 1000} s`);
}
