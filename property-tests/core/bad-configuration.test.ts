import { expect, test } from "vitest";
import { growthUnit, type Terms } from "#core/account/terms.ts";
import { neighbourLimit } from "#core/journal/ledger.ts";
import type { Input } from "#core/node/input.ts";
import { replay } from "#core/node/node.ts";
import type { NeighbourPolicy } from "#core/node/policy.ts";
import { type Refusal, refusalWords } from "#core/node/refusal.ts";
import { step } from "#core/node/step.ts";
import { journalId } from "#core/units/journal-id.ts";
import { type Money, money, moneyLimit, noMoney } from "#core/units/money.ts";
import { type NodeId, nodeId } from "#core/units/node-id.ts";
import { positionLimit } from "#core/units/position.ts";
import { price } from "#core/units/price.ts";
import { channelOf, configured, nodeAt, smallTerms } from "../simulator/line-world.ts";
import { modelledCheck, modelledSigner } from "../simulator/test-signer.ts";
import { livelyPair, newRefusals, scenesOf } from "./lively-pair.ts";

const self = modelledSigner(1);

function numbered(i: number): NodeId {
  return nodeId(`02${i.toString(16).padStart(64, "0")}`);
}

function policy(id: NodeId, classes = 1): NeighbourPolicy {
  return {
    id,
    classes,
    terms: smallTerms,
    prices: Array.from({ length: classes }, () => ({ kind: "fixed", price: price(2n) }) as const),
    tunnelKey: new Uint8Array(32),
  };
}

function configuredWith(neighbours: readonly NeighbourPolicy[]): Input {
  const journal = journalId(1);
  return { type: "Configured", neighbours, tunnelKey: new Uint8Array(32), journal, starting: true };
}

test("250 neighbours are taken, the 251st is refused and counted, and the others work on", () => {
  const all = Array.from({ length: neighbourLimit + 2 }, (_, i) => policy(numbered(i)));
  const { node, events } = step(replay(self, [], modelledCheck), configuredWith(all));
  expect(node.ledger.neighbours.length).toBe(neighbourLimit);
  expect(events.filter((event) => event.type === "NeighbourAdded").length).toBe(neighbourLimit);
  expect(node.refusals).toEqual({ "too many neighbours": 2 });
  expect(refusalWords["too many neighbours"]).toContain(String(neighbourLimit));
  expect(node.live.every((live) => live.policy !== undefined)).toBe(true);
});

test("a datagram of a neighbour that is not configured is counted, and changes nothing", () => {
  const world = livelyPair();
  const { node } = nodeAt(world, 0);
  for (const neighbour of [1, 250, -1]) {
    const after = step(node, { type: "Datagram", neighbour, bytes: new Uint8Array(3) });
    expect(after.node.refusals).toEqual({ "unknown neighbour": 1 });
    expect([after.events, after.outputs]).toEqual([[], []]);
  }
});

test("facts and wishes about a neighbour that is not configured are counted, and change nothing", () => {
  const world = livelyPair();
  const { node, ends } = nodeAt(world, 0);
  const [end] = ends;
  if (end === undefined) throw new Error("no neighbour");
  const inputs: readonly Input[] = [
    { type: "ChannelFact", neighbour: 7, channel: channelOf(world, end) },
    { type: "Wish", wish: { type: "LimitSpending", neighbour: 7, limit: noMoney } },
  ];
  for (const input of inputs) {
    const after = step(node, input);
    expect(after.node.refusals).toEqual({ "unknown neighbour": 1 });
    expect(after.events).toEqual([]);
  }
});

test.each([1, 3])(
  "%i classes where there were 2 are refused, and the old number stays",
  (classes) => {
    const world = livelyPair({ classes: 2 });
    const other = nodeAt(world, 1).signer.id;
    const { node } = nodeAt(world, 0);
    const after = step(node, configuredWith([policy(other, classes)]));
    expect(newRefusals(node, after.node)).toEqual({ "another number of classes than before": 1 });
    expect(after.node.ledger.neighbours[0]?.outbound.length).toBe(2);
  },
);

test("a credit limit below what is leased is refused until it is paid; a higher one counts at once", () => {
  const world = livelyPair();
  scenesOf(world);
  const { node } = nodeAt(world, 1);
  const change = (creditLimit: bigint): Input => {
    const input = configured(world, 1, false);
    if (input.type !== "Configured") throw new Error("no configuration");
    const terms = { ...smallTerms, creditLimit: money(creditLimit) };
    return { ...input, neighbours: input.neighbours.map((one) => ({ ...one, terms })) };
  };
  const lower = step(node, change(1n));
  expect(newRefusals(node, lower.node)).toEqual({ "credit limit below what is leased": 1 });
  expect(lower.node.ledger.neighbours[0]?.terms?.creditLimit).toBe(smallTerms.creditLimit);
  expect(lower.node.ledger.neighbours[0]?.broken).toBeUndefined();
  const higher = step(node, change(100n));
  expect(higher.node.ledger.neighbours[0]?.terms?.creditLimit).toBe(100n);
  expect(higher.events.map((event) => event.type)).toContain("LeaseGranted");
});

test("credit that would grow by more than is paid, or end below where it begins, or any term that no journal holds, is refused and changes nothing", () => {
  const world = livelyPair();
  const { node } = nodeAt(world, 1);
  const configuredWithTerms = (terms: Terms): Input => {
    const input = configured(world, 1, false);
    if (input.type !== "Configured") throw new Error("no configuration");
    return { ...input, neighbours: input.neighbours.map((one) => ({ ...one, terms })) };
  };
  const ceiling = money(smallTerms.creditLimit);
  const impossible: readonly Terms[] = [
    { ...smallTerms, growth: { share: growthUnit + 1n, ceiling } },
    { ...smallTerms, growth: { share: -1n, ceiling } },
    { ...smallTerms, growth: { share: 1n, ceiling: money(smallTerms.creditLimit - 1n) } },
    { ...smallTerms, growth: { share: 1n, ceiling: (moneyLimit + 1n) as Money } },
    { ...smallTerms, creditLimit: (moneyLimit + 1n) as Money },
    { ...smallTerms, readChunk: positionLimit + 1n },
  ];
  for (const terms of impossible) {
    const after = step(node, configuredWithTerms(terms));
    expect(newRefusals(node, after.node)).toEqual({ "terms out of range": 1 });
    expect(after.node.ledger.neighbours[0]?.terms).toEqual(smallTerms);
  }
  const possible = { ...smallTerms, growth: { share: growthUnit, ceiling } };
  const after = step(node, configuredWithTerms(possible));
  expect(after.node.ledger.neighbours[0]?.terms).toEqual(possible);
});

test("every refusal is explained in words that say what was found or what to do", () => {
  for (const [why, words] of Object.entries(refusalWords) as [Refusal, string][]) {
    expect(words.length, why).toBeGreaterThan(20);
    expect(words).toMatch(/^[\x20-\x7e]+$/);
  }
});
