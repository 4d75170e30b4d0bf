import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import {
  type Attribute,
  littleEndian,
  readAttributes,
  readText,
  viewOf,
} from "#adapters/netlink/attribute.ts";
import { Netlink, type NetlinkSocket, netlinkProtocols } from "#adapters/netlink/netlink.ts";
import { type NetlinkError, netlinkError } from "#adapters/netlink/netlink-error.ts";
import { type NetlinkMessage, readMessages } from "#adapters/netlink/netlink-message.ts";
import { eventLimit, type LinkEvent, LinkEvents, LinkEventsError } from "./link-events.ts";

/** Link events as the kernel tells them (rtnetlink(7), group RTMGRP_LINK). */
export const netlinkLinkEvents = Effect.gen(function* () {
  const netlink = yield* Netlink;
  const socket = yield* netlink.open(netlinkProtocols.route, linkGroup);
  return LinkEvents.of({
    drain: Effect.suspend(() => Effect.fromResult(drain(socket))).pipe(
      Effect.mapError((error) => new LinkEventsError({ words: error.words })),
    ),
  });
});

/** RTMGRP_LINK. */
const linkGroup = 1;

/** RTM_NEWLINK and RTM_DELLINK. */
const messageTypes = { appeared: 16, vanished: 17 } as const;

/** Bytes of struct ifinfomsg. */
const headerSize = 16;

/** IFLA_IFNAME; IFNAMSIZ without the NUL. */
const nameAttribute = 3;
const nameLimit = 15;

/** IFLA_STATS64, of struct rtnl_link_stats64: bytes received and sent, after the packets of both. */
const statistics = { attribute: 23, received: 16, sent: 24, size: 32 } as const;

/** IFLA_LINKINFO, and IFLA_INFO_KIND in it. */
const kindPath = { information: 18, kind: 1 } as const;

/** Interfaces of userspace WireGuard are of kind "tun": the kernel knows only what is inside. */
const wireguardKind = "wireguard";

/** IFF_UP and IFF_LOWER_UP. */
const upFlags = 0x1_0001;

/** AF_UNSPEC. The bridge tells of its ports in the same words: leaving one is not vanishing. */
const interfaceFamily = 0;

const resync: readonly LinkEvent[] = [{ kind: "Resync" }];

function drain(socket: NetlinkSocket): Result.Result<readonly LinkEvent[], NetlinkError> {
  return Result.gen(function* () {
    const events: LinkEvent[] = [];
    while (events.length < eventLimit) {
      const received = yield* socket.receive();
      if (received.kind === "Empty") break;
      const more = received.kind === "Datagram" ? linkEventsOf(received.bytes) : resync;
      events.push(...(events.length + more.length > eventLimit ? resync : more));
    }
    return events;
  });
}

/** The events of one datagram; one that cannot be read may have told of anything: `Resync`. */
export function linkEventsOf(datagram: Uint8Array): readonly LinkEvent[] {
  const events = Result.gen(function* () {
    const found: LinkEvent[] = [];
    for (const message of yield* readMessages(datagram)) found.push(...(yield* eventOf(message)));
    return found;
  });
  return Result.getOrElse(events, () => resync);
}

function eventOf({
  type,
  body,
}: NetlinkMessage): Result.Result<readonly LinkEvent[], NetlinkError> {
  if (type !== messageTypes.appeared && type !== messageTypes.vanished) return Result.succeed([]);
  if (body.length < headerSize) {
    return Result.fail(netlinkError("malformed", "netlink: a link message too short"));
  }
  const view = viewOf(body);
  if (view.getUint8(0) !== interfaceFamily) return Result.succeed([]);
  return Result.gen(function* () {
    const attributes = yield* readAttributes(body.subarray(headerSize));
    const name = attributes.find((one) => one.type === nameAttribute);
    if (name === undefined) {
      return yield* Result.fail(netlinkError("malformed", "netlink: a link without a name"));
    }
    const presence = type === messageTypes.appeared ? "appeared" : "vanished";
    return [
      {
        kind: "Link" as const,
        interfaceName: yield* readText(name.value, nameLimit),
        interfaceIndex: view.getInt32(4, littleEndian),
        presence,
        up: presence === "appeared" && (view.getUint32(8, littleEndian) & upFlags) === upFlags,
        ...(presence === "vanished" ? finalOf(attributes) : {}),
      } as const,
    ];
  });
}

/** The last words of an interface; nothing where they are not told, or of another form. */
function finalOf(attributes: readonly Attribute[]) {
  const counters = attributes.find(({ type }) => type === statistics.attribute)?.value;
  const information = attributes.find(({ type }) => type === kindPath.information)?.value;
  if (counters === undefined || counters.length < statistics.size) return {};
  const kind = Result.gen(function* () {
    const parts = yield* readAttributes(information ?? new Uint8Array(0));
    const found = parts.find(({ type }) => type === kindPath.kind);
    return found === undefined ? "" : yield* readText(found.value, nameLimit);
  });
  if (Result.getOrElse(kind, () => "") !== wireguardKind) return {};
  const view = viewOf(counters);
  const received = view.getBigUint64(statistics.received, littleEndian);
  const sent = view.getBigUint64(statistics.sent, littleEndian);
  return { final: { received, sent } };
}
