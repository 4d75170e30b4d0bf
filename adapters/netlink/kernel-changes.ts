import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import { readAttributes, readText } from "./attribute.ts";
import { Netlink, type NetlinkSocket, netlinkProtocols } from "./netlink.ts";
import { readMessages } from "./netlink-message.ts";

/** RTMGRP_LINK, _TC, _IPV4_ROUTE, _IPV4_RULE, _IPV6_ROUTE and the group of IPv6 rules (rtnetlink(7)). */
const routeGroups = 0x1 | 0x8 | 0x40 | 0x80 | 0x400 | (1 << 18);

/** NFNLGRP_NFTABLES. */
const netfilterGroups = 1 << 6;

/**
 * RTM_DELLINK, _DELROUTE, _DELRULE, _DELQDISC, _DELTCLASS, _DELTFILTER; NFT_MSG_DELTABLE of nfnetlink's
 * nftables.
 */
const deletions = {
  link: 17,
  route: 25,
  rule: 33,
  qdisc: 37,
  class: 41,
  filter: 45,
  table: (10 << 8) | 2,
} as const;

/** Where struct rtmsg says who made a route; bytes of struct nfgenmsg; NFTA_TABLE_NAME. */
const protocolAt = 5;
const netfilterHeader = 4;
const tableName = 1;
const nameLimit = 255;

/** How many messages are read at one time; more are as good as lost ones. */
const drainLimit = 4096;

/** Which things somebody may have taken away. */
export interface Watched {
  /** Who made our routes (rtm_protocol): of others' it is not told. */
  readonly routeProtocol: number;
  readonly table: string;
}

/**
 * Whether somebody took away something that may be ours since it was last asked: a table, a rule, a
 * route, a queue, a filter, an interface. A hint for when to look; it may be wrong. Where this process has no netlink, the
 * answer is always no.
 */
export const kernelChanges = (watched: Watched) =>
  Effect.gen(function* () {
    const netlink = yield* Netlink;
    const route = yield* netlink.open(netlinkProtocols.route, routeGroups);
    const netfilter = yield* netlink.open(netlinkProtocols.netfilter, netfilterGroups);
    // Both are emptied, even where the first has told already.
    return () => [route, netfilter].map((one) => hasDeletion(one, watched)).some(Boolean);
  }).pipe(Effect.catch(() => Effect.succeed(() => false)));

function hasDeletion(socket: NetlinkSocket, watched: Watched): boolean {
  let found = false;
  for (let count = 0; count < drainLimit; count++) {
    const received = socket.receive();
    if (Result.isFailure(received)) return true;
    if (received.success.kind === "Empty") return found;
    if (received.success.kind === "Overrun") found = true;
    else found ||= tellsOfDeletion(received.success.bytes, watched);
  }
  return true;
}

/** What cannot be read may have told of anything. */
export function tellsOfDeletion(datagram: Uint8Array, watched: Watched): boolean {
  const told = Result.map(readMessages(datagram), (messages) =>
    messages.some(({ type, body }) => {
      switch (type) {
        case deletions.link:
        case deletions.rule:
        case deletions.qdisc:
        case deletions.class:
        case deletions.filter:
          return true;
        case deletions.route:
          return body[protocolAt] === watched.routeProtocol;
        case deletions.table:
          return namesTable(body, watched.table);
        default:
          return false;
      }
    }),
  );
  return Result.getOrElse(told, () => true);
}

function namesTable(body: Uint8Array, table: string): boolean {
  const name = Result.gen(function* () {
    const attributes = yield* readAttributes(body.subarray(netfilterHeader));
    const found = attributes.find(({ type }) => type === tableName);
    return found === undefined ? table : yield* readText(found.value, nameLimit);
  });
  return Result.getOrElse(name, () => table) === table;
}
