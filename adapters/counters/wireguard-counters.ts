import { existsSync, readFileSync } from "node:fs";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import * as Scope from "effect/Scope";
import { koffiNetlink } from "#adapters/netlink/koffi-netlink.ts";
import { Netlink, netlinkProtocols } from "#adapters/netlink/netlink.ts";
import { uapiPath } from "#adapters/wireguard/uapi-socket.ts";
import { type CounterReading, Counters, CountersError, checkInterfaces } from "./counters.ts";
import { interfaceIndex } from "./interface-index.ts";
import { kernelReader } from "./kernel-counters.ts";
import { spawnedReader } from "./spawned-counters.ts";
import { readUserspace } from "./uapi-counters.ts";

/** One way to read an interface; undefined where it does not lead there, and the next one may. */
export type CountersWay = (
  interfaceName: string,
) => Effect.Effect<readonly CounterReading[] | undefined, CountersError>;

/** The ways there are, cheapest first. */
export type CountersWayName = "userspace" | "kernel" | "spawned";

/**
 * Counters of the real machine. Every interface by the cheapest way it offers: its userspace
 * socket, else the kernel by netlink, else the `wg` tool.
 */
export const countersBy = (
  names: readonly CountersWayName[],
): Layer.Layer<Counters, never, Netlink> =>
  Layer.effect(
    Counters,
    Effect.gen(function* () {
      const netlink = yield* Netlink;
      const scope = yield* Effect.scope;
      const socket = yield* Effect.cached(
        Scope.provide(netlink.open(netlinkProtocols.generic, 0), scope),
      );
      const kernel = kernelReader(socket);
      const userspace: CountersWay = (name) =>
        existsSync(uapiPath(name)) ? readUserspace(name) : Effect.succeed(undefined);
      /** Those of one look: whatever the tool says is as old as that. */
      const waysNow = (interfaces: readonly string[]) =>
        Effect.map(spawnedReader(interfaces), (spawned) => {
          const all: Readonly<Record<CountersWayName, CountersWay>> = {
            userspace,
            kernel,
            spawned,
          };
          return names.map((name) => all[name]);
        });
      return Counters.of({
        bootId: readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim(),
        read: (interfaces) =>
          checkInterfaces(interfaces).pipe(
            Effect.andThen(waysNow(interfaces)),
            Effect.flatMap((ways) =>
              Effect.forEach(interfaces, (name) => firstAnswer(ways, name), { concurrency: 8 }),
            ),
            Effect.map((found) => found.flat()),
          ),
      });
    }),
  );

/** All ways, with netlink by koffi where it loads. */
export const wireguardCounters: Layer.Layer<Counters> = countersBy([
  "userspace",
  "kernel",
  "spawned",
]).pipe(Layer.provide(koffiNetlink));

const firstAnswer = Effect.fnUntraced(function* (ways: readonly CountersWay[], name: string) {
  for (const way of ways) {
    const readings = yield* way(name);
    if (readings !== undefined) return readings;
  }
  // Whoever takes an interface for gone makes it again, and its counters with it.
  if (interfaceIndex(name) === undefined) return [];
  return yield* Effect.fail(new CountersError({ words: `${name} cannot be read in any way` }));
});
