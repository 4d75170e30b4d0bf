import { booksAtEnd, usedWays } from "../check/end-check.ts";
import { type Network, nodeAt, type SimNode, type Way } from "../network/network.ts";
import { simulate } from "../network/simulation.ts";
import type { Scenario } from "../scenario/scenario.ts";
import type { Outcome } from "./attack.ts";

/** Plays a scenario in the network simulator. @throws Error where a theorem is violated. */
function played(scenario: Scenario): Network {
  const net = simulate(scenario);
  const [first] = net.violations;
  if (first !== undefined) throw new Error(`${first.theorem} is broken: ${first.words}`);
  return net;
}

const isBad = ({ behaviour }: SimNode) => behaviour !== "honest";

/** Accounts on which cheats pay the honest, those of former names as well. */
function unpaidWays(net: Network): readonly Way[] {
  return usedWays(net).filter(
    ({ payer, payee }) => isBad(nodeAt(net, payer)) && !isBad(nodeAt(net, payee)),
  );
}

/** What the honest carried as paid for cheats and were not paid for. */
function unpaid(net: Network): bigint {
  return unpaidWays(net).reduce((sum, way) => {
    const { expected, credited } = booksAtEnd(net, way);
    return sum + (expected > credited ? expected - credited : 0n);
  }, 0n);
}

/** Of each flow of a cheat, the bytes that arrived and rode free. */
function freeBytes(net: Network): bigint {
  return net.flows
    .filter(({ from }) => isBad(nodeAt(net, from)))
    .reduce((sum, { arrivedFree }) => sum + arrivedFree, 0n);
}

/** T24: each name takes L0 at most, on each account that it has with somebody honest. */
export function identityChurn(scenario: Scenario): Outcome {
  const net = played(scenario);
  const names = net.nodes.filter(isBad).reduce((sum, { identities }) => sum + identities, 0);
  const bound = BigInt(unpaidWays(net).length) * scenario.defaults.creditLimit;
  const loss = unpaid(net);
  const told = `${names} names, ${unpaidWays(net).length} accounts`;
  return { gain: loss, loss, bound, cost: 0n, told };
}

/** T2, T16: no byte is dearer than the buyer's cap, and none that is leased becomes dearer. */
export function priceGames(scenario: Scenario): Outcome {
  const net = played(scenario);
  let [loss, bound, sold] = [0n, 0n, 0n];
  for (const way of usedWays(net)) {
    const [payer, payee] = [nodeAt(net, way.payer), nodeAt(net, way.payee)];
    if (!isBad(payee) || isBad(payer)) continue;
    const fair = payee.scenario.price;
    loss += booksAtEnd(net, way).owed - fair * way.sent;
    bound += (payer.scenario.maxPrice - fair) * way.sent;
    sold += way.sent;
  }
  return { gain: loss, loss, bound, cost: 0n, told: `${sold} bytes sold at rising prices` };
}

/**
 * T7: what rides free costs nobody anything but room that is not sold; before that, an account of L. The
 * gain counts what the same bytes would have cost.
 */
export function freeRiding(scenario: Scenario): Outcome {
  const net = played(scenario);
  const loss = unpaid(net);
  const bound = BigInt(unpaidWays(net).length) * scenario.defaults.creditLimit;
  const dearest = net.nodes.reduce((most, { price }) => (price > most ? price : most), 0n);
  const free = freeBytes(net);
  const payers = net.flows.filter(({ from }) => !isBad(nodeAt(net, from)));
  const slowed = payers.reduce((sum, { arrivedFree }) => sum + arrivedFree, 0n);
  const told = `${free} bytes rode free, ${slowed} of those who pay`;
  return { gain: loss + free * dearest, loss, bound, cost: 0n, told };
}

/** T12: who forwards from one accomplice to the other is short of L at most of its fee, whatever both say. */
export function collusion(scenario: Scenario): Outcome {
  const net = played(scenario);
  let [paid, fees] = [0n, 0n];
  for (const way of usedWays(net)) {
    const [payer, payee] = [nodeAt(net, way.payer), nodeAt(net, way.payee)];
    if (isBad(payer) || !isBad(payee)) continue;
    paid += booksAtEnd(net, way).signed;
    fees += payer.price * way.sent;
  }
  const got = unpaidWays(net).reduce((sum, way) => sum + booksAtEnd(net, way).credited, 0n);
  const short = fees + paid - got;
  const loss = short > 0n ? short : 0n;
  const bound = BigInt(unpaidWays(net).length) * scenario.defaults.creditLimit;
  const told = `paid ${paid} to the one and got ${got} of the other, fees of ${fees} were due`;
  return { gain: loss, loss, bound, cost: 0n, told };
}
