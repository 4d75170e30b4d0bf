import { createSocket } from "node:dgram";
import * as Effect from "effect/Effect";

/**
 * The first of so many UDP ports in a row that nobody listens on, in steps of so many.
 * @param taken ports that are promised to somebody who may not listen yet.
 */
export const freePorts = Effect.fnUntraced(function* (
  first: number,
  count: number,
  taken: ReadonlySet<number>,
) {
  for (let port = first; port + count - 1 <= 65_535; port += count) {
    const all = Array.from({ length: count }, (_, i) => port + i);
    if (all.some((one) => taken.has(one))) continue;
    const free = yield* Effect.promise(() => Promise.all(all.map(isFree)));
    if (free.every(Boolean)) return port;
  }
  return undefined;
});

/** Bound for a moment, as WireGuard will be for long; nothing is read. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket("udp6");
    socket.on("error", () => socket.close(() => resolve(false)));
    socket.bind({ port, exclusive: true }, () => socket.close(() => resolve(true)));
  });
}
