import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import type { NetworkInterfaceInfo } from "node:os";
import * as Effect from "effect/Effect";
import type { Inbox } from "./inbox.ts";
import { LinkDown } from "./link-error.ts";
import { splitZone } from "./link-local.ts";
import type { LinkNeighbour } from "./link-neighbour.ts";

/** The addresses of the interfaces that are up, by interface name. */
export type Interfaces = NodeJS.Dict<readonly NetworkInterfaceInfo[]>;

/** One neighbour's socket: opened when its interface is there, closed when it is gone. */
export interface UdpPort {
  /** Whom it serves. */
  readonly neighbour: LinkNeighbour;
  /** Compares the socket with the kernel's interfaces, and opens, closes or replaces it. */
  readonly look: (interfaces: Interfaces) => void;
  readonly send: (bytes: Uint8Array) => Effect.Effect<void, LinkDown>;
  readonly isOpen: () => boolean;
  /** Closes for good. */
  readonly close: () => void;
}

/** What the kernel may hold for us between two turns of the event loop, per neighbour, in bytes. */
const kernelBuffer = 64 * 1024;

type State =
  | { readonly kind: "closed"; readonly reason: string }
  | { readonly kind: "opening"; readonly socket: Socket; readonly interfaceIndex: number }
  | { readonly kind: "open"; readonly socket: Socket; readonly interfaceIndex: number };

/** The port to one neighbour. Nothing in it throws; what fails is closed and looked for again. */
export function udpPort(neighbour: LinkNeighbour, port: number, box: Inbox): UdpPort {
  const { id, interfaceName } = neighbour;
  const destination = `${neighbour.peerAddress}%${interfaceName}`;
  let state: State = { kind: "closed", reason: "not looked for yet" };
  let ended = false;

  const shut = (reason: string): void => {
    if (state.kind !== "closed") state.socket.close();
    state = { kind: "closed", reason };
  };

  const open = (interfaceIndex: number): void => {
    const socket = createSocket({ type: "udp6", ipv6Only: true, lookup: literally });
    state = { kind: "opening", socket, interfaceIndex };
    socket.on("error", (error) => {
      if (current(state) === socket) shut(reasonOf(error));
    });
    socket.on("message", (bytes, from) => {
      if (isFrom(neighbour, port, from)) box.put(id, bytes);
      else box.count(id, "strange");
    });
    const address = `${neighbour.ownAddress}%${interfaceName}`;
    socket.bind({ address, port, exclusive: true }, () => {
      if (current(state) !== socket) return;
      state = { kind: "open", socket, interfaceIndex };
      shrinkBuffer(socket);
      box.count(id, "opened");
    });
  };

  const look = (interfaces: Interfaces): void => {
    if (ended) return;
    const interfaceIndex = indexOf(neighbour, interfaces);
    if (interfaceIndex === undefined) {
      shut("the interface is not up, or has not our address");
      return;
    }
    // A re-created interface has a new index; a socket bound to the old one is deaf for ever.
    if (state.kind !== "closed" && state.interfaceIndex === interfaceIndex) return;
    shut("being opened again");
    open(interfaceIndex);
  };

  const send = (bytes: Uint8Array): Effect.Effect<void, LinkDown> =>
    Effect.callback<void, LinkDown>((resume) => {
      const failed = (reason: string): void => {
        box.count(id, "unsent");
        resume(Effect.fail(new LinkDown({ neighbour: id, interfaceName, reason })));
      };
      if (state.kind === "closed") return failed(state.reason);
      if (state.kind === "opening") return failed("being opened");
      const { socket } = state;
      try {
        // A copy: the kernel may take the bytes only after the caller has moved on.
        socket.send(Buffer.from(bytes), port, destination, (error) => {
          if (error !== null) return failed(reasonOf(error));
          box.count(id, "sent");
          resume(Effect.void);
        });
      } catch (error) {
        failed(reasonOf(error));
      }
    });

  return {
    neighbour,
    look,
    send,
    isOpen: () => state.kind === "open",
    close: () => {
      ended = true;
      shut("the link has been closed");
    },
  };
}

function current(state: State): Socket | undefined {
  return state.kind === "closed" ? undefined : state.socket;
}

/** The index of the neighbour's interface, if it is up and has our address. */
function indexOf(neighbour: LinkNeighbour, interfaces: Interfaces): number | undefined {
  const found = interfaces[neighbour.interfaceName]?.find(
    (held) => held.family === "IPv6" && held.address === neighbour.ownAddress,
  );
  return found?.scopeid;
}

function isFrom(neighbour: LinkNeighbour, port: number, from: RemoteInfo): boolean {
  const { address, zone } = splitZone(from.address);
  return (
    address === neighbour.peerAddress && zone === neighbour.interfaceName && from.port === port
  );
}

/**
 * Addresses here are literal; looking one up would only put a turn of the event loop between
 * `send` and the kernel, in which the socket could be closed and the callback never come.
 */
function literally(
  host: string,
  _options: unknown,
  done: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void {
  done(null, host, 6);
}

function shrinkBuffer(socket: Socket): void {
  try {
    socket.setRecvBufferSize(kernelBuffer);
  } catch {
    // The kernel's own default is larger but bounded too.
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Error) return "code" in error ? String(error.code) : error.message;
  return String(error);
}
