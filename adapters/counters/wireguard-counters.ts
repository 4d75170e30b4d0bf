import { existsSync, readFileSync } from "node:fs";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { uapiPath } from "#adapters/wireguard/uapi-socket.ts";
import { type CounterReading, Counters, type CountersError } from "./counters.ts";
import { readSpawned } from "./spawned-counters.ts";
import { readUserspace } from "./uapi-counters.ts";

/** Every interface by the cheapest way it offers: its userspace socket, else the `wg` tool. */
export const wireguardCounters: Layer.Layer<Counters> = Layer.sync(Counters, () => {
  const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return Counters.of({
    bootId,
    read: (interfaces) =>
      Effect.forEach(interfaces, readOne, { concurrency: 8 }).pipe(
        Effect.map((found) => found.filter((one): one is CounterReading => one !== undefined)),
      ),
  });
});

function readOne(name: string): Effect.Effect<CounterReading | undefined, CountersError> {
  return existsSync(uapiPath(name)) ? readUserspace(name) : readSpawned(name);
}
