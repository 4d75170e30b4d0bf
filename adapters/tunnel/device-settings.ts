import * as Redacted from "effect/Redacted";
import { interfaceIndex } from "#adapters/counters/interface-index.ts";
import { splitZone } from "#adapters/link/link-local.ts";
import {
  attribute,
  joined,
  littleEndian,
  nest,
  textBytes,
  viewOf,
} from "#adapters/netlink/attribute.ts";
import { addressBytes } from "#adapters/netlink/network-address.ts";
import { splitEndpoint } from "./endpoint.ts";
import type { TunnelPlan } from "./tunnel.ts";
import { keepalive } from "./tunnel-tools.ts";

/** WGDEVICE_A_*, WGPEER_A_* and WGALLOWEDIP_A_* as far as they are set (linux/wireguard.h). */
const device = { name: 2, privateKey: 3, listenPort: 6, peers: 8 } as const;
const peer = { key: 1, flags: 3, endpoint: 4, keepalive: 5, allowed: 9 } as const;
const allowed = { family: 1, address: 2, length: 3 } as const;

/** WGPEER_F_REMOVE_ME and WGPEER_F_REPLACE_ALLOWEDIPS. */
const peerFlags = { remove: 1, replaceAllowed: 2 } as const;

/** AF_INET and AF_INET6. */
const families = { four: 2, six: 10 } as const;

/**
 * What WG_CMD_SET_DEVICE brings an interface to its plan with. The kernel leaves a key and a port that
 * it has already alone, and a peer that stays its counters. Holds the private key: fill it with zeros
 * when it is sent.
 * @param strangers keys of peers that are there and should not be, base64.
 */
export function deviceSettings(plan: TunnelPlan, strangers: readonly string[]): Uint8Array {
  const privateKey = keyBytes(Redacted.value(plan.privateKey));
  const settings = joined([
    attribute(device.name, textBytes(plan.name)),
    attribute(device.privateKey, privateKey),
    attribute(device.listenPort, unsigned16(plan.listenPort)),
    nest(device.peers, ...strangers.map(removed), nest(0, ...peerSettings(plan))),
  ]);
  privateKey.fill(0);
  return settings;
}

function removed(key: string): Uint8Array {
  return nest(
    0,
    attribute(peer.key, keyBytes(key)),
    attribute(peer.flags, unsigned32(peerFlags.remove)),
  );
}

function peerSettings({ peerKey, endpoint }: TunnelPlan): readonly Uint8Array[] {
  const everything = [
    [families.four, 4],
    [families.six, 16],
  ] as const;
  return [
    attribute(peer.key, keyBytes(peerKey)),
    attribute(peer.flags, unsigned32(peerFlags.replaceAllowed)),
    ...(endpoint === undefined
      ? []
      : [
          attribute(peer.endpoint, socketAddress(endpoint)),
          attribute(peer.keepalive, unsigned16(keepalive)),
        ]),
    nest(
      peer.allowed,
      ...everything.map(([family, size]) =>
        nest(
          0,
          attribute(allowed.family, unsigned16(family)),
          attribute(allowed.address, new Uint8Array(size)),
          attribute(allowed.length, Uint8Array.of(0)),
        ),
      ),
    ),
  ];
}

/**
 * struct sockaddr_in or sockaddr_in6 for "address:port" or "[address]:port"; a link-local address has
 * its interface behind a %, which becomes sin6_scope_id: 0, which leads nowhere, where it is gone.
 * @throws RangeError for a name: it must have been resolved.
 */
export function socketAddress(endpoint: string, indexOf = interfaceIndex): Uint8Array {
  const { host, port } = splitEndpoint(endpoint) ?? { host: "", port: 0 };
  const { address: plain, zone } = splitZone(host);
  const address = addressBytes(plain);
  const isFour = address.length === 4;
  const bytes = new Uint8Array(isFour ? 16 : 28);
  const view = viewOf(bytes);
  view.setUint16(0, isFour ? families.four : families.six, littleEndian);
  view.setUint16(2, port, false);
  bytes.set(address, isFour ? 4 : 8);
  if (zone !== undefined && !isFour) view.setUint32(24, indexOf(zone) ?? 0, littleEndian);
  return bytes;
}

function keyBytes(base64: string): Uint8Array {
  return Uint8Array.from(Buffer.from(base64, "base64"));
}

function unsigned16(value: number): Uint8Array {
  const bytes = new Uint8Array(2);
  viewOf(bytes).setUint16(0, value, littleEndian);
  return bytes;
}

function unsigned32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  viewOf(bytes).setUint32(0, value, littleEndian);
  return bytes;
}
