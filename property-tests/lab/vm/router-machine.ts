import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as Effect from "effect/Effect";
import { fileKeys } from "#adapters/keys/file-keys.ts";
import { Keys } from "#adapters/keys/keys.ts";
import { controlPath } from "#agent/agent/control-socket.ts";
import { daemonWords, routerEnvironment } from "#agent/packaging/launch.ts";
import { bundleRouter } from "#agent/packaging/router-bundle.ts";
import { type LoadPlan, smallTerms } from "../../bench/router/load-plan.ts";
import { addresses, configText, lines } from "../../bench/router/router-stage.ts";
import { bootMachine } from "../../nightly/machine.ts";
import type { MachineImage } from "../../nightly/machine-image.ts";
import type { Workplace } from "../../nightly/workplace.ts";
import { sweepLabSockets } from "../../tunnel/lab-sockets.ts";
import { layCable, removeCable } from "./machine-cable.ts";

const neighbours = 20;

/** Milliseconds between two looks of the agents, and what each neighbour offers in that time, in bytes. */
const interval = 3000;
const perTick = 24_000;

/** So long traffic flows, in ticks; and what the goal of the design is, in kilobytes. */
const trafficTicks = 120;
const goals = { available: 22_000, resident: 60_000, anonymous: 18_000 } as const;

/** What the machine says of itself, in kilobytes. */
interface Look {
  readonly phase: "before" | "running";
  readonly available: number;
  readonly free: number;
  /** What the kernel itself holds and cannot drop: tunnels, queues, sockets. */
  readonly slab: number;
  readonly resident: number;
  readonly anonymous: number;
  readonly peak: number;
  /** Of its journal, in memory here, which would be on flash. */
  readonly journal: number;
}

/**
 * The packaged agent alone in a machine of a router's size, with the kernel's own WireGuard; its
 * neighbours are outside, at the other end of a real cable, and pay for what they send.
 */
export async function routerMachine(
  workplace: Workplace,
  image: MachineImage,
  megabytes: number,
  told: (line: unknown) => void,
): Promise<{ readonly passed: boolean } & Readonly<Record<string, unknown>>> {
  const home = workplace.directory("router");
  const bundle = join(home, "bundle");
  await bundleRouter(bundle);
  const tag = process.pid.toString(36).slice(-3);
  const namespace = `pkv-${tag}`;
  const prefix = `v${tag}`; // with a number behind it, an interface prefix has six letters at most
  const keys = await Effect.runPromise(
    Effect.map(Keys, (it) => it).pipe(Effect.provide(fileKeys(join(home, "keys")))),
  );
  const journal = "/var/lib/router/journal";
  const config = join(home, "config.json");
  // The machine sees files of the host as they are, but for who owns them.
  writeFileSync(
    config,
    configText(neighbours, interval, { home, journal, prefix: "rt" }, smallTerms),
    {
      mode: 0o600,
    },
  );
  const script = join(home, "router.sh");
  writeFileSync(script, guestScript(bundle, config, journal));
  const plan: LoadPlan = {
    ...{ prefix, neighbours, interval, perTick },
    router: {
      id: keys.nodeId,
      tunnelKey: keys.tunnelPublicKey,
      address: addresses.router,
      control: controlPath(journal),
    },
  };
  layCable(namespace);
  let laid = true;
  const remove = (): void => {
    if (laid) removeCable(namespace, prefix);
    laid = false;
  };
  workplace.undo(remove);
  const helper = fileURLToPath(new URL("wire-neighbours.ts", import.meta.url));
  const child = spawn(
    "ip",
    ["netns", "exec", namespace, process.execPath, helper, JSON.stringify(plan)],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  workplace.child(child);
  const answers = lines(child);
  try {
    await answers();
    const looks: Look[] = [];
    const machine = bootMachine(workplace, image, {
      guest: [script],
      megabytes,
      cable: { namespace, tap: "cable" },
    });
    let failure: unknown;
    let isOver = false;
    const watching = (async () => {
      for await (const line of machine.lines) {
        told(line);
        looks.push(line as Look);
      }
    })().catch((error: unknown) => {
      if (!isOver) failure = error;
    });
    while (!looks.some(({ phase }) => phase === "running")) {
      if (failure !== undefined) throw failure;
      await pause(500);
    }
    child.stdin?.write(`${trafficTicks}\n`);
    const traffic = (await answers()) as Traffic;
    told(traffic);
    if (failure !== undefined) throw failure;
    isOver = true;
    await machine.kill();
    await watching;
    return judged(looks, traffic);
  } finally {
    child.kill();
    remove();
    await pause(500);
    await sweepLabSockets(prefix);
  }
}

/** What the neighbours' books say in the end. */
interface Traffic {
  readonly sent: string;
  readonly paying: number;
  readonly alarms: readonly string[];
}

function judged(looks: readonly Look[], traffic: Traffic) {
  const before = looks.find(({ phase }) => phase === "before");
  const running = looks.filter(({ phase }) => phase === "running");
  const loaded = running.slice(running.length >> 1);
  const median = (of: (look: Look) => number) =>
    loaded.map(of).toSorted((a, b) => a - b)[loaded.length >> 1] ?? 0;
  const most = (of: (look: Look) => number) => Math.max(...loaded.map(of));
  const used = (look: Look) => (before?.available ?? 0) - look.available - look.journal;
  const passed = loaded.length > 3 && traffic.paying === neighbours && traffic.alarms.length === 0;
  return {
    passed,
    ...traffic,
    unit: "kB",
    machine: before?.available ?? 0,
    availableUsed: { median: median(used), most: most(used), goal: goals.available },
    kernelUsed: most(({ slab }) => slab) - (before?.slab ?? 0),
    resident: { median: median((one) => one.resident), goal: goals.resident },
    anonymous: { median: median((one) => one.anonymous), goal: goals.anonymous },
    peak: most((one) => one.peak),
    leastFree: Math.min(...loaded.map(({ free }) => free)),
    journal: loaded.at(-1)?.journal ?? 0,
  };
}

/** What runs in there: no Node but the agent's own. */
function guestScript(bundle: string, config: string, journal: string): string {
  const environment = Object.entries(routerEnvironment).map(([name, value]) => `${name}=${value}`);
  const words = daemonWords(config, bundle).join(" ");
  return `
for one in virtio_net wireguard sch_htb sch_fq_codel nft_quota; do modprobe $one 2>/dev/null; done
ip address add ${addresses.router}/24 dev eth0
ip link set eth0 up
mkdir -p /run/wireguard ${journal.slice(0, journal.lastIndexOf("/"))}
of() { sed -n "s/^$2:[[:space:]]*\\([0-9]*\\) kB/\\1/p" $1; }
look() {
  a=$(of /proc/meminfo MemAvailable); f=$(of /proc/meminfo MemFree)
  s=$(of /proc/meminfo SUnreclaim)
  r=0; n=0; p=0; j=0
  if [ -n "$2" ]; then
    r=$(of /proc/$2/status VmRSS); n=$(of /proc/$2/status RssAnon); p=$(of /proc/$2/status VmHWM)
    j=$(du -sk ${journal} | cut -f1)
  fi
  echo "{\\"phase\\":\\"$1\\",\\"available\\":$a,\\"free\\":$f,\\"slab\\":$s,\\"resident\\":\${r:-0},\\"anonymous\\":\${n:-0},\\"peak\\":\${p:-0},\\"journal\\":\${j:-0}}"
}
sync; echo 3 > /proc/sys/vm/drop_caches
look before
env ${environment.join(" ")} ${process.execPath} ${words} > /run/agent.log 2>&1 &
agent=$!
while [ ! -S ${controlPath(journal)} ]; do
  kill -0 $agent || { tail -20 /run/agent.log; exit 1; }
  sleep 1
done
while kill -0 $agent; do look running $agent; sleep 10; done
tail -20 /run/agent.log
exit 1
`;
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
