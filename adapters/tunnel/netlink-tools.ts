import { constants } from "node:os";
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import { deviceReadings, wireguardFamily } from "#adapters/counters/wireguard-device.ts";
import { attribute, textBytes } from "#adapters/netlink/attribute.ts";
import { genericAnswer, genericFamily } from "#adapters/netlink/generic-netlink.ts";
import { Netlink, type NetlinkSocket, netlinkProtocols } from "#adapters/netlink/netlink.ts";
import { NetlinkError } from "#adapters/netlink/netlink-error.ts";
import {
  deleteLink,
  listLinks,
  makeLink,
  raiseLink,
  setAddress,
  withoutOwnAddresses,
} from "#adapters/netlink/route-netlink.ts";
import { deviceSettings } from "./device-settings.ts";
import { kindOfDriver } from "./link-list.ts";
import { type TunnelPlan, tunnelMtu } from "./tunnel.ts";
import type { ToolFailure, TunnelTools } from "./tunnel-tools.ts";

/** WG_CMD_SET_DEVICE. */
const setDevice = 1;

/** fe80::/64. */
const addressPrefix = 64;

const { EOPNOTSUPP, EPERM, ENODEV } = constants.errno;

const noDevice = (name: string) =>
  new NetlinkError({ problem: "refused", words: `${name} is gone`, errorNumber: ENODEV });

/** Tunnels by netlink alone: no process is started. Needs a process with netlink (`unavailable`). */
export const netlinkTools = Effect.gen(function* () {
  const netlink = yield* Netlink;
  const route = yield* netlink.open(netlinkProtocols.route, 0);
  const generic = yield* netlink.open(netlinkProtocols.generic, 0);
  const tools: TunnelTools = {
    links: asEffect(() =>
      Result.map(listLinks(route), (links) =>
        links.map(({ name, kind }) => ({ name, kind: kindOfDriver(kind) })),
      ),
    ),
    make: (name) => asEffect(() => makeLink(route, name, "wireguard")),
    configure: (plan) => asEffect(() => configure(generic, plan)),
    raise: (plan) => asEffect(() => raise(route, plan)),
    remove: (name) =>
      asEffect(() => Result.flatMap(indexOf(route, name), (index) => deleteLink(route, index))),
  };
  return tools;
});

const asEffect = <A>(act: () => Result.Result<A, NetlinkError>): Effect.Effect<A, ToolFailure> =>
  Effect.suspend(() => Effect.fromResult(act())).pipe(Effect.mapError(failure));

function failure({ problem, errorNumber, words }: NetlinkError): ToolFailure {
  const refused = problem === "refused";
  const hint = refused && errorNumber === EPERM ? ": it takes CAP_NET_ADMIN" : "";
  return { words: `${words}${hint}`, lacksWireguard: refused && errorNumber === EOPNOTSUPP };
}

/** Says only what changes: a key and a port that are there stay, and so does a peer. */
function configure(socket: NetlinkSocket, plan: TunnelPlan): Result.Result<void, NetlinkError> {
  return Result.gen(function* () {
    const family = yield* genericFamily(socket, wireguardFamily.name);
    const base = { family, version: wireguardFamily.version };
    const present = yield* genericAnswer(socket, {
      ...base,
      command: wireguardFamily.getDevice,
      attributes: [attribute(wireguardFamily.interfaceName, textBytes(plan.name))],
      dump: true,
    });
    const peers = deviceReadings(plan.name, present);
    // The answer held the private key.
    for (const { attributes } of present) for (const { value } of attributes) value.fill(0);
    const keys = (yield* peers).map(({ peerKey }) => peerKey);
    const settings = deviceSettings(
      plan,
      keys.filter((key) => key !== plan.peerKey),
    );
    const answer = genericAnswer(socket, {
      ...base,
      command: setDevice,
      attributes: [settings],
      dump: false,
    });
    settings.fill(0);
    yield* answer;
  });
}

function raise(socket: NetlinkSocket, plan: TunnelPlan): Result.Result<void, NetlinkError> {
  return Result.gen(function* () {
    const index = yield* indexOf(socket, plan.name);
    // One address only: datagrams to all routers must come from the one that neighbours know.
    yield* withoutOwnAddresses(socket, index);
    yield* setAddress(socket, index, plan.ownAddress, addressPrefix);
    yield* raiseLink(socket, index, tunnelMtu);
  });
}

function indexOf(socket: NetlinkSocket, name: string): Result.Result<number, NetlinkError> {
  return Result.flatMap(listLinks(socket), (links) => {
    const found = links.find((one) => one.name === name);
    return found === undefined ? Result.fail(noDevice(name)) : Result.succeed(found.index);
  });
}
