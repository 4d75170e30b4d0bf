import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as Effect from "effect/Effect";
import * as Redacted from "effect/Redacted";
import { run } from "#adapters/command/command.ts";
import { parseLinks } from "./link-list.ts";
import { type TunnelPlan, tunnelMtu } from "./tunnel.ts";
import { keepalive, type ToolFailure, type TunnelTools } from "./tunnel-tools.ts";

/** Tunnels by `ip` and `wg`: some processes for each, and works wherever these tools do. */
export const spawnedTools: TunnelTools = {
  links: run("ip", ["-d", "-j", "link", "show"]).pipe(
    Effect.flatMap((text) =>
      Effect.try({
        try: () => parseLinks(text),
        catch: (): ToolFailure => ({ words: "ip printed links in another form" }),
      }),
    ),
  ),
  make: (name) =>
    run("ip", ["link", "add", "dev", name, "type", "wireguard"]).pipe(
      Effect.mapError(
        ({ words }): ToolFailure => ({
          words,
          lacksWireguard: /unknown device type|not supported/i.test(words),
        }),
      ),
      Effect.asVoid,
    ),
  configure: (plan) => configure(plan),
  raise: Effect.fnUntraced(function* ({ name, ownAddress }) {
    yield* run("ip", ["address", "replace", `${ownAddress}/64`, "dev", name, "nodad"]);
    // One address only: datagrams to all routers must come from the one that neighbours know.
    yield* run("ip", ["link", "set", "dev", name, "addrgenmode", "none"]);
    yield* run("ip", ["link", "set", "dev", name, "mtu", String(tunnelMtu), "up"]);
  }),
  remove: (name) => Effect.asVoid(run("ip", ["link", "delete", "dev", name])),
};

/**
 * `wg setconf` would remove and add the peer, and its counters with it; `syncconf` does not. It opens
 * its file by name, which a child's /dev/stdin does not allow (a socket: ENXIO), so the text lies for
 * a moment where files live in memory, readable by its owner only.
 */
const configure = (plan: TunnelPlan): Effect.Effect<void, ToolFailure> =>
  Effect.acquireUseRelease(
    secretFile(configuration(plan)),
    (path) => run("wg", ["syncconf", plan.name, path], "", { secretInput: true }),
    (path) => Effect.sync(() => rmSync(dirname(path), { recursive: true, force: true })),
  ).pipe(Effect.asVoid);

function configuration(plan: TunnelPlan): string {
  return [
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
  ].join("\n");
}

/** Where files are in memory on every system that has the directory; else the temporary one. */
const memoryDirectory = "/run";

const secretFile = (text: string) =>
  Effect.try({
    try: () => {
      const directory = existsSync(memoryDirectory) ? memoryDirectory : tmpdir();
      const path = join(mkdtempSync(join(directory, "meshtoll-")), "tunnel");
      writeFileSync(path, text, { mode: 0o600, flag: "wx" });
      return path;
    },
    catch: (error): ToolFailure => ({
      words: `there is no file for wg to read: ${(error as NodeJS.ErrnoException).code}`,
    }),
  });
