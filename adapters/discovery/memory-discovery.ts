import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import * as Schedule from "effect/Schedule";
import { MonotonicClock } from "#adapters/clock/monotonic-clock.ts";
import { Keys } from "#adapters/keys/keys.ts";
import type { Place } from "#core/discovery/acquaintance.ts";
import { Discovery } from "./discovery.ts";
import { defaultHearingShares, type HearingShares } from "./hearing-share.ts";
import { introducer } from "./introducer.ts";

/** Where one router is plugged into a cable in memory. */
export interface Plug {
  readonly cable: MemoryCable;
  /** How the router calls it. */
  readonly interfaceName: string;
  readonly address: string;
}

/** A cable, or a channel, that several routers share, in memory. Nothing on it is secret or safe. */
export interface MemoryCable {
  /** Hears everything, as everybody on a cable does, with the address it says it comes from. */
  readonly tap: (ear: (from: string, bytes: Uint8Array) => void) => void;
  /** Says anything from any address, to everybody. */
  readonly inject: (from: string, bytes: Uint8Array) => void;
  /** Unplugs whoever is at an address, until {@link MemoryCable.plugIn}. */
  readonly unplug: (address: string) => void;
  readonly plugIn: (address: string) => void;
  /** @internal */
  readonly ends: Map<string, (from: string, bytes: Uint8Array) => void>;
  /** @internal */
  readonly unplugged: ReadonlySet<string>;
  /** @internal */
  readonly carry: (from: string, to: string | undefined, bytes: Uint8Array) => void;
}

/** A cable with nobody on it. */
export function memoryCable(): MemoryCable {
  const ends: MemoryCable["ends"] = new Map();
  const unplugged = new Set<string>();
  const ears: ((from: string, bytes: Uint8Array) => void)[] = [];
  const deliver = (from: string, to: string | undefined, bytes: Uint8Array): void => {
    for (const [address, hear] of ends) {
      if (unplugged.has(address) || (to !== undefined && address !== to)) continue;
      const copy = new Uint8Array(bytes);
      setImmediate(() => hear(from, copy)); // as from a socket: never within the send
    }
  };
  return {
    ends,
    unplugged,
    tap: (ear) => void ears.push(ear),
    inject: (from, bytes) => deliver(from, undefined, bytes),
    unplug: (address) => void unplugged.add(address),
    plugIn: (address) => void unplugged.delete(address),
    carry: (from, to, bytes) => {
      if (unplugged.has(from)) return;
      for (const ear of ears) ear(from, new Uint8Array(bytes));
      deliver(from, to, bytes);
    },
  };
}

/** What a router on cables in memory is made of. */
export interface MemoryDiscoveryOptions {
  readonly plugs: readonly Plug[];
  readonly classes: number;
  readonly shares?: HearingShares;
  readonly random: (length: number) => Uint8Array;
  /** Milliseconds between rounds of calls; without it, it calls only when it is told to. */
  readonly every?: number;
}

/** Discovery on cables in memory. */
export const memoryDiscovery = (
  options: MemoryDiscoveryOptions,
): Layer.Layer<Discovery, never, Keys | MonotonicClock> =>
  Layer.effect(
    Discovery,
    Effect.gen(function* () {
      const keys = yield* Keys;
      const { milliseconds } = yield* MonotonicClock;
      const { plugs, classes, random } = options;
      const plugOf = (name: string) => plugs.find(({ interfaceName }) => interfaceName === name);
      const voice = introducer(
        {
          self: {
            id: keys.nodeId,
            tunnelKey: new Uint8Array(Buffer.from(keys.tunnelPublicKey, "base64")),
            classes,
          },
          signer: keys.signer,
          interfaces: plugs.map(({ interfaceName }) => interfaceName),
          shares: options.shares ?? defaultHearingShares,
          milliseconds,
          random,
        },
        {
          places: () => plugs.filter(({ cable, address }) => !cable.unplugged.has(address)),
          own: () => new Set(plugs.map(({ address }) => address)),
          callOut: (name, bytes) => say(plugOf(name), undefined, bytes),
          send: (to, bytes) => say(plugOf(to.interfaceName), to, bytes),
        },
      );
      const say = (plug: Plug | undefined, to: Place | undefined, bytes: Uint8Array): void => {
        if (plug === undefined) return voice.count("unsent");
        voice.count("sent");
        plug.cable.carry(plug.address, to?.address, bytes);
      };
      for (const { cable, interfaceName, address } of plugs) {
        cable.ends.set(address, (from, bytes) => {
          if (from !== address) voice.hear({ interfaceName, address: from }, bytes);
        });
      }
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          for (const { cable, address } of plugs) cable.ends.delete(address);
        }),
      );
      if (options.every !== undefined) {
        yield* Effect.forkScoped(Effect.repeat(voice.service.call, Schedule.spaced(options.every)));
      }
      return Discovery.of(voice.service);
    }),
  );
