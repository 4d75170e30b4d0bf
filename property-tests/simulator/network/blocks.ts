import type { ScenarioChain } from "../scenario/scenario.ts";
import { channelAt, type Deposit, type SimChain } from "./chain.ts";
import { across, linkAt, type Network, nodeAt, type SimLink } from "./network.ts";
import { feed } from "./shell.ts";

/** One step of virtual time for the chain: perhaps a block. */
export function advanceChain(net: Network): void {
  const { chain } = net;
  const terms = net.scenario.chain;
  if (chain === undefined || terms === undefined || net.now % terms.blockSteps !== 0) return;
  if (terms.outages.some(({ from, steps }) => net.now >= from && net.now < from + steps)) return;
  chain.height += 1;
  reorganise(net, chain, terms);
  finalise(net, chain, terms);
  mine(net, chain, terms);
  if (terms.topUp > 0n) for (const link of net.links) topUp(chain, terms, link);
}

/** The last blocks are undone, but for those that are final: their transactions wait again. */
function reorganise(net: Network, chain: SimChain, terms: ScenarioChain): void {
  if (terms.reorgEveryBlocks === 0 || chain.height % terms.reorgEveryBlocks !== 0) return;
  for (const deposit of chain.pending) {
    if (deposit.block === undefined) continue;
    deposit.block = undefined;
    chain.undone += 1;
    net.story.tell(net.now, "", `a reorganisation undoes a deposit on link ${deposit.link}`);
  }
}

/** Deposits that are deep enough are told to both parties: never one that could be undone. */
function finalise(net: Network, chain: SimChain, { finalBlocks }: ScenarioChain): void {
  const deep = ({ block }: Deposit) => block !== undefined && chain.height - block >= finalBlocks;
  const final = chain.pending.filter(deep);
  chain.pending = chain.pending.filter((one) => !deep(one));
  for (const { link: index, side, amount } of final) {
    const deposits = chain.deposits[index];
    if (deposits === undefined) continue;
    deposits[side] += amount;
    const link = linkAt(net, index);
    for (const to of [0, 1] as const) {
      const channel = channelAt(net, link, to);
      const neighbour = link.numbers[to];
      feed(net, nodeAt(net, link.nodes[to]), { type: "ChannelFact", neighbour, channel });
    }
  }
}

/** Waiting transactions come into a block, unless the fee of now is more than their sender pays. */
function mine(net: Network, chain: SimChain, terms: ScenarioChain): void {
  const spike = terms.feeSpikes.find(
    ({ from, steps }) => net.now >= from && net.now < from + steps,
  );
  const fee = spike?.fee ?? terms.fee;
  for (const deposit of chain.pending) {
    if (deposit.block !== undefined) continue;
    if (fee > terms.maxFee) {
      chain.priced += 1;
      continue;
    }
    deposit.block = chain.height;
    chain.fees += fee;
  }
}

/** Whoever has less than half of a first deposit left to sign puts more in. */
function topUp(chain: SimChain, terms: ScenarioChain, link: SimLink): void {
  for (const side of [0, 1] as const) {
    const signed = sum(link.ways[side].map(({ bestSigned }) => bestSigned));
    if (signed === 0n) continue;
    const earned = sum(link.ways[across(side)].map(({ bestCredited }) => bestCredited));
    const left = (chain.deposits[link.index]?.[side] ?? 0n) + earned - signed;
    const waits = chain.pending.some((one) => one.link === link.index && one.side === side);
    if (waits || left * 2n >= terms.deposit) continue;
    chain.pending.push({ link: link.index, side, amount: terms.topUp, block: undefined });
  }
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((a, b) => a + b, 0n);
}
