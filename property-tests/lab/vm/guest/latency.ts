import { setTimeout as sleep } from "node:timers/promises";
import {
  attachAnew,
  controlPort,
  far,
  type LabLine,
  type LabRouter,
  labLine,
  near,
  type Place,
  rates,
} from "../../../queueing/lab-line.ts";
import { quantiles } from "./quantiles.ts";
import { report } from "./report.ts";

/**
 * The cable between a and b: a little faster than our queues let it be (so that they are where packets
 * wait), with a queue of the kind that makes links slow under load: 300 packets, 360 ms.
 */
const bottleneck = ["netem", "rate", "10mbit", "delay", "5ms", "limit", "300"] as const;

/** Milliseconds between two probes, and how many there are in a phase. */
const every = 20;
const probes = 300;

const probePort = 7200;
const floodPort = 7300;
const plenty = 1_000_000_000_000n;

/** Delays of one phase, in milliseconds. */
export interface Phase {
  readonly sent: number;
  readonly arrived: number;
  readonly p50: number;
  readonly p99: number;
  /** Each probe that arrived, in order. */
  readonly series: readonly number[];
}

/** What a stream does to others that share its link, with our queues and without them. */
export async function measureLatency(): Promise<object> {
  const line = await slowLine();
  try {
    await open(line);
    await line.c.ask("listenStamped", far.v4, probePort);
    await line.c.ask("listenTcp", far.v4, floodPort);
    const probe = () => phase(line.a, line.c, far.v4, probePort);
    const idle = await probe();
    const ours = await withStream(line, probe);
    for (const one of [line.a, line.b]) removeQueues(one);
    const without = await withStream(line, probe);
    const extra = (one: Phase) => ({
      p50: one.p50 - idle.p50,
      p99: one.p99 - idle.p99,
    });
    const passed = ours.arrived > probes * 0.9 && extra(ours).p99 * 2 < extra(without).p99;
    return { passed, extra: { ours: extra(ours), without: extra(without) }, idle, ours, without };
  } finally {
    await line.close();
  }
}

/** How long control messages take from and to a throttled neighbour that floods. */
export async function measureControl(): Promise<object> {
  const line = await slowLine();
  try {
    await open(line);
    const { a, b, c } = line;
    const [plan] = b.plans;
    if (plan === undefined) throw new Error("b has no neighbour");
    const tunnel = a.tunnels("b")[0] ?? "";
    for (const port of [controlPort, probePort]) await b.ask("listenStamped", "::", port);
    const to = `fe80::2%${tunnel}`;
    const idle = await phase(a, b, to, controlPort);
    await b.ask("setStanding", plan, "throttled");
    const flooded = async (port: number) => {
      // Ten times what the free class carries, both ways.
      const seconds = (probes * every) / 1000;
      const packets = Math.ceil((500_000 * seconds) / 1200);
      const [, , found] = await Promise.all([
        a.ask("sendUdp", far.v4, floodPort, [1200], packets, 500_000),
        c.ask("sendUdp", near.v4, floodPort, [1200], packets, 500_000),
        phase(a, b, to, port),
      ]);
      return found;
    };
    const control = await flooded(controlPort);
    // The same messages on a port of no meaning: what they would be without a share of their own.
    const ordinary = await flooded(probePort);
    // The first one may wait for a session, in every phase.
    const passed = control.arrived >= idle.arrived && control.arrived > ordinary.arrived;
    return { passed, idle, control, ordinary };
  } finally {
    await line.close();
  }
}

async function slowLine(): Promise<LabLine> {
  const line = await labLine();
  for (const [router, device] of [
    [line.a, "to-b"],
    [line.b, "to-a"],
  ] as const) {
    router.tool("tc", "qdisc", "replace", "dev", device, "root", ...bottleneck);
  }
  for (const one of [line.a, line.b, line.c]) await attachAnew(one);
  report({ step: "the line stands", link: rates.linkRate });
  return line;
}

/** Quotas and gates that nothing here reaches. */
async function open(line: LabLine): Promise<void> {
  const limit = async (at: Place, to: Place, kind: "quota" | "gate") => {
    const router = line[at];
    const before = await router.ask("usage");
    const { interfaceName, sent, received } = await router.reading(to, 1);
    const counter = kind === "quota" ? sent : received;
    const one = [{ interfaceName, limit: counter + plenty, counter }];
    const [quotas, gates] = kind === "quota" ? [one, []] : [[], one];
    await router.ask("setLimits", before, quotas, gates);
  };
  await limit("a", "b", "quota");
  await limit("b", "c", "quota");
  await limit("b", "a", "gate");
  await limit("c", "b", "gate");
}

async function withStream<A>({ a }: LabLine, work: () => Promise<A>): Promise<A> {
  const stream = a.ask("sendTcp", far.v4, floodPort, probes * every + 2500);
  await sleep(2000); // until it has filled whatever it fills
  const found = await work();
  await stream;
  await sleep(1000);
  return found;
}

async function phase(from: LabRouter, at: LabRouter, to: string, port: number): Promise<Phase> {
  await at.ask("delays", port);
  await from.ask("sendStamped", to, port, 200, probes, every);
  await sleep(1500); // what is under way
  const series = (await at.ask("delays", port)).map((delay) => Math.round(delay / 10) / 100);
  const [p50 = 0, p99 = 0] = quantiles(series, [0.5, 0.99]);
  const told = { sent: probes, arrived: series.length, p50, p99, series };
  report({ step: "phase", ...told, series: undefined });
  return told;
}

function removeQueues(router: LabRouter): void {
  for (const { interfaces } of router.plans) {
    for (const name of interfaces) router.tool("tc", "qdisc", "delete", "dev", name, "root");
  }
}
