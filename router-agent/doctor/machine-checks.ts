import { createSocket } from "node:dgram";
import { accessSync, constants, existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { Machine } from "#adapters/machine/machine.ts";
import { type Config, isKnown } from "#agent/config/config.ts";
import { diskReserve } from "#agent/incidents/incident-table.ts";
import { type Diagnosis, fine, notice, wrong } from "./diagnosis.ts";

/** Tools that an agent with neighbours calls, and the Debian packages that have them. */
const tools = [
  ["ip", "iproute2"],
  ["tc", "iproute2"],
  ["nft", "nftables"],
  ["wg", "wireguard-tools"],
] as const;

/** Whether this machine has what an agent needs. Changes nothing. @param running its ports are taken then. */
export const machineChecks = Effect.fnUntraced(function* (config: Config, running: boolean) {
  const alone = config.neighbours.length === 0;
  const checks: Diagnosis[] = [nodeCheck(process.versions.node)];
  if (!alone) checks.push(rootCheck(), ...toolChecks(), wireguardCheck());
  checks.push(yield* diskCheck(config), yield* clockCheck());
  if (!running && !alone) checks.push(...(yield* portChecks(config)));
  if (!running) checks.push(...(yield* pageCheck(config)));
  return checks;
});

/** The oldest Node that strips types by itself and has what the agent uses. */
const leastNode = [22, 19] as const;

function nodeCheck(version: string): Diagnosis {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const enough = major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1]);
  return enough
    ? fine("Node", version)
    : wrong("Node", `${version} is too old`, `install Node ${leastNode.join(".")} or newer`);
}

function rootCheck(): Diagnosis {
  return process.getuid?.() === 0
    ? fine("rights", "root")
    : notice("rights", "not root, so some checks see less", "run doctor, and the agent, as root");
}

function toolChecks(): readonly Diagnosis[] {
  const missing = tools.filter(([tool]) => !isInstalled(tool));
  if (missing.length === 0) return [fine("tools", tools.map(([tool]) => tool).join(", "))];
  return missing.map(([tool, debian]) =>
    wrong("tools", `${tool} is not installed`, `install it (Debian package ${debian})`),
  );
}

/** Looks as execvp(3) does, and starts nothing. */
function isInstalled(tool: string): boolean {
  const { PATH = "/usr/sbin:/usr/bin:/sbin:/bin" } = process.env;
  return PATH.split(":").some((directory) => {
    try {
      accessSync(join(directory, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function wireguardCheck(): Diagnosis {
  if (existsSync("/sys/module/wireguard")) return fine("WireGuard", "in the kernel");
  if (!isInstalled("wireguard-go")) {
    const advice = "load the module (modprobe wireguard), or install wireguard-go";
    return notice("WireGuard", "not loaded in the kernel, and no wireguard-go", advice);
  }
  return existsSync("/dev/net/tun")
    ? fine("WireGuard", "wireguard-go, or the kernel's once it is loaded")
    : wrong("WireGuard", "wireguard-go has no /dev/net/tun", "load the module tun");
}

const diskCheck = Effect.fnUntraced(function* ({ journal }: Config) {
  const { freeDisk } = yield* Machine;
  const free = yield* freeDisk(nearest(journal.directory));
  if (free === undefined)
    return notice("disk", `${journal.directory} cannot be asked`, "see that it is mounted");
  if (free >= diskReserve) return fine("disk", `${free} bytes free for the journal`);
  return wrong(
    "disk",
    `only ${free} bytes free for the journal`,
    "make room, or set journal elsewhere",
  );
});

/** The directory, or the nearest one above it that there is. */
function nearest(directory: string): string {
  let at = directory;
  while (at !== "/" && !existsSync(at)) at = join(at, "..");
  return at;
}

/** A router without a battery boots long ago. */
const clockCheck = Effect.fnUntraced(function* () {
  const { civil } = yield* (yield* Machine).now;
  const time = new Date(civil).toISOString();
  if (civil >= Date.UTC(2024, 0, 1)) return fine("clock", time);
  return notice(
    "clock",
    `it says ${time}`,
    "no bill needs it; history has no hours until it is set",
  );
});

/** Every port of every neighbour; that of messages is bound to tunnels, and may be shared. */
const portChecks = Effect.fnUntraced(function* ({ neighbours }: Config) {
  const ports = neighbours
    .filter(isKnown)
    .flatMap(({ name, listenPort, classes }) =>
      Array.from({ length: classes + 1 }, (_, i) => ({ name, port: listenPort + i })),
    );
  const taken: Diagnosis[] = [];
  for (const { name, port } of ports) {
    const code = yield* Effect.promise(() => udpObstacle(port));
    if (code === undefined) continue;
    const words = `UDP ${port} for ${name} cannot be had: ${code}`;
    // Tunnels of a run that ended with --keep-tunnels hold their ports, and are taken over.
    taken.push(
      notice(
        "ports",
        words,
        "fine if our own tunnels are still up; else choose another listen_port",
      ),
    );
  }
  return taken.length > 0 ? taken : [fine("ports", `${ports.length} UDP port(s) are free`)];
});

function udpObstacle(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    socket.once("error", (error: NodeJS.ErrnoException) => {
      socket.close();
      resolve(error.code ?? error.message);
    });
    socket.bind(port, () => socket.close(() => resolve(undefined)));
  });
}

const pageCheck = Effect.fnUntraced(function* ({ status: { listen } }: Config) {
  if (listen === "off") return [];
  const code = yield* Effect.promise(() => tcpObstacle(listen.host, listen.port));
  const where = `${listen.host} port ${listen.port}`;
  return code === undefined
    ? [fine("status page", `${where} is free`)]
    : [
        notice(
          "status page",
          `${where} cannot be had: ${code}`,
          "choose another status_listen, or off",
        ),
      ];
});

function tcpObstacle(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
