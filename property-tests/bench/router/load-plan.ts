import type { NodeId } from "#core/units/node-id.ts";

/** What the process of the neighbours is told. */
export interface LoadPlan {
  /** How interfaces begin, on both sides. */
  readonly prefix: string;
  readonly neighbours: number;
  /** Milliseconds of a tick; the router looks as often. */
  readonly interval: number;
  /** Paid bytes offered each way, to each neighbour, in a tick. */
  readonly perTick: number;
  /** What they trade by on a real wire; {@link smallTerms} if absent. */
  readonly terms?: Readonly<Record<string, string>>;
  readonly router: {
    readonly id: NodeId;
    readonly tunnelKey: string;
    /** Where its underlay is, and its control socket. */
    readonly address: string;
    readonly control: string;
  };
}

/** What a tick stands for, in seconds: 1440 ticks are a day. */
export const tickSeconds = 60;

/** Whose keys a neighbour has. */
export function neighbourSeed(index: number): string {
  return `router bench neighbour ${index}`;
}

/** Port of class 0 at the router; class 1 has the next one. */
export function agentPort(index: number): number {
  return 51_000 + 2 * index;
}

/** Port of class 0 at the neighbour. */
export function neighbourPort(index: number): number {
  return 53_000 + 2 * index;
}

/** Both sides trade as the defaults have it, but without history. */
export const sharedTerms = { history: "off" } as const;

/** The same where minutes of real bytes must come to many payments: in the small. */
export const smallTerms = {
  pay_threshold: "0.00002 USDC",
  reservation: "4MB",
  read_chunk: "1MB",
  round_trip: "1MB",
} as const;
