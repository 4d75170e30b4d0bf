import { type Channel, untouched } from "#core/settlement/channel.ts";
import { tokenUnits } from "#core/units/money.ts";
import type { ScenarioChain } from "../scenario/scenario.ts";
import { across, type Network, nodeAt, type SimLink } from "./network.ts";

/** A chain of blocks with reorganisations, outages and fees that rise. */
export interface SimChain {
  /** Blocks so far. */
  height: number;
  /** What is in each channel, by link, then side: final deposits, in grains. */
  readonly deposits: [bigint, bigint][];
  /** Deposits that are not final yet. */
  pending: Deposit[];
  /** What nodes paid for transactions in all, how many were undone, how long fees kept them waiting. */
  fees: bigint;
  undone: number;
  priced: number;
}

/** Somebody puts more into a channel. */
export interface Deposit {
  readonly link: number;
  readonly side: 0 | 1;
  readonly amount: bigint;
  /** The block that holds it, or nothing while it waits for one. */
  block: number | undefined;
}

/** Where no chain is simulated, channels hold as much as anybody will ever sign. */
const plenty = 1n << 100n;

/** A chain on which every link has a channel with a first deposit from both sides. */
export function newChain({ deposit }: ScenarioChain, links: number): SimChain {
  return {
    height: 0,
    deposits: Array.from({ length: links }, () => [deposit, deposit]),
    pending: [],
    fees: 0n,
    undone: 0,
    priced: 0,
  };
}

/** The payment channel of a link, as the settlement port at a side tells it: what is final. */
export function channelAt(net: Network, link: SimLink, side: 0 | 1): Channel {
  const deposits = net.chain?.deposits[link.index];
  const [a, b] = link.nodes.map((node) => nodeAt(net, node).identities);
  const name = BigInt(link.index + 1) * 1_000_000n + BigInt((a ?? 0) * 1000 + (b ?? 0));
  return {
    channelId: name.toString(16).padStart(64, "0"),
    chainId: 31337n,
    contract: "11".repeat(20),
    grainsPerUnit: 1n,
    depositIn: tokenUnits(deposits?.[across(side)] ?? plenty),
    depositOut: tokenUnits(deposits?.[side] ?? plenty),
    ...untouched,
    open: true,
  };
}
