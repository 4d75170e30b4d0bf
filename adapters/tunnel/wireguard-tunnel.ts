import { existsSync, readdirSync } from "node:fs";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import * as Redacted from "effect/Redacted";
import * as Schedule from "effect/Schedule";
import { run } from "#adapters/command/command.ts";
import { uapiPath, uapiRequest } from "#adapters/wireguard/uapi-socket.ts";
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
    list: (prefix) =>
      Effect.sync(() =>
        readdirSync("/sys/class/net").filter((name) => name.startsWith(prefix)),
      ).pipe(
        Effect.flatMap((names) => Effect.filter(names, isHere)),
        Effect.mapError(asTunnelError(prefix)),
      ),
  }),
);

function asTunnelError(name: string) {
  return (error: { readonly words: string }): TunnelError =>
    error instanceof TunnelError ? error : new TunnelError({ name, words: error.words });
}

/** /sys may show another network namespace's interfaces; the kernel answers for this one. */
const isHere = (name: string) =>
  run("ip", ["-j", "link", "show", "dev", name]).pipe(
    Effect.as(true),
    Effect.catch(() => Effect.succeed(false)),
  );

const apply = Effect.fnUntraced(function* (plan: TunnelPlan) {
  yield* checkPlan(plan);
  const there = yield* isHere(plan.name);
  if (!there) yield* make(plan.name);
  if (existsSync(uapiPath(plan.name))) yield* configureUserspace(plan);
  else yield* configureKernel(plan);
  const address = `${plan.ownAddress}/64`;
  yield* run("ip", ["address", "replace", address, "dev", plan.name, "nodad"]);
  yield* run("ip", ["link", "set", "dev", plan.name, "mtu", String(tunnelMtu), "up"]);
  return there ? ("adopted" as const) : ("made" as const);
});

/** Nothing that came from outside reaches a configuration text unchecked. */
function checkPlan(plan: TunnelPlan): Effect.Effect<void, TunnelError> {
  const wrong = !/^[A-Za-z0-9_.-]{1,15}$/.test(plan.name)
    ? "an interface name has 1 to 15 letters, digits, _ . -"
    : !/^[A-Za-z0-9+/]{43}=$/.test(plan.peerKey)
      ? "the peer's key is not 32 bytes in base64"
      : plan.endpoint !== undefined && !/^[A-Za-z0-9.:[\]-]{3,300}$/.test(plan.endpoint)
        ? "the endpoint is not host:port"
        : undefined;
  return wrong === undefined
    ? Effect.void
    : Effect.fail(new TunnelError({ name: plan.name, words: `${plan.name}: ${wrong}` }));
}

const make = (name: string) =>
  run("ip", ["link", "add", "dev", name, "type", "wireguard"]).pipe(
    Effect.catch(() => run("wireguard-go", [name]).pipe(Effect.andThen(awaitSocket(name)))),
  );

/** wireguard-go returns before its socket accepts: ask until it answers. */
const awaitSocket = (name: string) =>
  uapiRequest(name, "get=1").pipe(
    Effect.retry({ times: 150, schedule: Schedule.spaced("20 millis") }),
  );

const configureUserspace = Effect.fnUntraced(function* (plan: TunnelPlan) {
  const peer = hexKey(plan.peerKey);
  const present = yield* uapiRequest(plan.name, "get=1");
  const strangers = present.filter(([key, value]) => key === "public_key" && value !== peer);
  yield* uapiRequest(
    plan.name,
    [
      "set=1",
      `private_key=${hexKey(Redacted.value(plan.privateKey))}`,
      `listen_port=${plan.listenPort}`,
      ...strangers.flatMap(([, key]) => [`public_key=${key}`, "remove=true"]),
      `public_key=${peer}`,
      ...(plan.endpoint === undefined ? [] : [`endpoint=${plan.endpoint}`]),
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
      ...(plan.endpoint === undefined ? [] : [`Endpoint = ${plan.endpoint}`]),
      "AllowedIPs = 0.0.0.0/0, ::/0",
      "",
    ].join("\n"),
  );

/** Deleting its interface ends wireguard-go by itself; its socket goes with it. */
const remove = Effect.fnUntraced(function* (name: string) {
  if (!(yield* isHere(name))) return;
  yield* run("ip", ["link", "delete", "dev", name]);
});

function hexKey(base64: string): string {
  return Buffer.from(base64, "base64").toString("hex");
}
