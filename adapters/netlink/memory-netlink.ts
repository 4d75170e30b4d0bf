import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import * as Result from "effect/Result";
import { Netlink, type NetlinkProtocol, type NetlinkSocket, type Received } from "./netlink.ts";
import { type NetlinkError, netlinkError } from "./netlink-error.ts";

/** A kernel in memory: what it answers to a request, and who listens to its notifications. */
export interface MemoryNetlinkKernel {
  /** The receives that a request leads to, in order. */
  readonly answer: (protocol: NetlinkProtocol, request: Uint8Array) => readonly Received[];
  /** Sockets open now: what is put here is received by all that hear any group. */
  readonly listeners: Set<(received: Received) => void>;
  /** Switched off, a socket cannot be opened, as without koffi. */
  available: boolean;
}

/** The most that waits in a socket, in receives; above it comes an overrun, as from the kernel. */
export const memoryQueueLimit = 256;

/** Sockets of a kernel in memory. */
export const memoryNetlink = (kernel: MemoryNetlinkKernel): Layer.Layer<Netlink> =>
  Layer.succeed(
    Netlink,
    Netlink.of({
      open: (protocol, groups) =>
        Effect.acquireRelease(
          Effect.suspend(() => open(kernel, protocol, groups)),
          ({ close }) => Effect.sync(close),
        ),
    }),
  );

interface OpenSocket extends NetlinkSocket {
  readonly close: () => void;
}

function open(
  kernel: MemoryNetlinkKernel,
  protocol: NetlinkProtocol,
  groups: number,
): Effect.Effect<OpenSocket, NetlinkError> {
  if (!kernel.available) {
    return Effect.fail(netlinkError("unavailable", "netlink is switched off in this kernel"));
  }
  const queue: Received[] = [];
  const hear = (received: Received): void => {
    if (queue.length < memoryQueueLimit) queue.push(received);
    else if (queue[queue.length - 1]?.kind !== "Overrun") queue.push({ kind: "Overrun" });
  };
  if (groups !== 0) kernel.listeners.add(hear);
  return Effect.succeed({
    send: (bytes) => {
      for (const received of kernel.answer(protocol, bytes)) hear(received);
      return Result.void;
    },
    receive: () => Result.succeed(queue.shift() ?? { kind: "Empty" }),
    close: () => void kernel.listeners.delete(hear),
  });
}
