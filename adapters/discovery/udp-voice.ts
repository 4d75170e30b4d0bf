import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { linkLocal, splitZone } from "#adapters/link/link-local.ts";
import type { Interfaces } from "#adapters/link/udp-port.ts";

/** All routers that discover on a link, and nobody else ("mt"); never leaves it (RFC 4291, 2.7). */
export const discoveryGroup = "ff02::6d74";

/** What is heard on one interface. */
export interface Ear {
  readonly heard: (from: string, bytes: Uint8Array) => void;
  readonly strange: () => void;
  readonly sent: () => void;
  readonly unsent: () => void;
}

/** Two sockets on one interface: our own link-local address, which also sends, and the group. */
export interface UdpVoice {
  /** Compares with the kernel's interfaces, and opens, closes or replaces. True where it opened. */
  readonly look: (interfaces: Interfaces) => void;
  /** Our link-local address, while it can be spoken from. */
  readonly address: () => string | undefined;
  readonly send: (to: string, bytes: Uint8Array) => void;
  readonly close: () => void;
}

/** What the kernel may hold for us between two turns of the event loop, in bytes. */
const kernelBuffer = 64 * 1024;

interface Open {
  readonly interfaceIndex: number;
  readonly address: string;
  readonly own: Socket;
  readonly group: Socket;
  /** How many of the two are bound. */
  bound: number;
}

/** The voice on one interface. Nothing in it throws; what fails is closed and looked for again. */
export function udpVoice(interfaceName: string, port: number, ear: Ear): UdpVoice {
  let open: Open | undefined;
  let ended = false;

  const shut = (): void => {
    const before = open;
    open = undefined;
    before?.own.close();
    before?.group.close();
  };

  const begin = (address: string, interfaceIndex: number): void => {
    const [own, group] = [newSocket(), newSocket()];
    const mine: Open = { interfaceIndex, address, own, group, bound: 0 };
    open = mine;
    for (const socket of [own, group]) {
      socket.on("error", () => {
        if (open === mine) shut();
      });
      socket.on("message", (bytes, from) => {
        const sender = senderOf(from, interfaceName, port);
        if (sender === undefined) return ear.strange();
        if (sender !== address) ear.heard(sender, bytes);
      });
    }
    own.bind({ address: `${address}%${interfaceName}`, port, exclusive: true }, () => {
      if (open === mine) attempt(mine, () => own.setMulticastInterface(`::%${interfaceName}`));
    });
    group.bind({ address: `${discoveryGroup}%${interfaceName}`, port, exclusive: true }, () => {
      if (open !== mine) return;
      attempt(mine, () => group.addMembership(discoveryGroup, `::%${interfaceName}`));
    });
  };

  /** One of the two sockets is bound: what is left to do, or else both go. */
  const attempt = (mine: Open, finish: () => void): void => {
    try {
      finish();
      mine.bound += 1;
    } catch {
      shut();
    }
  };

  return {
    look: (interfaces) => {
      if (ended) return;
      const found = addressOn(interfaceName, interfaces);
      const same = open?.interfaceIndex === found?.scopeid && open?.address === found?.address;
      if (same) return;
      shut();
      if (found !== undefined) begin(found.address, found.scopeid);
    },
    address: () => (open?.bound === 2 ? open.address : undefined),
    send: (to, bytes) => {
      if (open?.bound !== 2) return ear.unsent();
      try {
        open.own.send(Buffer.from(bytes), port, `${to}%${interfaceName}`, (error) =>
          error === null ? ear.sent() : ear.unsent(),
        );
      } catch {
        ear.unsent();
      }
    },
    close: () => {
      ended = true;
      shut();
    },
  };
}

function newSocket(): Socket {
  return createSocket({
    type: "udp6",
    ipv6Only: true,
    recvBufferSize: kernelBuffer,
    lookup: (host, _options, done) => done(null, host, 6), // addresses here are literal
  });
}

/** The first link-local address of an interface that is up. */
function addressOn(
  interfaceName: string,
  interfaces: Interfaces,
): { readonly address: string; readonly scopeid: number } | undefined {
  for (const { family, address, scopeid } of interfaces[interfaceName] ?? []) {
    const found = family === "IPv6" ? linkLocal(address) : undefined;
    if (found !== undefined && scopeid !== undefined) return { address: found, scopeid };
  }
  return undefined;
}

/** The link-local sender of a datagram on this interface and our port. */
function senderOf(from: RemoteInfo, interfaceName: string, port: number): string | undefined {
  const { address, zone } = splitZone(from.address);
  return zone === interfaceName && from.port === port ? linkLocal(address) : undefined;
}
