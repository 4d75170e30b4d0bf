import * as Result from "effect/Result";
import {
  attribute,
  joined,
  littleEndian,
  nest,
  readAttributes,
  readText,
  textBytes,
  viewOf,
} from "./attribute.ts";
import type { NetlinkSocket } from "./netlink.ts";
import { type NetlinkError, netlinkError } from "./netlink-error.ts";
import { messageFlags } from "./netlink-message.ts";
import { netlinkAnswer } from "./netlink-request.ts";
import { addressBytes } from "./network-address.ts";

/** RTM_*: what can be asked of links and addresses (linux/rtnetlink.h). */
const types = { newLink: 16, deleteLink: 17, getLink: 18, newAddress: 20 } as const;

/** IFLA_*, with what is nested in IFLA_LINKINFO and IFLA_AF_SPEC (linux/if_link.h). */
const linkAttributes = {
  name: 3,
  mtu: 4,
  information: 18,
  kind: 1,
  families: 26,
  addressMode: 8,
} as const;

/** IFA_* (linux/if_addr.h). */
const addressAttributes = { address: 1, local: 2, flags: 8 } as const;

/** AF_INET6; IN6_ADDR_GEN_MODE_NONE; IFF_UP; IFA_F_NODAD. */
const familySix = 10;
const noAddresses = 1;
const upFlag = 1;
const withoutDetection = 2;

/** Bytes of struct ifinfomsg. */
const linkHeader = 16;

/** IFNAMSIZ without the NUL, and the longest kind that is read. */
const nameLimit = 15;
const kindLimit = 31;

/** One interface, as the kernel lists it. */
export interface ListedLink {
  readonly name: string;
  readonly index: number;
  /** Its driver's kind ("wireguard", "tun"); undefined for those that were not made by request. */
  readonly kind: string | undefined;
  /** Whether it is switched on. */
  readonly up: boolean;
}

/** All interfaces of this network namespace. */
export function listLinks(
  socket: NetlinkSocket,
): Result.Result<readonly ListedLink[], NetlinkError> {
  return Result.gen(function* () {
    const body = linkMessage({});
    const answer = yield* netlinkAnswer(socket, { type: types.getLink, body, dump: true });
    const found: ListedLink[] = [];
    for (const message of answer) found.push(yield* readLink(message.body));
    return found;
  });
}

/** Makes an interface of a kind; `refused` where the kernel has no such kind (EOPNOTSUPP). */
export function makeLink(
  socket: NetlinkSocket,
  name: string,
  kind: string,
): Result.Result<void, NetlinkError> {
  const information = nest(linkAttributes.information, attribute(linkAttributes.kind, text(kind)));
  const body = linkMessage({}, attribute(linkAttributes.name, textBytes(name)), information);
  const flags = messageFlags.create | messageFlags.exclusive;
  return told(netlinkAnswer(socket, { type: types.newLink, body, dump: false, flags }));
}

/** Removes an interface. */
export function deleteLink(
  socket: NetlinkSocket,
  index: number,
): Result.Result<void, NetlinkError> {
  return told(
    netlinkAnswer(socket, { type: types.deleteLink, body: linkMessage({ index }), dump: false }),
  );
}

/** The kernel gives this interface no address by itself. Before it is up. */
export function withoutOwnAddresses(
  socket: NetlinkSocket,
  index: number,
): Result.Result<void, NetlinkError> {
  const mode = attribute(linkAttributes.addressMode, Uint8Array.of(noAddresses));
  const body = linkMessage({ index }, nest(linkAttributes.families, nest(familySix, mode)));
  return told(netlinkAnswer(socket, { type: types.newLink, body, dump: false }));
}

/** Sets the largest packet, and switches the interface on. */
export function raiseLink(
  socket: NetlinkSocket,
  index: number,
  mtu: number,
): Result.Result<void, NetlinkError> {
  const body = linkMessage({ index, up: true }, attribute(linkAttributes.mtu, unsigned32(mtu)));
  return told(netlinkAnswer(socket, { type: types.newLink, body, dump: false }));
}

/** Gives an interface an IPv6 address, at once and without asking who else has it. */
export function setAddress(
  socket: NetlinkSocket,
  index: number,
  address: string,
  prefixLength: number,
): Result.Result<void, NetlinkError> {
  const header = new Uint8Array(8);
  header.set([familySix, prefixLength]);
  viewOf(header).setUint32(4, index, littleEndian);
  const bytes = addressBytes(address);
  const body = joined([
    header,
    attribute(addressAttributes.local, bytes),
    attribute(addressAttributes.address, bytes),
    attribute(addressAttributes.flags, unsigned32(withoutDetection)),
  ]);
  const flags = messageFlags.create | messageFlags.replace;
  return told(netlinkAnswer(socket, { type: types.newAddress, body, dump: false, flags }));
}

/** A link message: the interface of this index, or of none. */
function linkMessage(
  { index = 0, up = false }: { readonly index?: number; readonly up?: boolean },
  ...attributes: readonly Uint8Array[]
): Uint8Array {
  const header = new Uint8Array(linkHeader);
  const view = viewOf(header);
  view.setInt32(4, index, littleEndian);
  const flags = up ? upFlag : 0;
  view.setUint32(8, flags, littleEndian);
  view.setUint32(12, flags, littleEndian); // which of them are to change
  return joined([header, ...attributes]);
}

function readLink(body: Uint8Array): Result.Result<ListedLink, NetlinkError> {
  if (body.length < linkHeader) {
    return Result.fail(netlinkError("malformed", "netlink: a link message too short"));
  }
  return Result.gen(function* () {
    const attributes = yield* readAttributes(body.subarray(linkHeader));
    const name = attributes.find((one) => one.type === linkAttributes.name);
    if (name === undefined) {
      return yield* Result.fail(netlinkError("malformed", "netlink: a link without a name"));
    }
    const information = attributes.find((one) => one.type === linkAttributes.information);
    const nested = information === undefined ? [] : yield* readAttributes(information.value);
    const kind = nested.find((one) => one.type === linkAttributes.kind);
    return {
      name: yield* readText(name.value, nameLimit),
      index: viewOf(body).getInt32(4, littleEndian),
      kind: kind === undefined ? undefined : yield* readKind(kind.value),
      up: (viewOf(body).getUint32(8, littleEndian) & upFlag) !== 0,
    };
  });
}

/** The kernel writes a kind with its NUL (nla_put_string). */
function readKind(value: Uint8Array): Result.Result<string, NetlinkError> {
  return readText(value, kindLimit);
}

function text(kind: string): Uint8Array {
  return new TextEncoder().encode(kind);
}

function unsigned32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  viewOf(bytes).setUint32(0, value, littleEndian);
  return bytes;
}

function told(answer: Result.Result<unknown, NetlinkError>): Result.Result<void, NetlinkError> {
  return Result.map(answer, () => undefined);
}
