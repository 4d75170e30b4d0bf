import type { InterfaceBytes, MemoryState, Moment } from "#adapters/machine/machine.ts";

import type { Defence } from "#core/node/input.ts";

/** One tunnel at one moment. */
export interface TunnelObservation {
  readonly interfaceName: string;
  readonly neighbour: string;
  /** Whether we are the one that calls. */
  readonly calls: boolean;
  /** WireGuard's counters of the neighbour's key, and the time of the last handshake, as it tells it. */
  readonly sent: bigint;
  readonly received: bigint;
  readonly lastHandshake: bigint;
  /** The kernel's count of the interface itself, where it can be told. */
  readonly kernel: InterfaceBytes | undefined;
}

/** Everything about a running agent and its machine that may show that something is wrong. */
export interface Observation {
  readonly now: Moment;
  readonly tunnels: readonly TunnelObservation[];
  /** Why counters could not be read at all. */
  readonly countersFailed: string | undefined;
  /** Bytes free for the journal. */
  readonly freeDisk: bigint | undefined;
  /** Inputs in a row that found the journal full. */
  readonly journalFull: number;
  /** Why the chain says nothing new. */
  readonly chainProblem: string | undefined;
  readonly neighbours: readonly {
    readonly name: string;
    /** The newest protocol version both speak; 0 where there is none, undefined before it was heard. */
    readonly protocol: number | undefined;
    /** How it is treated for its junk; nothing where it sends no more than it may. */
    readonly junk?: Defence;
  }[];
  /** See `Machine.tableMark`; undefined where nobody looked. */
  readonly tableMark: string | undefined;
  readonly memory: MemoryState;
  /** What became of the organiser's policy: why one is not in force, or what of it has no effect. */
  readonly policy?: {
    readonly words: string | undefined;
    /** Of the one in force: which versions of the protocol are spoken. */
    readonly versions: { readonly oldest: number; readonly newest: number } | undefined;
  };
  /** What the agent says of its routing daemon, if it has one. */
  readonly routing: string | undefined;
}
