import * as Result from "effect/Result";
import {
  type Attribute,
  readAttributes,
  readText,
  readUnsigned,
} from "#adapters/netlink/attribute.ts";
import type { GenericMessage } from "#adapters/netlink/generic-netlink.ts";
import { type NetlinkError, netlinkError } from "#adapters/netlink/netlink-error.ts";
import { type CounterReading, peerLimit } from "./counters.ts";

/**
 * Generic netlink's WireGuard family (linux/wireguard.h): what is needed to read counters. The
 * kernel's answer also holds the private and the preshared keys; nothing here looks at them.
 */
export const wireguardFamily = {
  name: "wireguard",
  version: 1,
  getDevice: 0,
  interfaceIndex: 1,
  interfaceName: 2,
  peers: 8,
} as const;

/** WGPEER_A_*. */
const peerAttribute = { publicKey: 1, lastHandshake: 6, received: 7, sent: 8 } as const;

/** Bytes of a key, and of struct __kernel_timespec. */
const keySize = 32;
const timeSize = 16;

const interfaceNameLimit = 15;

/** A peer that is still being put together: a key, and numbers once they were seen. */
interface Peer {
  readonly key: string;
  readonly numbers: Pick<CounterReading, "received" | "sent" | "lastHandshake"> | undefined;
}

/**
 * The answer to WG_CMD_GET_DEVICE for one interface. It comes in parts: only the first names the
 * interface, and a peer whose allowed addresses do not fit in goes on in the next part with its key
 * but without its counters (drivers/net/wireguard/netlink.c, `get_peer`).
 */
export function deviceReadings(
  expectedName: string,
  answer: readonly GenericMessage[],
): Result.Result<readonly CounterReading[], NetlinkError> {
  return Result.gen(function* () {
    const [first] = answer;
    if (first === undefined) return yield* malformed("an answer without a message");
    const interfaceName = yield* readText(
      (yield* single(first.attributes, wireguardFamily.interfaceName)).value,
      interfaceNameLimit,
    );
    const interfaceIndex = yield* number(first.attributes, wireguardFamily.interfaceIndex, 4);
    if (interfaceName !== expectedName) return yield* malformed("another interface than asked for");
    const readings = new Map<string, CounterReading>();
    let last: string | undefined;
    for (const peer of yield* allPeers(answer)) {
      const { key, numbers } = peer;
      if (numbers === undefined ? key !== last : readings.has(key)) {
        return yield* malformed(numbers === undefined ? "a peer's rest alone" : "one peer twice");
      }
      last = key;
      if (numbers === undefined) continue;
      const index = Number(interfaceIndex);
      readings.set(key, { interfaceName, interfaceIndex: index, peerKey: key, ...numbers });
      if (readings.size > peerLimit) return yield* tooMany();
    }
    return [...readings.values()];
  });
}

function allPeers(answer: readonly GenericMessage[]): Result.Result<readonly Peer[], NetlinkError> {
  return Result.gen(function* () {
    const found: Peer[] = [];
    for (const { command, attributes } of answer) {
      if (command !== wireguardFamily.getDevice) return yield* malformed("another command");
      for (const { type, value } of attributes) {
        if (type !== wireguardFamily.peers) continue;
        for (const peer of yield* readAttributes(value)) found.push(yield* readPeer(peer.value));
      }
    }
    return found;
  });
}

function readPeer(bytes: Uint8Array): Result.Result<Peer, NetlinkError> {
  return Result.gen(function* () {
    const attributes = yield* readAttributes(bytes);
    const { value } = yield* single(attributes, peerAttribute.publicKey);
    if (value.length !== keySize) return yield* malformed(`a key of ${value.length} bytes`);
    const key = Buffer.from(value).toString("base64");
    const hasCounters = attributes.some(
      ({ type }) => type === peerAttribute.received || type === peerAttribute.sent,
    );
    if (!hasCounters) return { key, numbers: undefined };
    const time = (yield* single(attributes, peerAttribute.lastHandshake)).value;
    if (time.length !== timeSize) return yield* malformed(`a time of ${time.length} bytes`);
    return {
      key,
      numbers: {
        received: yield* number(attributes, peerAttribute.received, 8),
        sent: yield* number(attributes, peerAttribute.sent, 8),
        lastHandshake: yield* readUnsigned(time.subarray(0, 8), 8),
      },
    };
  });
}

function number(
  attributes: readonly Attribute[],
  type: number,
  size: 4 | 8,
): Result.Result<bigint, NetlinkError> {
  return Result.flatMap(single(attributes, type), ({ value }) => readUnsigned(value, size));
}

/** The one attribute of a type: neither missing nor there twice. */
function single(
  attributes: readonly Attribute[],
  type: number,
): Result.Result<Attribute, NetlinkError> {
  const [found, second] = attributes.filter((one) => one.type === type);
  if (found !== undefined && second === undefined) return Result.succeed(found);
  return malformed(`attribute ${type} ${found === undefined ? "missing" : "twice"}`);
}

function malformed(words: string): Result.Result<never, NetlinkError> {
  return Result.fail(netlinkError("malformed", `WireGuard of the kernel: ${words}`));
}

function tooMany(): Result.Result<never, NetlinkError> {
  return Result.fail(netlinkError("too much", `WireGuard of the kernel: above ${peerLimit} peers`));
}
