/** Terms of the demo's accounts and its links, as a configuration has them: small ones need fewer bytes to matter. */
export interface DemoTerms {
  readonly pay_threshold: string;
  readonly credit_limit: string;
  /** c, in bytes: what a payer reserves at a time, and at most overpays when counters are lost. */
  readonly reservation: string;
  readonly read_chunk: string;
  readonly round_trip: string;
  /** Of it depends the least reservation. */
  readonly link_rate: string;
}

/** How much goes on while the story of the line is told. */
export interface Pace {
  readonly terms: DemoTerms;
  /** What is sent towards the internet, in bytes a second: more than the free tier carries. */
  readonly rate: number;
  /** Milliseconds between looks of the agents at their counters. */
  readonly pokeInterval: number;
  /** Milliseconds between looks of the observer at the agents. */
  readonly lookInterval: number;
}

/** For people who watch, on a machine of their own. */
export const lively: Pace = {
  terms: {
    pay_threshold: "0.00004 USDC",
    credit_limit: "0.0006 USDC",
    reservation: "2000000",
    read_chunk: "500kB",
    round_trip: "1MB",
    link_rate: "20Mbit",
  },
  rate: 1_600_000,
  pokeInterval: 200,
  lookInterval: 250,
};

/** For an emulated machine, where each packet and each look is dear: an eighth of the bytes. */
export const frugal: Pace = {
  terms: {
    pay_threshold: "0.000005 USDC",
    credit_limit: "0.00008 USDC",
    reservation: "650000",
    read_chunk: "100kB",
    round_trip: "100kB",
    link_rate: "4Mbit",
  },
  rate: 200_000,
  pokeInterval: 1000,
  lookInterval: 1000,
};
