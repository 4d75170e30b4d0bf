import type { Observation, TunnelObservation } from "#agent/incidents/observation.ts";

/** A look at which all is well, at so many ms of the monotonic clock; with what a test changes. */
export function observed(at: number, change: Partial<Observation> = {}): Observation {
  return {
    now: { monotonic: at, civil: Date.UTC(2026, 10, 21) + at },
    tunnels: [],
    countersFailed: undefined,
    freeDisk: 1_000_000_000n,
    journalFull: 0,
    chainProblem: undefined,
    neighbours: [],
    tableMark: undefined,
    memory: { resident: 50_000_000n, limit: undefined, available: 100_000_000n },
    routing: undefined,
    ...change,
  };
}

/** A tunnel that had its handshake. */
export function tunnel(change: Partial<TunnelObservation> = {}): TunnelObservation {
  return {
    interfaceName: "tollb1",
    neighbour: "b",
    calls: true,
    sent: 1000n,
    received: 1000n,
    lastHandshake: 1_790_000_000n,
    kernel: { sent: 0n, received: 0n },
    ...change,
  };
}
