import { existsSync, readFileSync, writeFileSync } from "node:fs";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import * as Redacted from "effect/Redacted";
import * as Schedule from "effect/Schedule";
import { run } from "#adapters/command/command.ts";
import { koffiNetlink } from "#adapters/netlink/koffi-netlink.ts";
import type { Netlink } from "#adapters/netlink/netlink.ts";
import { removeDeadSockets } from "#adapters/wireguard/dead-sockets.ts";
import { uapiDirectory, uapiPath, uapiRequest } from "#adapters/wireguard/uapi-socket.ts";
import { resolveEndpoint, splitEndpoint } from "./endpoint.ts";
import type { FoundLink } from "./link-list.ts";
import { netlinkTools } from "./netlink-tools.ts";
import { spawnedTools } from "./spawned-tools.ts";
import { Tunnel, TunnelError, type TunnelPlan } from "./tunnel.ts";
import { keepalive, type TunnelTools } from "./tunnel-tools.ts";

/** How interfaces are told what to be: see {@link TunnelTools}. */
export type TunnelWayName = "netlink" | "spawned";

/**
 * Tunnels by the kernel's WireGuard where it has it, else by wireguard-go, which puts itself in the
 * background and outlives the agent: a restarted agent finds its counters where they were. Of the
 * ways the first one is taken that this process has.
 */
export const tunnelBy = (ways: readonly TunnelWayName[]): Layer.Layer<Tunnel, never, Netlink> =>
  Layer.effect(
    Tunnel,
    Effect.gen(function* () {
      const tools = ways.includes("netlink")
        ? yield* Effect.catch(netlinkTools, () => Effect.succeed(spawnedTools))
        : spawnedTools;
      return Tunnel.of({
        apply: (plan) => apply(tools, plan).pipe(Effect.mapError(asTunnelError(plan.name))),
        remove: (name) => remove(tools, name).pipe(Effect.mapError(asTunnelError(name))),
        list: (prefix) => list(tools, prefix).pipe(Effect.mapError(asTunnelError(prefix))),
        sweep: (isOurs) => sweep(tools, isOurs).pipe(Effect.mapError(asTunnelError(""))),
      });
    }),
  );

/** Tunnels of the real machine, by netlink where koffi loads. */
export const wireguardTunnel: Layer.Layer<Tunnel> = tunnelBy(["netlink", "spawned"]).pipe(
  Layer.provide(koffiNetlink),
);

/** How often to ask a new or ending wireguard-go, and with what pause between. */
const patience = { times: 150, schedule: Schedule.spaced("20 millis") };

function asTunnelError(name: string) {
  return (error: { readonly words: string }): TunnelError =>
    error instanceof TunnelError ? error : new TunnelError({ name, words: error.words });
}

const refuse = (name: string, words: string) =>
  new TunnelError({ name, words: `${name}: ${words}` });

const linkOf = (tools: TunnelTools, name: string) =>
  Effect.map(tools.links, (links) => links.find((one) => one.name === name));

function isTunnel({ name, kind }: FoundLink): boolean {
  return kind === "kernel" || (kind === "userspace" && existsSync(uapiPath(name)));
}

/** Nobody else's interface is ours because its name begins like ours. */
const list = (tools: TunnelTools, prefix: string) =>
  Effect.map(tools.links, (links) =>
    links.filter((one) => one.name.startsWith(prefix) && isTunnel(one)).map(({ name }) => name),
  );

const apply = Effect.fnUntraced(function* (tools: TunnelTools, plan: TunnelPlan) {
  const { name } = plan;
  const fault = planFault(plan);
  if (fault !== undefined) return yield* refuse(name, fault);
  const there = yield* linkOf(tools, name);
  if (there !== undefined && !isTunnel(there)) {
    return yield* refuse(name, "an interface of this name is there, and is no WireGuard");
  }
  const kind = there?.kind ?? (yield* make(tools, name));
  const endpoint = plan.endpoint === undefined ? undefined : yield* resolveEndpoint(plan.endpoint);
  if (kind === "userspace") yield* configureUserspace({ ...plan, endpoint });
  else yield* tools.configure({ ...plan, endpoint });
  yield* allowOtherWayBack(name);
  yield* tools.raise(plan);
  return there === undefined ? ("made" as const) : ("adopted" as const);
});

/** Nothing that came from outside reaches a configuration text unchecked. Quotes no key. */
function planFault(plan: TunnelPlan): string | undefined {
  const key = /^[A-Za-z0-9+/]{43}=$/;
  if (!/^[A-Za-z0-9_.-]{1,15}$/.test(plan.name)) {
    return "an interface name has 1 to 15 letters, digits, _ . -";
  }
  if (!key.test(plan.peerKey)) return "the peer's key is not 32 bytes in base64";
  if (!key.test(Redacted.value(plan.privateKey)))
    return "the private key is not 32 bytes in base64";
  const { listenPort: port, endpoint } = plan;
  if (!Number.isInteger(port) || port < 1 || port > 65535) return `${port} is no UDP port`;
  if (!/^fe80::[0-9a-f:]{1,24}$/.test(plan.ownAddress)) return "its address is not link-local";
  if (endpoint !== undefined && splitEndpoint(endpoint) === undefined) {
    return "the endpoint is not host:port";
  }
  return undefined;
}

const make = (tools: TunnelTools, name: string) =>
  tools.make(name).pipe(
    Effect.as("kernel" as const),
    Effect.catch((failure) =>
      failure.lacksWireguard === true ? makeUserspace(name) : Effect.fail(failure),
    ),
  );

/** A router has the module as a package; elsewhere the program in user space is the way out. */
const makeUserspace = (name: string) =>
  run("wireguard-go", [name]).pipe(
    Effect.mapError(({ problem, words }) => {
      const lacks = "this kernel has no WireGuard (OpenWrt: kmod-wireguard)";
      return problem === "missing" ? refuse(name, `${lacks}, and ${words}`) : { words };
    }),
    Effect.andThen(awaitSocket(name)),
    Effect.as("userspace" as const),
  );

/** wireguard-go returns before its socket accepts: ask until it answers. */
const awaitSocket = (name: string) => uapiRequest(name, "get=1").pipe(Effect.retry(patience));

/** Says only what changes: setting a port anew would close it, and removing a peer its counters. */
const configureUserspace = Effect.fnUntraced(function* (plan: TunnelPlan) {
  const peer = hexKey(plan.peerKey);
  const present = yield* uapiRequest(plan.name, "get=1");
  const has = (key: string, value: string) =>
    present.some(([one, other]) => one === key && other === value);
  const strangers = present.filter(([key, value]) => key === "public_key" && value !== peer);
  yield* uapiRequest(
    plan.name,
    [
      "set=1",
      `private_key=${hexKey(Redacted.value(plan.privateKey))}`,
      ...(has("listen_port", `${plan.listenPort}`) ? [] : [`listen_port=${plan.listenPort}`]),
      ...strangers.flatMap(([, key]) => [`public_key=${key}`, "remove=true"]),
      `public_key=${peer}`,
      ...(plan.endpoint === undefined
        ? []
        : [`endpoint=${plan.endpoint}`, `persistent_keepalive_interval=${keepalive}`]),
      "replace_allowed_ips=true",
      "allowed_ip=0.0.0.0/0",
      "allowed_ip=::/0",
    ].join("\n"),
  );
});

const settingOf = (name: string) => `/proc/sys/net/ipv4/conf/${name}/rp_filter`;

/**
 * What arrives on one class may be answered on another. The reverse path filter (RFC 3704) drops
 * such packets even in its loose mode where the interface has no IPv4 address, as ours, so it is
 * switched off for the tunnel; but the setting for "all" is stronger, and is the operator's.
 */
const allowOtherWayBack = (name: string): Effect.Effect<void> =>
  Effect.suspend(() => {
    try {
      writeFileSync(settingOf(name), "0");
      const all = readFileSync(settingOf("all"), "utf8").trim();
      if (all === "0") return Effect.void;
      return Effect.logWarning(
        `net.ipv4.conf.all.rp_filter is ${all}: paid IPv4 packets from ${name} get lost until it is 0`,
      );
    } catch {
      return Effect.logDebug(`${name}: the reverse path filter stays as it is`); // read-only /proc
    }
  });

/**
 * Deleting its interface ends wireguard-go by itself. Its socket goes with it, which is awaited: a
 * tunnel made again at once must not speak to the process that is ending.
 */
const remove = Effect.fnUntraced(function* (tools: TunnelTools, name: string) {
  const there = yield* linkOf(tools, name);
  if (there === undefined) return;
  if (!isTunnel(there)) return yield* refuse(name, "is no WireGuard interface: it stays");
  yield* tools.remove(name);
  if (there.kind === "userspace") {
    const gone = Effect.suspend(() =>
      existsSync(uapiPath(name)) ? Effect.fail("still there") : Effect.void,
    );
    yield* Effect.ignore(Effect.retry(gone, patience));
  }
});

/** An interface that is there keeps its socket: somebody serves it, whether he answers or not. */
const sweep = Effect.fnUntraced(function* (tools: TunnelTools, isOurs: (name: string) => boolean) {
  const there = new Set((yield* tools.links).map(({ name }) => name));
  return yield* Effect.tryPromise({
    try: () => removeDeadSockets((name) => isOurs(name) && !there.has(name)),
    catch: (error) => refuse(uapiDirectory, `not to be tidied: ${String(error)}`),
  });
});

function hexKey(base64: string): string {
  return Buffer.from(base64, "base64").toString("hex");
}
