import { randomBytes } from "node:crypto";
import { networkInterfaces } from "node:os";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { MonotonicClock } from "#adapters/clock/monotonic-clock.ts";
import { Keys } from "#adapters/keys/keys.ts";
import { linkLocal } from "#adapters/link/link-local.ts";
import type { Interfaces } from "#adapters/link/udp-port.ts";
import { Discovery } from "./discovery.ts";
import { defaultHearingShares, type HearingShares } from "./hearing-share.ts";
import { introducer } from "./introducer.ts";
import { discoveryGroup, type UdpVoice, udpVoice } from "./udp-voice.ts";

/** What discovery by UDP is made of. */
export interface UdpDiscoveryOptions {
  /** The interfaces that it calls on, and no others. */
  readonly interfaces: readonly string[];
  readonly port: number;
  /** How many paid classes we have with a neighbour that is found. */
  readonly classes: number;
  /** Milliseconds between rounds of calls, once nothing new is heard. */
  readonly interval: number;
  readonly shares?: HearingShares;
}

/** Milliseconds between the first calls, and between looks at the interfaces. */
export const quickInterval = 500;

/** So many rounds are quick at first, and again when an interface came up. */
export const quickRounds = 6;

/**
 * Discovery on real interfaces: IPv6 multicast that never leaves the link. Interfaces may be missing
 * at first, vanish and come back; on each that comes up, calls are quick for a few rounds.
 */
export const udpDiscovery = (
  options: UdpDiscoveryOptions,
): Layer.Layer<Discovery, never, Keys | MonotonicClock> =>
  Layer.effect(
    Discovery,
    Effect.gen(function* () {
      const keys = yield* Keys;
      const { milliseconds } = yield* MonotonicClock;
      const voices = new Map<string, UdpVoice>();
      const addressOf = (name: string) => voices.get(name)?.address();
      let own: ReadonlySet<string> = new Set();
      const speaker = introducer(
        {
          self: {
            id: keys.nodeId,
            tunnelKey: new Uint8Array(Buffer.from(keys.tunnelPublicKey, "base64")),
            classes: options.classes,
          },
          signer: keys.signer,
          interfaces: options.interfaces,
          shares: options.shares ?? defaultHearingShares,
          milliseconds,
          random: (length) => new Uint8Array(randomBytes(length)),
        },
        {
          places: () =>
            options.interfaces.flatMap((interfaceName) => {
              const address = addressOf(interfaceName);
              return address === undefined ? [] : [{ interfaceName, address }];
            }),
          own: () => own,
          callOut: (name, bytes) => voices.get(name)?.send(discoveryGroup, bytes),
          send: (to, bytes) => voices.get(to.interfaceName)?.send(to.address, bytes),
        },
      );
      for (const name of options.interfaces) {
        const voice = udpVoice(name, options.port, {
          heard: (address, bytes) => speaker.hear({ interfaceName: name, address }, bytes),
          strange: () => speaker.count("strange"),
          sent: () => speaker.count("sent"),
          unsent: () => speaker.count("unsent"),
        });
        voices.set(name, voice);
      }
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          for (const voice of voices.values()) voice.close();
        }),
      );
      const look = (): void => {
        const interfaces = interfacesNow();
        if (interfaces === undefined) return;
        own = linkLocals(interfaces);
        for (const voice of voices.values()) voice.look(interfaces);
      };
      yield* Effect.forkScoped(rounds(look, speaker.service.call, voices, options.interval));
      return Discovery.of(speaker.service);
    }),
  );

/** Looks at the interfaces again and again, and calls when it is time. */
const rounds = (
  look: () => void,
  call: Effect.Effect<void>,
  voices: ReadonlyMap<string, UdpVoice>,
  interval: number,
) =>
  Effect.gen(function* () {
    let quick = quickRounds;
    let waited = interval;
    let before = "";
    for (;;) {
      look();
      const places = [...voices].map(([name, voice]) => `${name} ${voice.address()}`).join(", ");
      if (places !== before) quick = quickRounds;
      before = places;
      if (quick > 0 || waited >= interval) {
        yield* call;
        quick = Math.max(0, quick - 1);
        waited = 0;
      }
      const pause = Math.min(quickInterval, interval);
      yield* Effect.sleep(pause);
      waited += pause;
    }
  });

/** The kernel's interfaces, or undefined when it will not say now: then everything stays. */
function interfacesNow(): Interfaces | undefined {
  try {
    return networkInterfaces();
  } catch {
    return undefined;
  }
}

function linkLocals(interfaces: Interfaces): ReadonlySet<string> {
  const all = Object.values(interfaces).flatMap((one) => one ?? []);
  return new Set(all.flatMap(({ address }) => linkLocal(address) ?? []));
}
