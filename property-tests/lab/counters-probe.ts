import { createSocket } from "node:dgram";
import { createInterface } from "node:readline";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import * as ManagedRuntime from "effect/ManagedRuntime";
import { Counters } from "#adapters/counters/counters.ts";
import { LinkEvents } from "#adapters/counters/link-events.ts";
import { netlinkLinkEvents } from "#adapters/counters/netlink-link-events.ts";
import { spawnedLinkEvents } from "#adapters/counters/spawned-link-events.ts";
import { type CountersWayName, countersBy } from "#adapters/counters/wireguard-counters.ts";
import { koffiNetlink } from "#adapters/netlink/koffi-netlink.ts";

/**
 * Reads counters where an agent would: in a process inside a network namespace. One request in JSON
 * a line, one answer a line; bigints travel as text.
 */
export type ProbeRequest =
  | {
      readonly ask: "counters";
      readonly ways: readonly CountersWayName[];
      readonly names: readonly string[];
    }
  | { readonly ask: "links"; readonly way: "netlink" | "spawned" }
  | { readonly ask: "boot" }
  | { readonly ask: "send"; readonly to: string; readonly datagrams: number };

const runtimes = new Map<string, ManagedRuntime.ManagedRuntime<Counters, unknown>>();

function countersOf(ways: readonly CountersWayName[]) {
  const key = ways.join();
  const made =
    runtimes.get(key) ?? ManagedRuntime.make(countersBy(ways).pipe(Layer.provide(koffiNetlink)));
  runtimes.set(key, made);
  return made;
}

/** Made at once: they tell what happens from then on. */
const links = {
  netlink: ManagedRuntime.make(
    Layer.effect(LinkEvents, netlinkLinkEvents).pipe(Layer.provide(koffiNetlink)),
  ),
  spawned: ManagedRuntime.make(Layer.effect(LinkEvents, spawnedLinkEvents)),
} as const;
await Promise.all(Object.values(links).map((runtime) => runtime.runPromise(LinkEvents)));

async function answer(request: ProbeRequest): Promise<unknown> {
  switch (request.ask) {
    case "counters":
      return countersOf(request.ways).runPromise(
        Effect.flatMap(Counters, (counters) => counters.read(request.names)),
      );
    case "links":
      return links[request.way].runPromise(Effect.flatMap(LinkEvents, ({ drain }) => drain));
    case "boot":
      return countersOf(["userspace"]).runPromise(Effect.map(Counters, ({ bootId }) => bootId));
    case "send":
      return send(request.to, request.datagrams);
  }
}

async function send(to: string, datagrams: number): Promise<number> {
  const socket = createSocket("udp4");
  socket.on("error", () => {}); // nobody listens, and the far end says so
  for (let i = 0; i < datagrams; i++) {
    await new Promise((resolve) => socket.send(Buffer.alloc(1000, i), 9, to, resolve));
  }
  socket.close();
  return datagrams;
}

for await (const line of createInterface({ input: process.stdin })) {
  const outcome = await answer(JSON.parse(line) as ProbeRequest).then(
    (value) => ({ value }),
    (error: unknown) => ({ error: error instanceof Error ? error.message : String(error) }),
  );
  const text = JSON.stringify(outcome, (_, value: unknown) =>
    typeof value === "bigint" ? `${value}n` : value,
  );
  process.stdout.write(`${text}\n`);
}
process.exit(0);
