import { randomInt } from "node:crypto";
import { connect, createServer } from "node:net";

/** A name that belongs to one demo of this machine, as long as its process lives. */
export interface Claim {
  /** Five letters and digits: part of every name the demo makes. */
  readonly tag: string;
  readonly release: () => void;
}

/** How many letters and digits a tag has: with a router's letter they are an interface prefix. */
const tagLength = 5;

/** How often another tag is tried. */
const attempts = 20;

/**
 * Claims a tag that no other demo holds. The claim is an abstract unix socket: the kernel drops it
 * with the process, however that ends, and everybody on this machine can ask whether it is held,
 * from other process namespaces as well, where process ids say nothing.
 */
export async function claimTag(): Promise<Claim> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const tag = randomInt(36 ** tagLength)
      .toString(36)
      .padStart(tagLength, "0");
    const release = await hold(tag);
    if (release !== undefined) return { tag, release };
  }
  throw new Error(`no free name for the demo's namespaces after ${attempts} attempts`);
}

/** Whether a demo that lives holds a tag. */
export function isHeld(tag: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketName(tag));
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

function hold(tag: string): Promise<(() => void) | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.on("error", () => resolve(undefined));
    server.listen(socketName(tag), () => {
      server.unref();
      resolve(() => server.close());
    });
  });
}

function socketName(tag: string): string {
  return `\0meshtoll-demo-${tag}`;
}
