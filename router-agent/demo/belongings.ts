import { lstat, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { uapiPath } from "#adapters/wireguard/uapi-socket.ts";
import { runDirectoryOf } from "#agent/routing/run-directory.ts";
import { isHeld } from "./claim.ts";
import { tool } from "./namespace.ts";
import { routerNames } from "./stage.ts";

/** Where programs of the demo live: the routers, the "internet", and a place to try things out. */
export const places = [...routerNames, "d", "i", "p"] as const;
/** One of the {@link places}. */
export type Place = (typeof places)[number];

/** The network namespace of a place. */
export function namespaceName(tag: string, place: Place): string {
  return `meshtoll-demo-${tag}-${place}`;
}

/** The directory of a demo's keys, configurations, journals and logs, mode 0700. */
export function homeOf(tag: string): string {
  return join(tmpdir(), `meshtoll-demo-${tag}`);
}

/** The interface of one router towards another: class 0 is free, class 1 paid. */
export function tunnelName(tag: string, from: string, to: string, priceClass: number): string {
  return `${from}${tag}${to}${priceClass}`;
}

/** How long processes may take to be gone after SIGKILL, in milliseconds. */
const endTime = 3000;

/** Removes everything that carries a tag: processes, namespaces, sockets, files. Never fails. */
export async function removeBelongings(tag: string): Promise<void> {
  const listed = await namespaces();
  for (const place of places) {
    const name = namespaceName(tag, place);
    if (!listed.includes(name)) continue;
    await endInside(name);
    await tool("ip", ["netns", "delete", name]).catch(() => undefined);
  }
  // Userspace WireGuard that was ended by force leaves its socket behind.
  for (const from of places) {
    for (const to of places) {
      for (const priceClass of [0, 1]) {
        await rm(uapiPath(tunnelName(tag, from, to, priceClass)), { force: true });
      }
    }
  }
  for (const place of places) {
    await rm(runDirectoryOf(`${place}${tag}`), { recursive: true, force: true });
  }
  await rm(homeOf(tag), { recursive: true, force: true });
}

/** What demos left behind that no longer live is removed; living ones are left alone. */
export async function removeLeftovers(): Promise<void> {
  const tags = new Set<string>();
  for (const name of await namespaces()) collect(tags, /^meshtoll-demo-([0-9a-z]{5})-[a-z]$/, name);
  for (const name of await readdir(tmpdir()).catch(() => [])) {
    if (await isOurs(join(tmpdir(), name))) collect(tags, /^meshtoll-demo-([0-9a-z]{5})$/, name);
  }
  for (const tag of tags) {
    if (!(await isHeld(tag))) await removeBelongings(tag);
  }
}

function collect(tags: Set<string>, form: RegExp, name: string): void {
  const tag = form.exec(name)?.[1];
  if (tag !== undefined) tags.add(tag);
}

/** A directory of this user's own: what others put into a shared place is not touched. */
async function isOurs(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isDirectory() === true && found.uid === process.getuid?.();
}

async function namespaces(): Promise<readonly string[]> {
  const listed = await tool("ip", ["netns", "list"]).catch(() => "");
  return listed.split("\n").map((line) => line.split(" ")[0] ?? "");
}

/** Ends every process in a namespace of ours, and waits until they are gone. */
async function endInside(name: string): Promise<void> {
  for (let waited = 0; waited < endTime; waited += 50) {
    const pids = (await tool("ip", ["netns", "pids", name]).catch(() => ""))
      .split("\n")
      .map(Number)
      .filter((pid) => Number.isInteger(pid) && pid > 1);
    if (pids.length === 0) return;
    for (const pid of pids) end(pid);
    await sleep(50);
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it has ended meanwhile
  }
}
