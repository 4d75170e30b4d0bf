import { type Stats, unlinkSync } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { uapiDirectory, uapiPath } from "./uapi-socket.ts";

/** At most so many sockets are looked at in one go. The next time others have their turn. */
export const socketsLimit = 1024;

/**
 * Between two looks at a socket that nobody listens on, in milliseconds: a process that begins has
 * its socket for a moment before it listens.
 */
const secondLook = 200;

/**
 * Removes what userspace WireGuard leaves behind where it is killed: sockets that nobody listens on any
 * more. Of all namespaces of a machine they lie in one directory, so only those go whose interface is
 * said to be ours by its name, that belong to this user, and that refuse a caller twice. Returns the
 * names of the interfaces. @throws Error where the directory cannot be read
 */
export async function removeDeadSockets(
  isOurs: (interfaceName: string) => boolean,
  directory: string = uapiDirectory,
): Promise<readonly string[]> {
  const ours = (await entries(directory))
    .flatMap((file) => /^([A-Za-z0-9_.-]{1,15})\.sock$/.exec(file)?.[1] ?? [])
    .filter(isOurs)
    .slice(0, socketsLimit);
  const dead = await deadAmong(ours, directory);
  if (dead.size === 0) return [];
  await sleep(secondLook);
  const still = await deadAmong([...dead.keys()], directory);
  return [...still].flatMap(([name, { ino }]) => {
    if (dead.get(name)?.ino !== ino) return []; // another one by now
    return unlinked(uapiPath(name, directory)) ? [name] : [];
  });
}

/** Where there is no directory there never was a socket. */
async function entries(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

async function deadAmong(
  names: readonly string[],
  directory: string,
): Promise<ReadonlyMap<string, Stats>> {
  const dead = new Map<string, Stats>();
  for (const name of names) {
    const path = uapiPath(name, directory);
    const found = await lstat(path).catch(() => undefined);
    if (found?.isSocket() !== true || found.uid !== process.getuid?.()) continue;
    if (await refuses(path)) dead.set(name, found);
  }
  return dead;
}

/** Whether nobody listens. Any other trouble than being refused may be somebody who is busy. */
function refuses(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const told = (refused: boolean): void => {
      socket.destroy();
      resolve(refused);
    };
    socket.once("connect", () => told(false));
    socket.once("error", ({ code }: NodeJS.ErrnoException) => told(code === "ECONNREFUSED"));
  });
}

function unlinked(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch {
    return false; // it has gone by itself, or is not for us to remove
  }
}
