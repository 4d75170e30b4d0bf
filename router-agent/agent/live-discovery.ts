import { networkInterfaces } from "node:os";
import * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { machineClock } from "#adapters/clock/monotonic-clock.ts";
import { Discovery } from "#adapters/discovery/discovery.ts";
import { udpDiscovery } from "#adapters/discovery/udp-discovery.ts";
import type { Config } from "#agent/config/config.ts";
import type { Agent } from "./agent.ts";
import { startDiscoveryKeeper } from "./discovery-keeper.ts";
import { rememberedFile } from "./remembered-file.ts";
import { withRemembered } from "./remembered-neighbour.ts";

/** The configuration with the neighbours that an earlier run found. */
export const withFound = Effect.fnUntraced(function* (written: Config) {
  if (written.discovery.interfaces.length === 0) return written;
  const remembered = yield* rememberedFile(written.journal.directory).load;
  const there = networkInterfaces();
  // Of a cable that is not there nothing can be called: the neighbour calls, or is found again.
  const reachable = remembered.map((one) =>
    one.interfaceName in there ? one : { ...one, port: 0 },
  );
  return withRemembered(written, written, reachable);
});

/** Discovery on the interfaces of the configuration; nothing where it names none. */
export const liveDiscovery = Effect.fnUntraced(function* (agent: Agent, written: Config) {
  const { interfaces, port, classes, interval } = written.discovery;
  if (interfaces.length === 0) return undefined;
  const layer = udpDiscovery({ interfaces, port, classes, interval });
  const services = yield* Layer.build(Layer.provide(layer, machineClock));
  const store = rememberedFile(written.journal.directory);
  return yield* startDiscoveryKeeper(agent, Context.get(services, Discovery), store, written);
});
