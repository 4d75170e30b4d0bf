/** What the agent did, in numbers, since it started. Counted by the agent, read by everybody. */
export interface AgentCounts {
  inputs: number;
  /** Datagrams that came from neighbours. */
  datagrams: number;
  commits: number;
  journalBytes: number;
  sends: number;
  failedSends: number;
  /** How often neighbours were throttled: in all, and each by its name. */
  throttles: number;
  readonly throttlesOf: Record<string, number>;
  /** Looks at the kernel. */
  pokes: number;
  /** Tunnels that vanished and were made again. */
  repairs: number;
  /** Parts of our tables, rules, routes and queues that somebody took away, and that are there again. */
  restorations: number;
  /** Inputs in a row that found the journal full. */
  full: number;
  /** Flipped bits in memory that were found. */
  flips: number;
  /** Inputs that made the core throw: faults of this program. */
  faults: number;
}

/** Nothing done yet. */
export function newCounts(): AgentCounts {
  return {
    inputs: 0,
    datagrams: 0,
    commits: 0,
    journalBytes: 0,
    sends: 0,
    failedSends: 0,
    throttles: 0,
    throttlesOf: {},
    pokes: 0,
    repairs: 0,
    restorations: 0,
    full: 0,
    flips: 0,
    faults: 0,
  };
}
