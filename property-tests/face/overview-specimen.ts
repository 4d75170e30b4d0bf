import type { NeighbourView, Overview } from "#agent/status-page/overview-form.ts";

/** A neighbour with whom all is well. */
export function neighbourSpecimen(
  name: string,
  change: Partial<NeighbourView> = {},
): NeighbourView {
  return {
    name,
    id: `02${"7".repeat(64)}`,
    state: "open",
    stateWords: "heard, and within its credit",
    channel: "open",
    wePay: "0.05 USDC/GB",
    weCharge: "0.03 USDC/GB",
    sent: "1.2 GB",
    received: "300.0 MB",
    owed: "0.06 USDC",
    paid: "0.06 USDC",
    earned: "0.009 USDC",
    exposure: "0.001 USDC",
    exposureBound: "0.01 USDC",
    exposureShare: 100,
    loss: "0.5 %",
    delay: "12 ms",
    rank: "as promised",
    carried: "free 3.0MB in, 1.0MB out; junk 0B of 20MB",
    free: "1.2 USDC",
    protocol: "2",
    refusals: [],
    ...change,
  };
}

/** What a node with one neighbour shows while nothing is wrong. */
export function overviewSpecimen(change: Partial<Overview> = {}): Overview {
  return {
    node: `03${"d".repeat(64)}`,
    token: "USDC",
    stopped: undefined,
    alarms: [],
    history: "",
    settlement: "",
    balance: {
      free: "1.2 USDC",
      lasts: "40 days",
      low: false,
      spentPerDay: "0.03 USDC",
      earnedPerDay: "0 USDC",
      basis: "at the pace of the last 31 hours in the history",
    },
    totals: { sent: "1.2 GB", received: "300.0 MB" },
    neighbours: [neighbourSpecimen("anna")],
    payments: [],
    failures: [],
    routing: undefined,
    routes: [],
    market: undefined,
    incidents: [],
    usage: [],
    live: [
      { ago: 5, sentBits: 1e6, receivedBits: 0, spentPerHour: "0.1", earnedPerHour: "0" },
      { ago: 0, sentBits: 2.5e6, receivedBits: 4e5, spentPerHour: "0.2", earnedPerHour: "0" },
    ],
    ...change,
  };
}
