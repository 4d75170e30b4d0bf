import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Layer from "effect/Layer";
import * as Scope from "effect/Scope";
import { afterEach, describe, expect, test } from "vitest";
import { MonotonicClock, manualClock } from "#adapters/clock/monotonic-clock.ts";
import { Link } from "#adapters/link/link.ts";
import type { LinkNeighbour } from "#adapters/link/link-neighbour.ts";
import { type UdpLinkOptions, udpLink } from "#adapters/link/udp-link.ts";
import type { NodeId } from "#core/units/node-id.ts";
import {
  benchLimits,
  benchShare,
  eventually,
  idA,
  idB,
  idC,
  type LinkBench,
  linkContract,
} from "../contracts/link-contract.ts";

/**
 * The link on real interfaces: pairs of veth with link-local addresses, all in this process.
 * Nothing leaves a pair. Needs root and iproute2.
 */
const missing = ((): string | undefined => {
  if (process.getuid?.() !== 0) return "not root";
  try {
    execFileSync("ip", ["-V"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "no ip (Debian package iproute2)";
  }
})();
const { CI } = process.env;
const skipped = missing !== undefined && CI === undefined;
if (skipped) console.warn(`SKIPPED: the UDP link on real interfaces: ${missing}`);

const port = 4460;
let benches = 0;

const ip = (...words: readonly string[]): void => {
  execFileSync("ip", [...words], { stdio: "pipe" });
};

function makePair(one: string, other: string, ours: string, theirs: string): void {
  made.add(one);
  ip("link", "add", one, "type", "veth", "peer", "name", other);
  for (const name of [one, other]) {
    ip("link", "set", name, "addrgenmode", "none");
    ip("link", "set", name, "up");
  }
  // A second address on the far end, for a stranger to speak from.
  ip("-6", "addr", "add", `${ours}/64`, "dev", one, "nodad");
  ip("-6", "addr", "add", `${theirs}/64`, "dev", other, "nodad");
  ip("-6", "addr", "add", "fe80::bad/64", "dev", other, "nodad");
}

const made = new Set<string>();

/** What a test that failed half-way has left. */
afterEach(() => {
  for (const one of made) removePair(one);
});

function removePair(one: string): void {
  made.delete(one);
  try {
    ip("link", "del", one);
  } catch {
    // Taken down by the test itself.
  }
}

async function node(scope: Scope.Scope, neighbours: readonly LinkNeighbour[]) {
  const options: UdpLinkOptions = {
    port,
    neighbours,
    share: benchShare,
    limits: benchLimits,
    lookInterval: 20,
  };
  const clock = Layer.succeed(MonotonicClock, manualClock());
  const built = Layer.buildWithScope(Layer.provide(udpLink(options), clock), scope);
  return Context.get(await Effect.runPromise(built), Link);
}

/** One datagram past every adapter, from an address and a port on an interface. */
async function rawFrom(from: string, fromPort: number, name: string, bytes: Uint8Array) {
  const socket = createSocket({ type: "udp6", ipv6Only: true });
  await new Promise<void>((done) => {
    socket.bind({ address: `${from}%${name}`, port: fromPort, exclusive: true }, done);
  });
  await new Promise<void>((done, failed) => {
    socket.send(bytes, port, `fe80::a%${name}`, (error) => (error ? failed(error) : done()));
  });
  await new Promise<void>((done) => socket.close(done));
}

const raw = (from: string, name: string, bytes: Uint8Array) => rawFrom(from, port, name, bytes);

/** How the interfaces of the latest bench begin; no other program has the like. */
const benchTag = (): string => `lk${process.pid.toString(36)}${benches.toString(36)}`;

async function bench(): Promise<LinkBench> {
  benches += 1;
  const tag = benchTag();
  const [ab, ba, ac, ca] = [`${tag}ab`, `${tag}ba`, `${tag}ac`, `${tag}ca`];
  makePair(ab, ba, "fe80::a", "fe80::b");
  makePair(ac, ca, "fe80::a", "fe80::c");
  const scope = Scope.makeUnsafe();
  const end = (id: NodeId, interfaceName: string, own: string, peer: string): LinkNeighbour => ({
    id,
    interfaceName,
    ownAddress: own,
    peerAddress: peer,
  });
  const neighbour = (id: NodeId) =>
    id === idB ? end(idB, ab, "fe80::a", "fe80::b") : end(idC, ac, "fe80::a", "fe80::c");
  const a = await node(scope, [neighbour(idB), neighbour(idC)]);
  const c = await node(scope, [end(idA, ca, "fe80::c", "fe80::a")]);
  const beginB = async () => {
    const life = Scope.makeUnsafe();
    return { life, link: await node(life, [end(idA, ba, "fe80::b", "fe80::a")]) };
  };
  const endB = () => Effect.runPromise(Scope.close(b.life, Exit.void));
  let b = await beginB();
  const allUp = () => a.isUp(idB) && a.isUp(idC) && b.link.isUp(idA) && c.isUp(idA);
  await eventually(allUp);
  return {
    a,
    get b() {
      return b.link;
    },
    c,
    neighbour,
    // b's own socket holds b's address and port: b ends, the forger speaks, b begins again.
    forge: async (bytes) => {
      await endB();
      await raw("fe80::b", ba, bytes);
      b = await beginB();
      await eventually(allUp);
    },
    intrude: (bytes) => raw("fe80::bad", ba, bytes),
    takeDown: async () => removePair(ab),
    bringUp: async () => makePair(ab, ba, "fe80::a", "fe80::b"),
    close: async () => {
      await endB();
      await Effect.runPromise(Scope.close(scope, Exit.void));
      removePair(ab);
      removePair(ac);
    },
  };
}

describe.skipIf(skipped)("the link by UDP on real interfaces", () => {
  linkContract("UDP over veth", bench);

  test("binds to its link-local addresses only, never to all", async () => {
    const { close } = await bench();
    try {
      const bound = execFileSync("ss", ["-6nulH", `sport = ${port}`], { encoding: "utf8" });
      const mine = bound.split("\n").filter((line) => line.includes(benchTag()));
      expect(mine).toHaveLength(4);
      for (const line of mine) expect(line).toContain("[fe80::");
    } finally {
      await close();
    }
  });

  test("a neighbour that speaks from another port is not heard", async () => {
    const { a, b, close } = await bench();
    try {
      await rawFrom("fe80::b", port + 1, `${benchTag()}ba`, Uint8Array.of(1));
      await eventually(() => a.counts().get(idB)?.strange === 1);
      await Effect.runPromise(b.send(idA, Uint8Array.of(2)));
      expect((await Effect.runPromise(a.receive)).bytes).toEqual(Uint8Array.of(2));
    } finally {
      await close();
    }
  });

  test("an interface that is made again between two looks is opened again by itself", async () => {
    const { a, b, takeDown, bringUp, close } = await bench();
    try {
      // Without a turn of the event loop between the two, so that nobody can look.
      await Promise.all([takeDown(), bringUp()]);
      await eventually(
        () => a.counts().get(idB)?.opened === 2 && b.counts().get(idA)?.opened === 2,
      );
      await Effect.runPromise(b.send(idA, Uint8Array.of(3)));
      expect((await Effect.runPromise(a.receive)).bytes).toEqual(Uint8Array.of(3));
    } finally {
      await close();
    }
  });

  test("an interface that appears later is opened by itself", async () => {
    benches += 1;
    const scope = Scope.makeUnsafe();
    const [one, other] = [`${benchTag()}ab`, `${benchTag()}ba`];
    const link = await node(scope, [
      { id: idB, interfaceName: one, ownAddress: "fe80::a", peerAddress: "fe80::b" },
    ]);
    const early = await Effect.runPromise(Effect.flip(link.send(idB, Uint8Array.of(1))));
    expect(early._tag).toBe("LinkDown");
    makePair(one, other, "fe80::a", "fe80::b");
    try {
      await eventually(() => link.isUp(idB));
      await Effect.runPromise(link.send(idB, Uint8Array.of(2)));
    } finally {
      await Effect.runPromise(Scope.close(scope, Exit.void));
      removePair(one);
    }
  });
});
