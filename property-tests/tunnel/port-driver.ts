import { createSocket } from "node:dgram";
import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import * as Logger from "effect/Logger";
import * as ManagedRuntime from "effect/ManagedRuntime";
import * as Redacted from "effect/Redacted";
import { Counters } from "#adapters/counters/counters.ts";
import { wireguardCounters } from "#adapters/counters/wireguard-counters.ts";
import { koffiNetlink } from "#adapters/netlink/koffi-netlink.ts";
import { type EdgeQueue, type EdgeQueues, edgeQueues } from "#adapters/queueing/edge-queues.ts";
import { kernelQueueing } from "#adapters/queueing/kernel-queueing.ts";
import {
  type Allowance,
  type LeakRoom,
  type OwnPlan,
  Queueing,
  type QueuePlan,
  type QueueRoute,
  type QuotaUsage,
} from "#adapters/queueing/queueing.ts";
import { Tunnel, type TunnelPlan } from "#adapters/tunnel/tunnel.ts";
import { tunnelBy } from "#adapters/tunnel/wireguard-tunnel.ts";
import { fromJson, toJson } from "./big-json.ts";
import type { LabOptions } from "./lab-namespace.ts";

/**
 * The ports of one network namespace, driven from outside: a line of JSON in (`[operation,
 * ...arguments]`), a line out (`{ value }` or `{ error }`). Traffic comes from here as well, so that a
 * namespace needs one process only. Argument: the options of the queueing port.
 */
const { tunnelWays = ["netlink", "spawned"], ...options } = fromJson(
  process.argv[2] ?? "",
) as LabOptions;

const runtime = ManagedRuntime.make(
  Layer.mergeAll(
    tunnelBy(tunnelWays).pipe(Layer.provide(koffiNetlink)),
    wireguardCounters,
    kernelQueueing(options),
    Logger.layer([]), // standard output is for answers
  ),
);

/** Bytes and packets that arrived here, by port. */
const arrived = new Map<number, { packets: number; bytes: number }>();

/** One-way delays in microseconds, by port: all namespaces of a machine have one clock. */
const stamped = new Map<number, number[]>();

/** Bytes of the time in a datagram: nanoseconds of the monotonic clock. */
const stampSize = 8;

function note(port: number, bytes: number): void {
  const sum = arrived.get(port) ?? { packets: 0, bytes: 0 };
  sum.packets += 1;
  sum.bytes += bytes;
  arrived.set(port, sum);
}

const withTunnel = <A, E>(use: (port: Tunnel["Service"]) => Effect.Effect<A, E>) =>
  runtime.runPromise(Effect.flatMap(Tunnel, use));

const withQueueing = <A, E>(use: (port: Queueing["Service"]) => Effect.Effect<A, E>) =>
  runtime.runPromise(Effect.flatMap(Queueing, use));

const withEdges = <A, E>(use: (queues: EdgeQueues) => Effect.Effect<A, E>) =>
  Effect.runPromise(
    Effect.flatMap(edgeQueues, use).pipe(Effect.scoped, Effect.provide(koffiNetlink)),
  );

/** Datagrams that are sent in one go: fewer than the shortest queue holds. */
const mostAtOnce = 8;

/** Everything that can be asked for; types are those of the ports. */
const operations = {
  apply: (plan: Omit<TunnelPlan, "privateKey"> & { readonly privateKey: string }) =>
    withTunnel((port) => port.apply({ ...plan, privateKey: Redacted.make(plan.privateKey) })),
  remove: (name: string) => withTunnel((port) => port.remove(name)),
  list: (prefix: string) => withTunnel((port) => port.list(prefix)),
  sweep: (prefix: string) => withTunnel((port) => port.sweep((name) => name.startsWith(prefix))),
  counters: (names: readonly string[]) =>
    runtime.runPromise(Effect.flatMap(Counters, (port) => port.read(names))),
  attach: (plans: readonly QueuePlan[], routes: readonly QueueRoute[]) =>
    withQueueing((port) => port.attach(plans, routes)),
  mend: (plan: QueuePlan, routes: readonly QueueRoute[]) =>
    withQueueing((port) => port.mend(plan, routes)),
  setRoutes: (routes: readonly QueueRoute[], except: readonly string[]) =>
    withQueueing((port) => port.setRoutes(routes, except)),
  checkRoutes: () => withQueueing((port) => port.checkRoutes),
  setRates: (rates: readonly (readonly [number, bigint])[]) =>
    withQueueing((port) => port.setRates(new Map(rates))),
  setStanding: (plan: QueuePlan, standing: "open" | "throttled") =>
    withQueueing((port) => port.setStanding(plan, standing)),
  usage: async () => [...(await withQueueing((port) => port.usage))],
  setLimits: (
    before: readonly (readonly [string, { readonly used: bigint; readonly limit: bigint }])[],
    quotas: readonly Allowance[],
    gates: readonly Allowance[],
  ) => withQueueing((port) => port.setLimits(new Map(before) satisfies QuotaUsage, quotas, gates)),
  setLeaks: (
    before: readonly (readonly [string, { readonly used: bigint; readonly limit: bigint }])[],
    rooms: readonly LeakRoom[],
  ) => withQueueing((port) => port.setLeaks(new Map(before) satisfies QuotaUsage, rooms)),
  setOwn: (own: OwnPlan | null) => withQueueing((port) => port.setOwn(own ?? undefined)),
  tally: async () => [...(await withQueueing((port) => port.tally))],
  applyEdges: (edges: readonly EdgeQueue[]) => withEdges((queues) => queues.apply(edges)),
  removeEdges: (edges: readonly EdgeQueue[]) => withEdges((queues) => queues.remove(edges)),
  reconcile: () => withQueueing((port) => port.reconcile),
  clean: () => withQueueing((port) => port.clean),
  listenUdp: (host: string, port: number) =>
    new Promise<void>((resolve, reject) => {
      const socket = createSocket({
        type: host.includes(":") ? "udp6" : "udp4",
        recvBufferSize: 4_000_000,
      });
      socket.on("message", (message) => note(port, message.length));
      socket.on("error", reject);
      socket.bind(port, host, resolve);
    }),
  listenTcp: (host: string, port: number) =>
    new Promise<void>((resolve) => {
      createServer((socket) => {
        socket.on("data", (part) => note(port, part.length));
        socket.on("error", () => {});
      }).listen(port, host, resolve);
    }),
  arrived: (port: number) => Promise.resolve(arrived.get(port) ?? { packets: 0, bytes: 0 }),
  /** Sends datagrams of these sizes in turn, so many in all, at so many payload bytes a second. */
  sendUdp: (host: string, port: number, sizes: readonly number[], packets: number, rate: number) =>
    new Promise<void>((resolve) => {
      const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
      const payload = Buffer.alloc(Math.max(...sizes), 0x2e);
      let last = process.hrtime.bigint();
      let credit = 0;
      let sent = 0;
      const tick = (): void => {
        const now = process.hrtime.bigint();
        // A machine that is busy with something else makes it slower, never a burst.
        credit = Math.min(credit + (Number(now - last) / 1e9) * rate, mostAtOnce * payload.length);
        last = now;
        for (let burst = 0; sent < packets && credit >= 0 && burst < mostAtOnce; burst++, sent++) {
          const size = sizes[sent % sizes.length] ?? 0;
          credit -= size;
          socket.send(payload, 0, size, port, host, () => {}); // refusals are part of the test
        }
        if (sent < packets) setTimeout(tick, 1);
        else setTimeout(() => socket.close(() => resolve()), 20);
      };
      tick();
    }),
  /** Listens to datagrams that carry the time at which they were sent. */
  listenStamped: (host: string, port: number) =>
    new Promise<void>((resolve, reject) => {
      const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
      const delays: number[] = [];
      stamped.set(port, delays);
      socket.on("message", (message) => {
        const now = process.hrtime.bigint();
        if (message.length >= stampSize) {
          delays.push(Number(now - message.readBigUInt64LE(0)) / 1000);
        }
      });
      socket.on("error", reject);
      socket.bind(port, host, resolve);
    }),
  /** The one-way delays of those that arrived since this was last asked, in microseconds, in order. */
  delays: (port: number) => Promise.resolve(stamped.get(port)?.splice(0) ?? []),
  /** Sends so many datagrams, one after so many milliseconds, each with the time it is sent at. */
  sendStamped: (host: string, port: number, size: number, packets: number, every: number) =>
    new Promise<void>((resolve) => {
      const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
      let sent = 0;
      const timer = setInterval(() => {
        const payload = Buffer.alloc(size);
        payload.writeBigUInt64LE(process.hrtime.bigint(), 0);
        socket.send(payload, port, host, () => {}); // refusals are part of the measurement
        sent += 1;
        if (sent < packets) return;
        clearInterval(timer);
        socket.close(() => resolve());
      }, every);
    }),
  /** Sends a stream for so many milliseconds. */
  sendTcp: (host: string, port: number, milliseconds: number) =>
    new Promise<void>((resolve) => {
      const socket = connect(port, host);
      const part = Buffer.alloc(65_536, 0x2e);
      const push = (): void => {
        while (!socket.destroyed && socket.write(part));
      };
      socket.on("connect", push);
      socket.on("drain", push);
      socket.on("error", () => {});
      setTimeout(() => {
        socket.destroy();
        resolve();
      }, milliseconds);
    }),
} as const;

/** What can be asked of a driver. */
export type Operations = typeof operations;

async function answer(line: string): Promise<string> {
  const [id, operation, ...rest] = fromJson(line) as [number, keyof Operations, ...unknown[]];
  try {
    const act = operations[operation] as (...given: unknown[]) => Promise<unknown>;
    return toJson({ id, value: (await act(...rest)) ?? null });
  } catch (error) {
    return toJson({ id, error: error instanceof Error ? error.message : String(error) });
  }
}

createInterface({ input: process.stdin })
  .on("line", (line) => void answer(line).then((text) => process.stdout.write(`${text}\n`)))
  .on("close", () => process.exit(0));
process.stdout.write(`${toJson({ id: 0, value: "ready" })}\n`);
