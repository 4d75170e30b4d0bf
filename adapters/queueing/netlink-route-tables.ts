import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import {
  type Attribute,
  attribute,
  joined,
  littleEndian,
  readAttributes,
  readText,
  readUnsigned,
  viewOf,
} from "#adapters/netlink/attribute.ts";
import { type Netlink, type NetlinkSocket, netlinkProtocols } from "#adapters/netlink/netlink.ts";
import { type NetlinkError, netlinkError } from "#adapters/netlink/netlink-error.ts";
import { messageFlags } from "#adapters/netlink/netlink-message.ts";
import { netlinkAnswer } from "#adapters/netlink/netlink-request.ts";
import { type Prefix, prefixBytes, readPrefixBytes } from "#core/route/prefix.ts";
import {
  type RouteChange,
  type RouteTables,
  RouteTablesError,
  routeProtocol,
  strangeDevice,
  type TableRoute,
} from "./route-tables.ts";

/** Routing tables by rtnetlink(7): a route costs two system calls, and no process. */
export const netlinkRouteTables = (netlink: Netlink["Service"]): RouteTables => {
  const withSocket = <A>(use: (socket: NetlinkSocket) => Effect.Effect<A, NetlinkError>) =>
    Effect.scoped(Effect.flatMap(netlink.open(netlinkProtocols.route, 0), use)).pipe(
      Effect.mapError(({ words }) => new RouteTablesError({ words })),
    );
  return {
    read: (tables) =>
      withSocket((socket) => Effect.suspend(() => Effect.fromResult(readAll(socket, tables)))),
    write: (change) => withSocket((socket) => writeAll(socket, change)),
  };
};

/** RTM_*: linux/rtnetlink.h. */
const messageTypes = {
  newLink: 16,
  getLink: 18,
  newRoute: 24,
  delRoute: 25,
  getRoute: 26,
} as const;

/** RTA_* and IFLA_IFNAME. */
const routeAttributes = {
  destination: 1,
  outInterface: 4,
  gateway: 5,
  priority: 6,
  table: 15,
} as const;
const nameAttribute = 3;
const nameLimit = 15;

/** RTN_UNICAST and RTN_THROW; RT_SCOPE_UNIVERSE and RT_SCOPE_LINK. */
const routeTypes = { unicast: 1, throw: 9 } as const;
const scopes = { universe: 0, link: 253 } as const;

/** AF_INET and AF_INET6. */
const families = { 4: 2, 6: 10 } as const;

/** Bytes of struct rtmsg, and of struct ifinfomsg. */
const routeHeader = 12;
const linkHeader = 16;

/** IPv6 routes that nobody gave a priority have this one (IP6_RT_PRIO_USER). */
const usualPriority = 1024n;

/** ESRCH: no such route. */
const noSuchRoute = 3;

function readAll(
  socket: NetlinkSocket,
  tables: readonly number[],
): Result.Result<readonly TableRoute[], NetlinkError> {
  return Result.gen(function* () {
    const names = yield* deviceNames(socket);
    const found: TableRoute[] = [];
    for (const family of [families[4], families[6]]) {
      const body = new Uint8Array(routeHeader);
      body[0] = family;
      const request = { type: messageTypes.getRoute, body, dump: true };
      for (const message of yield* netlinkAnswer(socket, request)) {
        if (message.type !== messageTypes.newRoute) continue;
        const route = yield* readRoute(message.body, tables, names);
        if (route !== undefined) found.push(route);
      }
    }
    return found;
  });
}

/** A route of ours in one of the tables, else nothing. */
function readRoute(
  body: Uint8Array,
  tables: readonly number[],
  names: ReadonlyMap<number, string>,
): Result.Result<TableRoute | undefined, NetlinkError> {
  const [family, length = 0, , , shortTable = 0, protocol, , type] = body;
  if (body.length < routeHeader) return malformed("a route message too short");
  if (protocol !== routeProtocol) return Result.succeed(undefined);
  return Result.gen(function* () {
    const attributes = yield* readAttributes(body.subarray(routeHeader));
    const long = yield* numberOf(attributes, routeAttributes.table);
    const table = long === undefined ? shortTable : Number(long);
    if (!tables.includes(table)) return undefined;
    const prefix = prefixIn(family === families[4] ? 4 : 6, length, attributes);
    if (prefix === undefined) return yield* malformed("a route without a destination");
    const index = yield* numberOf(attributes, routeAttributes.outInterface);
    const priority = yield* numberOf(attributes, routeAttributes.priority);
    const name = index === undefined ? undefined : (names.get(Number(index)) ?? strangeDevice);
    const usual = priority === undefined || priority === usualPriority;
    const gateway = attributes.some((one) => one.type === routeAttributes.gateway);
    if (!usual || gateway) return { table, prefix, device: strangeDevice };
    if (type === routeTypes.throw) return { table, prefix, device: undefined };
    return { table, prefix, device: type === routeTypes.unicast ? name : strangeDevice };
  });
}

function prefixIn(
  family: 4 | 6,
  length: number,
  attributes: readonly Attribute[],
): Prefix | undefined {
  const found = attributes.find(({ type }) => type === routeAttributes.destination);
  const bytes = found?.value.subarray(0, (length + 7) >> 3) ?? new Uint8Array();
  return readPrefixBytes(Uint8Array.from([family, length, ...bytes]));
}

function numberOf(
  attributes: readonly Attribute[],
  type: number,
): Result.Result<bigint | undefined, NetlinkError> {
  const found = attributes.find((one) => one.type === type);
  return found === undefined ? Result.succeed(undefined) : readUnsigned(found.value, 4);
}

function deviceNames(
  socket: NetlinkSocket,
): Result.Result<ReadonlyMap<number, string>, NetlinkError> {
  return Result.gen(function* () {
    const body = new Uint8Array(linkHeader);
    const names = new Map<number, string>();
    const request = { type: messageTypes.getLink, body, dump: true };
    for (const message of yield* netlinkAnswer(socket, request)) {
      if (message.type !== messageTypes.newLink || message.body.length < linkHeader) continue;
      const attributes = yield* readAttributes(message.body.subarray(linkHeader));
      const name = attributes.find(({ type }) => type === nameAttribute);
      if (name === undefined) continue;
      const index = viewOf(message.body).getInt32(4, littleEndian);
      names.set(index, yield* readText(name.value, nameLimit));
    }
    return names;
  });
}

/** So many routes are written before others may do something: ten thousand take a third of a second. */
const stretch = 256;

const writeAll = Effect.fnUntraced(function* (
  socket: NetlinkSocket,
  { removed, put }: RouteChange,
) {
  if (removed.length + put.length === 0) return;
  const names = yield* Effect.fromResult(deviceNames(socket));
  const indices = new Map([...names].map(([index, name]) => [name, index]));
  let failure: NetlinkError | undefined;
  let count = 0;
  for (const [type, flags, routes] of [
    [messageTypes.delRoute, 0, removed],
    [messageTypes.newRoute, messageFlags.create | messageFlags.replace, put],
  ] as const) {
    for (const route of routes) {
      const outcome = writeOne(socket, type, flags, route, indices);
      if (Result.isFailure(outcome)) failure = outcome.failure;
      count += 1;
      if (count % stretch === 0) yield* Effect.yieldNow;
    }
  }
  if (failure !== undefined) return yield* Effect.fail(failure);
});

function writeOne(
  socket: NetlinkSocket,
  type: number,
  flags: number,
  { table, prefix, device }: TableRoute,
  indices: ReadonlyMap<string, number>,
): Result.Result<void, NetlinkError> {
  const deleting = type === messageTypes.delRoute;
  const index = device === undefined ? undefined : indices.get(device);
  // The kernel removes routes together with the interface that they lead into.
  if (device !== undefined && device !== strangeDevice && index === undefined) {
    const words = `there is no interface ${device} to route ${prefix} into`;
    return deleting ? Result.void : Result.fail(netlinkError("refused", words));
  }
  const body = routeBody(table, prefix, deleting ? "any" : (index ?? "throw"));
  const answer = netlinkAnswer(socket, { type, body, dump: false, flags });
  if (Result.isSuccess(answer)) return Result.void;
  if (deleting && answer.failure.errorNumber === noSuchRoute) return Result.void;
  return Result.fail(answer.failure);
}

/** @param way an interface's number, or a throw route, or (to delete) whatever way it is. */
function routeBody(table: number, prefix: string, way: number | "throw" | "any"): Uint8Array {
  const [family, length = 0, ...used] = prefixBytes(prefix as Prefix);
  const size = family === 4 ? 4 : 16;
  const address = Uint8Array.from({ length: size }, (_, i) => used[i] ?? 0);
  const toInterface = typeof way === "number";
  const type = way === "any" ? 0 : toInterface ? routeTypes.unicast : routeTypes.throw;
  const anyScope = 255; // RT_SCOPE_NOWHERE: whichever it has, where one is deleted
  const scope =
    way === "any" ? anyScope : toInterface && family === 4 ? scopes.link : scopes.universe;
  const head = Uint8Array.from([
    ...[family === 4 ? families[4] : families[6], length, 0, 0],
    ...[table < 256 ? table : 0, routeProtocol, scope, type],
    ...[0, 0, 0, 0],
  ]);
  return joined([
    head,
    attribute(routeAttributes.table, unsigned(table)),
    ...(length === 0 ? [] : [attribute(routeAttributes.destination, address)]),
    ...(toInterface ? [attribute(routeAttributes.outInterface, unsigned(way))] : []),
  ]);
}

function unsigned(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  viewOf(bytes).setUint32(0, value, littleEndian);
  return bytes;
}

function malformed(words: string): Result.Result<never, NetlinkError> {
  return Result.fail(netlinkError("malformed", `netlink: ${words}`));
}
