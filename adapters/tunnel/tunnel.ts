import * as Context from "effect/Context";
import * as Data from "effect/Data";
import type * as Effect from "effect/Effect";
import type * as Redacted from "effect/Redacted";

/** A WireGuard interface as it should be: one neighbour, one price class. */
export interface TunnelPlan {
  /** At most 15 characters. */
  readonly name: string;
  /** Base64, 32 bytes. */
  readonly privateKey: Redacted.Redacted<string>;
  readonly listenPort: number;
  /** Our link-local address on it; the tunnel makes none by itself. */
  readonly ownAddress: string;
  /** The neighbour's WireGuard public key, base64. */
  readonly peerKey: string;
  /** Where to call it, "host:port"; undefined where it calls us. */
  readonly endpoint: string | undefined;
}

/** A tunnel could not be brought to the state it should be in. */
export class TunnelError extends Data.TaggedError("TunnelError")<{
  readonly name: string;
  readonly words: string;
}> {
  override get message(): string {
    return this.words;
  }
}

/** The inner packet size of tunnels: fits every underlay of 1500 bytes. */
export const tunnelMtu = 1420;

/** WireGuard interfaces. Owns those whose names begin with the agent's prefix, and no others. */
export class Tunnel extends Context.Service<
  Tunnel,
  {
    /**
     * Brings an interface to the state of the plan. One that is there already keeps its counters: its
     * peer is changed in place, never removed and added again.
     */
    readonly apply: (plan: TunnelPlan) => Effect.Effect<"made" | "adopted", TunnelError>;
    /** Removes an interface, and the process that serves it. Absent is fine. */
    readonly remove: (name: string) => Effect.Effect<void, TunnelError>;
    /** The interfaces whose names begin so. */
    readonly list: (prefix: string) => Effect.Effect<readonly string[], TunnelError>;
    /**
     * Removes what killed processes left of interfaces that are ours by their names, and of no others;
     * what still serves an interface stays. Returns the names.
     */
    readonly sweep: (
      isOurs: (name: string) => boolean,
    ) => Effect.Effect<readonly string[], TunnelError>;
  }
>()("meshtoll/adapters/tunnel/Tunnel") {}
