import * as Context from "effect/Context";
import type * as Effect from "effect/Effect";

/** What an interface has carried since it was made, by the kernel's own count. Bytes. */
export interface InterfaceBytes {
  readonly sent: bigint;
  readonly received: bigint;
}

/** Memory of this process, and what is left around it. Bytes; what cannot be told is absent. */
export interface MemoryState {
  readonly resident: bigint;
  /** What a control group allows this process. */
  readonly limit: bigint | undefined;
  /** What the machine could still give to somebody (MemAvailable of proc(5)). */
  readonly available: bigint | undefined;
}

/** Two clocks at one moment, in ms. */
export interface Moment {
  /** Never goes back, has no date. */
  readonly monotonic: number;
  /** Since 1970, as people set it. */
  readonly civil: number;
}

/**
 * The machine round the agent, for whoever watches over it. Nothing is billed by any of this, so nothing
 * here fails: what cannot be told is absent.
 */
export class Machine extends Context.Service<
  Machine,
  {
    /** Bytes that are free for us where a directory lies. */
    readonly freeDisk: (directory: string) => Effect.Effect<bigint | undefined>;
    /** Interfaces that are not there are left out. */
    readonly interfaceBytes: (
      names: readonly string[],
    ) => Effect.Effect<ReadonlyMap<string, InterfaceBytes>>;
    readonly memory: Effect.Effect<MemoryState>;
    readonly now: Effect.Effect<Moment>;
    /**
     * What tells an nft table of family inet from one that is made later under its name; "gone" where
     * there is none.
     */
    readonly tableMark: (table: string) => Effect.Effect<string | undefined>;
  }
>()("meshtoll/adapters/machine/Machine") {}
