import type * as Effect from "effect/Effect";
import type { FoundLink } from "./link-list.ts";
import type { TunnelPlan } from "./tunnel.ts";

/** Why a tool could not do its part: words that quote no key. */
export interface ToolFailure {
  readonly words: string;
  /** The kernel has no WireGuard of its own: another one may be tried. */
  readonly lacksWireguard?: boolean;
}

/**
 * How interfaces and the kernel's WireGuard are told what to be: by netlink, or by the programs `ip`
 * and `wg` where this process has no netlink. Both do the same, which the tunnel contract holds.
 */
export interface TunnelTools {
  /** All interfaces of this network namespace. */
  readonly links: Effect.Effect<readonly FoundLink[], ToolFailure>;
  /** A new interface of the kernel's WireGuard. */
  readonly make: (name: string) => Effect.Effect<void, ToolFailure>;
  /**
   * Keys, port and peer of an interface of the kernel's WireGuard. A peer that stays keeps its
   * counters; strangers go. @param endpoint with an address, or nothing.
   */
  readonly configure: (plan: TunnelPlan) => Effect.Effect<void, ToolFailure>;
  /** Address and size, and switched on; whoever serves it. */
  readonly raise: (plan: TunnelPlan) => Effect.Effect<void, ToolFailure>;
  readonly remove: (name: string) => Effect.Effect<void, ToolFailure>;
}

/**
 * Seconds between keepalives where we are the one that calls (wg(8)): the session is there before
 * traffic is, and neighbours that cannot call us can answer through address translation.
 */
export const keepalive = 25;
