import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { machineClock } from "#adapters/clock/monotonic-clock.ts";
import { LinkEvents } from "#adapters/counters/link-events.ts";
import { memoryCounters } from "#adapters/counters/memory-counters.ts";
import { netlinkLinkEvents } from "#adapters/counters/netlink-link-events.ts";
import { wireguardCounters } from "#adapters/counters/wireguard-counters.ts";
import { udpLink } from "#adapters/link/udp-link.ts";
import { memoryKernel } from "#adapters/memory-kernel/memory-kernel.ts";
import { koffiNetlink } from "#adapters/netlink/koffi-netlink.ts";
import { kernelQueueing } from "#adapters/queueing/kernel-queueing.ts";
import { memoryQueueing } from "#adapters/queueing/memory-queueing.ts";
import { memoryTunnel } from "#adapters/tunnel/memory-tunnel.ts";
import { wireguardTunnel } from "#adapters/tunnel/wireguard-tunnel.ts";
import type { Config } from "#agent/config/config.ts";
import type { Signer } from "#core/identity/signature.ts";
import { blueprint } from "./blueprint.ts";
import { settlementLayer } from "./settlement-layer.ts";
import { tableName } from "./table-name.ts";

/** First routing table, rule preference and mark of the agent's. */
const base = 5100;

/** The mark of packets that ride the free class. */
const freeMark = 0x5001;

/** What the kernel tells of interfaces; where netlink cannot be reached, looks find out anyway. */
const linkHints = Layer.effect(
  LinkEvents,
  Effect.catch(netlinkLinkEvents, () =>
    Effect.succeed(LinkEvents.of({ drain: Effect.succeed([]) })),
  ),
).pipe(Layer.provide(koffiNetlink));

/**
 * The real machine: WireGuard, HTB, nft, UDP. A node that has no neighbours and
 * looks for none touches no kernel, so that
 * it runs without root and without tools.
 */
export function liveLayers(signer: Signer, config: Config) {
  const self = signer.id;
  const drawn = blueprint(self, config);
  const kernel = memoryKernel();
  const alone = config.neighbours.length === 0 && config.discovery.interfaces.length === 0;
  const machine = alone
    ? Layer.mergeAll(memoryTunnel(kernel), memoryCounters(kernel), memoryQueueing(kernel))
    : Layer.mergeAll(
        wireguardTunnel,
        wireguardCounters,
        linkHints,
        kernelQueueing({
          base,
          freeMark,
          table: tableName(config),
          controlPort: config.controlPort,
        }),
      );
  return Layer.mergeAll(
    machine,
    settlementLayer(signer, config),
    udpLink({
      port: config.controlPort,
      neighbours: drawn.neighbours.map(({ link }) => link),
    }).pipe(Layer.provide(machineClock)),
  );
}
