import { existsSync, readFileSync, writeFileSync } from "node:fs";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import * as Redacted from "effect/Redacted";
import * as Schedule from "effect/Schedule";
import { run } from "#adapters/command/command.ts";
import { removeDeadSockets } from "#adapters/wireguard/dead-sockets.ts";
import { uapiDirectory, uapiPath, uapiRequest } from "#adapters/wireguard/uapi-socket.ts";
import { resolveEndpoint, splitEndpoint } from "./endpoint.ts";
import { type FoundLink, parseLinks } from "./link-list.ts";
import { Tunnel, TunnelError, type TunnelPlan, tunnelMtu } from "./tunnel.ts";

/**
 * Tunnels by the kernel's WireGuard where it has it, else by wireguard-go, which puts itself in the
 * background and outlives the agent: a restarted agent finds its counters where they were.
 */
export const wireguardTunnel: Layer.Layer<Tunnel> = Layer.succeed(
  Tunnel,
  Tunnel.of({
    apply: (plan) => apply(plan).pipe(Effect.mapError(asTunnelError(plan.name))),
    remove: (name) => remove(name).pipe(Effect.mapError(asTunnelError(name))),
    list: (prefix) => list(prefix).pipe(Effect.mapError(asTunnelError(prefix))),
    sweep: (isOurs) => sweep(isOurs).pipe(Effect.mapError(asTunnelError(""))),
  }),
);

/**
 * Seconds between keepalives where we are the one that calls (wg(8)): the session is there before
 * traffic is, and neighbours that cannot call us can answer through address translation.
 */
export const keepalive = 25;

/** How often to ask a new or ending wireguard-go, and with what pause between. */
const patience = { times: 150, schedule: Schedule.spaced("20 millis") };

function asTunnelError(name: string) {
  return (error: { readonly words: string }): TunnelError =>
    error instanceof TunnelError ? error : new TunnelError({ name, words: error.words });
}

const refuse = (name: string, words: string) =>
  new TunnelError({ name, words: `${name}: ${words}` });

const allLinks = run("ip", ["-d", "-j", "link", "show"]).pipe(
  Effect.flatMap((text) =>
    Effect.try({
      try: () => parseLinks(text),
      catch: () => new TunnelError({ name: "", words: "ip printed links in another form" }),
    }),
  ),
);

const linkOf = (name: string) =>
  Effect.map(allLinks, (links) => links.find((one) => one.name === name));

function isTunnel({ name, kind }: FoundLink): boolean {
  return kind === "kernel" || (kind === "userspace" && existsSync(uapiPath(name)));
}

/** Nobody else's interface is ours because its name begins like ours. */
const list = (prefix: string) =>
  Effect.map(allLinks, (links) =>
    links.filter((one) => one.name.startsWith(prefix) && isTunnel(one)).map(({ name }) => name),
  );

const apply = Effect.fnUntraced(function* (plan: TunnelPlan) {
  const { name } = plan;
  const fault = planFault(plan);
  if (fault !== undefined) return yield* refuse(name, fault);
  const there = yield* linkOf(name);
  if (there !== undefined && !isTunnel(there)) {
    return yield* refuse(name, "an interface of this name is there, and is no WireGuard");
  }
  const kind = there?.kind ?? (yield* make(name));
  const endpoint = plan.endpoint === undefined ? undefined : yield* resolveEndpoint(plan.endpoint);
  if (kind === "userspace") yield* configureUserspace({ ...plan, endpoint });
  else yield* configureKernel({ ...plan, endpoint });
  yield* allowOtherWayBack(name);
  yield* run("ip", ["address", "replace", `${plan.ownAddress}/64`, "dev", name, "nodad"]);
  // One address only: datagrams to all routers must come from the one that neighbours know.
  yield* run("ip", ["link", "set", "dev", name, "addrgenmode", "none"]);
  yield* run("ip", ["link", "set", "dev", name, "mtu", String(tunnelMtu), "up"]);
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

const make = (name: string) =>
  run("ip", ["link", "add", "dev", name, "type", "wireguard"]).pipe(
    Effect.as("kernel" as const),
    Effect.catch(() =>
      run("wireguard-go", [name]).pipe(
        Effect.andThen(awaitSocket(name)),
        Effect.as("userspace" as const),
      ),
    ),
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

/** `wg setconf` would remove and add the peer, and its counters with it; `syncconf` does not. */
const configureKernel = (plan: TunnelPlan) =>
  run(
    "wg",
    ["syncconf", plan.name, "/dev/stdin"],
    [
      "[Interface]",
      `PrivateKey = ${Redacted.value(plan.privateKey)}`,
      `ListenPort = ${plan.listenPort}`,
      "[Peer]",
      `PublicKey = ${plan.peerKey}`,
      ...(plan.endpoint === undefined
        ? []
        : [`Endpoint = ${plan.endpoint}`, `PersistentKeepalive = ${keepalive}`]),
      "AllowedIPs = 0.0.0.0/0, ::/0",
      "",
    ].join("\n"),
    { secretInput: true },
  );

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
const remove = Effect.fnUntraced(function* (name: string) {
  const there = yield* linkOf(name);
  if (there === undefined) return;
  if (!isTunnel(there)) return yield* refuse(name, "is no WireGuard interface: it stays");
  yield* run("ip", ["link", "delete", "dev", name]);
  if (there.kind === "userspace") {
    const gone = Effect.suspend(() =>
      existsSync(uapiPath(name)) ? Effect.fail("still there") : Effect.void,
    );
    yield* Effect.ignore(Effect.retry(gone, patience));
  }
});

/** An interface that is there keeps its socket: somebody serves it, whether he answers or not. */
const sweep = Effect.fnUntraced(function* (isOurs: (name: string) => boolean) {
  const there = new Set((yield* allLinks).map(({ name }) => name));
  return yield* Effect.tryPromise({
    try: () => removeDeadSockets((name) => isOurs(name) && !there.has(name)),
    catch: (error) => refuse(uapiDirectory, `not to be tidied: ${String(error)}`),
  });
});

function hexKey(base64: string): string {
  return Buffer.from(base64, "base64").toString("hex");
}
