import { networkInterfaces } from "node:os";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import * as Schedule from "effect/Schedule";
import { MonotonicClock } from "#adapters/clock/monotonic-clock.ts";
import type { NodeId } from "#core/units/node-id.ts";
import { defaultInboxLimits, type InboxLimits, inbox } from "./inbox.ts";
import { datagramLimit, Link, neighbourLimit } from "./link.ts";
import {
  DatagramTooLarge,
  type LinkError,
  LinkMisconfigured,
  UnknownNeighbour,
} from "./link-error.ts";
import { linkLocal } from "./link-local.ts";
import type { LinkNeighbour } from "./link-neighbour.ts";
import { defaultShare, type Share } from "./token-bucket.ts";
import { type Interfaces, type UdpPort, udpPort } from "./udp-port.ts";

/** What a link by UDP is made of. */
export interface UdpLinkOptions {
  /** The control port, the same at both ends. */
  readonly port: number;
  /** At most {@link neighbourLimit}; each on an interface of its own. */
  readonly neighbours: readonly LinkNeighbour[];
  readonly share?: Share;
  readonly limits?: InboxLimits;
  /** How often vanished and re-created interfaces are looked for, in milliseconds. */
  readonly lookInterval?: number;
}

/**
 * One look is one dump of all addresses: 0.07 ms for a handful of interfaces, 3.2 ms for 250
 * (measured on x86-64 with the house's Node 24; a small router takes perhaps fifteen times that).
 */
export const defaultLookInterval = 2000;

/**
 * The link by UDP: one socket for each neighbour, bound to our link-local address on its class-0
 * interface, never to all addresses. Interfaces may be missing at first, vanish and come back.
 * Fails with {@link LinkMisconfigured} only on options that can never work.
 */
export const udpLink = (
  options: UdpLinkOptions,
): Layer.Layer<Link, LinkMisconfigured, MonotonicClock> => Layer.effect(Link, makeUdpLink(options));

const makeUdpLink = Effect.fnUntraced(function* (options: UdpLinkOptions) {
  const neighbours = yield* checked(options.port, options.neighbours);
  const clock = yield* MonotonicClock;
  const ids = neighbours.map(({ id }) => id);
  const share = options.share ?? defaultShare;
  const box = inbox(ids, share, options.limits ?? defaultInboxLimits, clock.milliseconds);
  const ports = new Map<NodeId, UdpPort>(
    neighbours.map((neighbour) => [neighbour.id, udpPort(neighbour, options.port, box)]),
  );
  const lookNow = (): void => {
    const interfaces = interfacesNow();
    if (interfaces === undefined) return;
    for (const port of ports.values()) port.look(interfaces);
  };
  const look = Effect.sync(lookNow);
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      for (const port of ports.values()) port.close();
    }),
  );
  const interval = options.lookInterval ?? defaultLookInterval;
  yield* Effect.forkScoped(Effect.repeat(look, Schedule.spaced(interval)));

  const send = (neighbour: NodeId, bytes: Uint8Array): Effect.Effect<void, LinkError> => {
    const port = ports.get(neighbour);
    if (port === undefined) return Effect.fail(new UnknownNeighbour({ neighbour }));
    if (bytes.length > datagramLimit) {
      box.count(neighbour, "unsent");
      return Effect.fail(new DatagramTooLarge({ found: bytes.length, allowed: datagramLimit }));
    }
    return port.send(bytes);
  };
  const setNeighbours = Effect.fnUntraced(function* (wanted: readonly LinkNeighbour[]) {
    const next = yield* checked(options.port, wanted);
    const staying = new Set(next.filter((one) => isSame(ports.get(one.id)?.neighbour, one)));
    for (const [id, port] of ports) {
      if ([...staying].some((one) => one.id === id)) continue;
      port.close();
      ports.delete(id);
    }
    box.setNeighbours(next.map(({ id }) => id));
    for (const one of next)
      if (!staying.has(one)) ports.set(one.id, udpPort(one, options.port, box));
    lookNow();
  });
  return Link.of({
    send,
    receive: box.take,
    setNeighbours,
    isUp: (neighbour) => ports.get(neighbour)?.isOpen() ?? false,
    counts: box.counts,
  });
});

/** The kernel's interfaces, or undefined when it will not say now: then everything stays. */
function interfacesNow(): Interfaces | undefined {
  try {
    return networkInterfaces();
  } catch {
    return undefined;
  }
}

function isSame(a: LinkNeighbour | undefined, b: LinkNeighbour): boolean {
  return (
    a?.interfaceName === b.interfaceName &&
    a.ownAddress === b.ownAddress &&
    a.peerAddress === b.peerAddress
  );
}

/** The neighbours with canonical addresses, or what is wrong with them. */
function checked(
  port: number,
  neighbours: readonly LinkNeighbour[],
): Effect.Effect<readonly LinkNeighbour[], LinkMisconfigured> {
  const refuse = (part: string, found: string, allowed: string) =>
    Effect.fail(new LinkMisconfigured({ part, found, allowed }));
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    return refuse("port", String(port), "1 to 65535");
  }
  if (neighbours.length > neighbourLimit) {
    return refuse("neighbours", String(neighbours.length), `at most ${neighbourLimit}`);
  }
  const seen = new Set<string>();
  const canonical: LinkNeighbour[] = [];
  for (const neighbour of neighbours) {
    const { id, interfaceName } = neighbour;
    if (!/^[^/%\s]{1,15}$/.test(interfaceName)) {
      return refuse(
        "interface",
        JSON.stringify(interfaceName),
        "1 to 15 characters, no / % or space",
      );
    }
    if (seen.has(id)) return refuse("neighbour", id, "each neighbour once");
    if (seen.has(interfaceName)) return refuse("interface", interfaceName, "each interface once");
    seen.add(id).add(interfaceName);
    const ownAddress = linkLocal(neighbour.ownAddress);
    const peerAddress = linkLocal(neighbour.peerAddress);
    if (ownAddress === undefined) {
      return refuse("own address", neighbour.ownAddress, "a link-local address, fe80::/10");
    }
    if (peerAddress === undefined || peerAddress === ownAddress) {
      return refuse("peer address", neighbour.peerAddress, "another link-local address, fe80::/10");
    }
    canonical.push({ id, interfaceName, ownAddress, peerAddress });
  }
  return Effect.succeed(canonical);
}
