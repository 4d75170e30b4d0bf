import type { MemoryNetlinkKernel } from "#adapters/netlink/memory-netlink.ts";
import type { Received } from "#adapters/netlink/netlink.ts";

/**
 * A kernel with WireGuard, made from linux/netlink.h, linux/genetlink.h and linux/wireguard.h
 * without a line of the codec under test. Little-endian, as the machines that run these tests.
 */
export interface PretendKernel extends MemoryNetlinkKernel {
  readonly devices: Map<string, PretendDevice>;
  /** The number of the WireGuard family; undefined without the module. */
  family: number | undefined;
  /** So many dumps from now on are marked as inconsistent. */
  interruptions: number;
  /** Peers in one part of an answer. */
  peersInPart: number;
}

/** One WireGuard interface of it. */
export interface PretendDevice {
  readonly index: number;
  readonly peers: PretendPeer[];
}

/** One peer of an interface. */
export interface PretendPeer {
  /** 32 bytes. */
  readonly key: Uint8Array;
  received: bigint;
  sent: bigint;
  handshake: bigint;
  /** So many parts more are needed for its allowed addresses. */
  readonly furtherParts: number;
}

/** The private key that the kernel tells with every answer: nobody may hand it on. */
export const pretendPrivateKey: Buffer = Buffer.alloc(32, 0x5c);

const errors = { noEntry: 2, noDevice: 19, notSupported: 95 } as const;

/** A kernel without interfaces. */
export function pretendKernel(): PretendKernel {
  const kernel: PretendKernel = {
    devices: new Map(),
    listeners: new Set(),
    available: true,
    family: 33,
    interruptions: 0,
    peersInPart: 3,
    answer: (_protocol, request) => answer(kernel, Buffer.from(request)),
  };
  return kernel;
}

function answer(kernel: PretendKernel, request: Buffer): readonly Received[] {
  const [type, sequence] = [request.readUInt16LE(4), request.readUInt32LE(8)];
  const command = request.readUInt8(16);
  const name = request.toString("latin1", 24, request.indexOf(0, 24));
  if (type === 16 && command === 3) {
    if (name !== "wireguard" || kernel.family === undefined)
      return [error(sequence, errors.noEntry)];
    const body = Buffer.concat([
      Buffer.from([1, 2, 0, 0]),
      attribute(2, Buffer.from("wireguard\0")),
      attribute(1, unsigned16(kernel.family)),
      attribute(3, unsigned32(1)),
    ]);
    return [datagram(message(16, 0, sequence, body)), error(sequence, 0)];
  }
  if (type !== kernel.family) return [error(sequence, errors.noEntry)];
  if (name === "lo") return [error(sequence, errors.notSupported)];
  const device = kernel.devices.get(name);
  return device === undefined
    ? [error(sequence, errors.noDevice)]
    : dump(kernel, name, device, sequence);
}

function dump(kernel: PretendKernel, name: string, device: PretendDevice, sequence: number) {
  const interrupted = kernel.interruptions > 0;
  if (interrupted) kernel.interruptions -= 1;
  const family = kernel.family ?? 0;
  const parts = deviceParts(name, device, kernel.peersInPart).map((body, i) =>
    datagram(message(family, 2 | (interrupted && i === 0 ? 0x10 : 0), sequence, body)),
  );
  return [...parts, datagram(message(3, 2, sequence, Buffer.alloc(4)))];
}

/** The bodies of the messages of an answer to WG_CMD_GET_DEVICE. */
export function deviceParts(
  name: string,
  { index, peers }: PretendDevice,
  peersInPart: number,
): readonly Buffer[] {
  const bodies = peers.flatMap(peerBodies);
  const parts: Buffer[] = [];
  for (let at = 0; at === 0 || at < bodies.length; at += peersInPart) {
    const head = at > 0 ? [] : deviceHead(name, index);
    const nested = bodies.slice(at, at + peersInPart).map((body) => attribute(0x8000, body));
    const all = attribute(0x8000 | 8, Buffer.concat(nested));
    parts.push(Buffer.concat([Buffer.from([0, 1, 0, 0]), ...head, all]));
  }
  return parts;
}

function deviceHead(name: string, index: number): readonly Buffer[] {
  return [
    attribute(6, unsigned16(51820)),
    attribute(7, unsigned32(0)),
    attribute(1, unsigned32(index)),
    attribute(2, Buffer.from(`${name}\0`)),
    attribute(3, pretendPrivateKey),
    attribute(4, Buffer.alloc(32, 0x11)),
  ];
}

/** A peer, and what does not fit in: its key again, and more allowed addresses. */
function peerBodies({ key, received, sent, handshake, furtherParts }: PretendPeer) {
  const id = attribute(1, Buffer.from(key));
  const time = Buffer.concat([unsigned64(handshake), unsigned64(123_456_789n)]);
  const address = attribute(0x8000, attribute(1, unsigned16(10)));
  const addresses = attribute(0x8000 | 9, Buffer.concat([address, address]));
  const whole = Buffer.concat([
    id,
    attribute(2, Buffer.alloc(32)),
    attribute(6, time),
    attribute(5, unsigned16(25)),
    attribute(8, unsigned64(sent)),
    attribute(7, unsigned64(received)),
    attribute(10, unsigned32(1)),
    attribute(4, Buffer.alloc(16, 2)),
    addresses,
  ]);
  const rest = Array.from({ length: furtherParts }, () => Buffer.concat([id, addresses]));
  return [whole, ...rest];
}

/** A datagram of messages. */
export function datagram(...messages: readonly Buffer[]): Received {
  return { kind: "Datagram", bytes: new Uint8Array(Buffer.concat([...messages])) };
}

/** A netlink message. */
export function message(type: number, flags: number, sequence: number, body: Buffer): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt32LE(16 + body.length, 0);
  head.writeUInt16LE(type, 4);
  head.writeUInt16LE(flags, 6);
  head.writeUInt32LE(sequence, 8);
  return Buffer.concat([head, body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
}

/** An error message; 0 acknowledges. */
export function error(sequence: number, code: number): Received {
  const body = Buffer.alloc(20);
  body.writeInt32LE(-code, 0);
  return datagram(message(2, 0, sequence, body));
}

/** A netlink attribute. */
export function attribute(type: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(4 + value.length, 0);
  head.writeUInt16LE(type, 2);
  return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
}

function unsigned16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function unsigned32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function unsigned64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}
