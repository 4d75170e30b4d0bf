import { expect, test } from "vitest";
import { decodeCommit, encodeCommit } from "#core/journal/commit.ts";
import { generationLimit, jumpLimit } from "#core/meter/meter.ts";
import type { Reading } from "#core/node/input.ts";
import type { Node } from "#core/node/node.ts";
import { replay } from "#core/node/node.ts";
import { type Refusal, refusalWords } from "#core/node/refusal.ts";
import { step } from "#core/node/step.ts";
import { positionLimit } from "#core/units/position.ts";
import { priceClass } from "#core/units/price-class.ts";
import { configured, nodeAt, readings } from "../simulator/line-world.ts";
import { modelledCheck } from "../simulator/test-signer.ts";
import { livelyPair, newRefusals, scenesOf } from "./lively-pair.ts";

/** A node with traffic behind it, and its last true readings. */
function readNode() {
  const world = livelyPair();
  scenesOf(world);
  const { node } = nodeAt(world, 0);
  const [now] = readings(world, 0);
  if (now === undefined) throw new Error("no reading");
  const settled = take(take(node, now).node, now).node;
  return { world, node: settled, now };
}

function take(node: Node, ...list: readonly Reading[]) {
  const after = step(node, { type: "Readings", readings: list });
  for (const event of after.events) expect(decodeCommit(encodeCommit([event]))).toEqual([event]);
  return after;
}

function refusedReading(node: Node, reading: Reading, ...why: readonly Refusal[]): Node {
  const after = take(node, reading);
  expect(Object.keys(newRefusals(node, after.node))).toEqual(why);
  expect(after.node.ledger).toBe(node.ledger);
  for (const one of why) expect(refusalWords[one].length).toBeGreaterThan(10);
  return after.node;
}

test("a counter that went back once is doubted, and believed again when it is where it was", () => {
  const { node, now } = readNode();
  const back = { ...now, sent: now.sent - 1n, received: now.received - 1n };
  const doubted = refusedReading(node, back, "counter went back");
  const again = take(doubted, now);
  expect(again.events).toEqual([]);
  expect(newRefusals(doubted, again.node)).toEqual({});
});

test("a counter that is twice below what it was has been reset: the payer leaps, the payee forgives", () => {
  const { node, now } = readNode();
  const doubted = refusedReading(node, { ...now, sent: 0n, received: 0n }, "counter went back");
  const reset = take(doubted, { ...now, sent: 1n, received: 1n });
  const types = reset.events.map((event) => event.type);
  expect(types).toContain("PositionLeapt");
  expect(types).toContain("BytesForgiven");
  const account = reset.node.ledger.neighbours[0]?.outbound[0];
  const before = node.ledger.neighbours[0]?.outbound[0];
  expect(account?.sent).toBe(before?.reserved);
});

test("a counter that jumps by more than any link carries is not counted, and nothing is lost", () => {
  const { node, now } = readNode();
  for (const jump of [jumpLimit + 1n, 1n << 63n]) {
    const far = { ...now, sent: now.sent + jump, received: now.received + jump };
    const doubted = refusedReading(node, far, "counter jumped");
    expect(take(doubted, now).events).toEqual([]);
  }
});

test("a counter outside of 64 bits is not counted, and nothing is lost", () => {
  const { node, now } = readNode();
  for (const raw of [-1n, positionLimit + 1n, 1n << 80n, -(1n << 64n)]) {
    const doubted = refusedReading(
      node,
      { ...now, sent: raw, received: raw },
      "counter out of range",
    );
    expect(take(doubted, now).events).toEqual([]);
  }
});

test("a counter that wraps counts as reset, never as traffic", () => {
  const { world, now } = readNode();
  const blank = replay(nodeAt(world, 0).signer, [], modelledCheck);
  const started = step(blank, configured(world, 0, true)).node;
  const full = { ...now, sent: 0n, received: positionLimit };
  let { node } = take(started, full);
  for (let i = 0; i < 3; i++) ({ node } = take(node, { ...now, sent: 0n, received: 5n }));
  expect(node.ledger.neighbours[0]?.inbound[0]?.read).toBeLessThanOrEqual(5n);
});

test("the first reading of all is held to the same limits: the journal could not carry another", () => {
  const { world, now } = readNode();
  const blank = replay(nodeAt(world, 0).signer, [], modelledCheck);
  const started = step(blank, configured(world, 0, true)).node;
  for (const raw of [-1n, positionLimit + 1n]) {
    refusedReading(started, { ...now, sent: raw, received: raw }, "counter out of range");
  }
  for (const generation of ["x".repeat(generationLimit + 1), "böot", "", "\u{1f4a9}"]) {
    refusedReading(started, { ...now, generation }, "counter out of range");
  }
  const longest = { ...now, generation: "x".repeat(generationLimit) };
  expect(take(started, longest).events.length).toBeGreaterThan(0);
});

test("a reading of an unknown neighbour or class is counted and changes nothing", () => {
  const { node, now } = readNode();
  refusedReading(node, { ...now, class: priceClass(2) }, "unknown price class");
  refusedReading(node, { ...now, class: -1 as never }, "unknown price class");
  refusedReading(node, { ...now, class: 1.5 as never }, "unknown price class");
  for (const neighbour of [1, -1, 250, 0.5]) {
    const after = take(node, { ...now, neighbour });
    expect(after.node.ledger).toBe(node.ledger);
    expect(after.node.refusals).toEqual({ "unknown neighbour": 1 });
  }
});

test("many readings of one class in one batch count as the last of them", () => {
  const { node, now } = readNode();
  const more = Array.from({ length: 1000 }, (_, i) => {
    return { ...now, received: now.received + BigInt(i), sent: now.sent };
  });
  const after = take(node, ...more);
  const read = after.node.live[0]?.paths[0]?.read ?? 0n;
  const before = node.live[0]?.paths[0]?.read ?? 0n;
  // T18: the smaller of the last two reads.
  expect(read).toBe(before + 998n);
});

test("a reading after any nonsense still counts", () => {
  const { node, now } = readNode();
  const nonsense = [-5n, 1n << 70n, now.received + (1n << 60n)];
  const worn = nonsense.reduce(
    (on, raw) => take(on, { ...now, sent: raw, received: raw }).node,
    node,
  );
  const more = { ...now, received: now.received + 9n };
  const after = take(take(worn, more).node, more);
  expect(after.node.live[0]?.paths[0]?.read).toBe((node.live[0]?.paths[0]?.read ?? 0n) + 9n);
});
