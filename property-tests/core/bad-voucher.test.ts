import { expect, test } from "vitest";
import type { Input } from "#core/node/input.ts";
import type { Node } from "#core/node/node.ts";
import { refusalWords } from "#core/node/refusal.ts";
import { step } from "#core/node/step.ts";
import { encodeMessage } from "#core/peer/message-form.ts";
import type { Channel } from "#core/settlement/channel.ts";
import { signVoucher, type Voucher } from "#core/settlement/voucher.ts";
import { type Money, tokenUnits, tokenUnitsLimit } from "#core/units/money.ts";
import { channelOf, headBetween, nodeAt } from "../simulator/line-world.ts";
import { livelyPair, newRefusals, scenesOf } from "./lively-pair.ts";

/** Node 1 is paid by node 0, who from here on says what the test wants it to. */
function paidNode(grainsPerUnit = 1n) {
  const world = livelyPair({ grainsPerUnit });
  scenesOf(world);
  const payer = nodeAt(world, 0);
  const payee = nodeAt(world, 1);
  const [end] = payee.ends;
  const [account] = payee.node.ledger.neighbours;
  if (end === undefined || account === undefined) throw new Error("no neighbour");
  const credited = account.inbound[0]?.credited ?? (0n as Money);
  const granted = account.inbound[0]?.schedule.endDue ?? (0n as Money);
  const latest = account.inbound[0]?.latest;
  const channel = channelOf(world, end);
  const sign = (total: bigint, on: Channel = channel) =>
    signVoucher(on, [total as Money], payer.signer);
  const said = (voucher: Voucher): Input => {
    const head = headBetween(world, 0, 1);
    const bytes = encodeMessage({ type: "VOUCHER", ...head, voucher, held: [latest] });
    return { type: "Datagram", neighbour: 0, bytes };
  };
  const fact = (change: Partial<Channel>): Input => {
    return { type: "ChannelFact", neighbour: 0, channel: { ...channel, ...change } };
  };
  return { node: payee.node, credited, granted, channel, sign, said, fact, payer };
}

function refused(node: Node, input: Input): Record<string, number> {
  const after = step(node, input);
  expect(after.node.ledger.neighbours[0]?.inbound).toEqual(node.ledger.neighbours[0]?.inbound);
  const found = newRefusals(node, after.node);
  for (const why of Object.keys(found)) {
    expect(refusalWords[why as keyof typeof refusalWords].length).toBeGreaterThan(10);
  }
  return found;
}

test("an honest voucher is credited, also after every bad one", () => {
  const { node, sign, said, granted } = paidNode();
  const after = step(node, said(sign(granted)));
  expect(after.events.map((event) => event.type)).toContain("VoucherCredited");
});

test("a voucher below what is credited is refused as older, the same one again changes nothing", () => {
  const { node, sign, said, credited } = paidNode();
  expect(credited).toBeGreaterThan(1n);
  expect(refused(node, said(sign(credited - 1n)))).toEqual({ "older than what is known": 1 });
  expect(refused(node, said(sign(credited)))).toEqual({});
});

test("a voucher one grain beyond the price of all leases is refused and kept as proof, once", () => {
  const { node, sign, said, granted } = paidNode();
  const first = step(node, said(sign(granted + 1n)));
  expect(newRefusals(node, first.node)).toEqual({ "voucher beyond the schedule": 1 });
  expect(first.events.map((event) => event.type)).toEqual(["FraudProven"]);
  const again = step(first.node, said(sign(granted + 2n)));
  expect(again.events).toEqual([]);
  expect(step(again.node, said(sign(granted))).events[0]?.type).toBe("VoucherCredited");
});

test("a voucher whose classes do not add up to what is signed is refused", () => {
  const { node, sign, said, credited } = paidNode();
  const voucher = sign(credited + 5n);
  const wrong = { ...voucher, totals: [(credited + 6n) as Money] };
  const less = { ...voucher, totals: [(credited + 4n) as Money] };
  for (const bad of [wrong, less]) {
    expect(refused(node, said(bad))).toEqual({ "voucher does not add up": 1 });
  }
});

test("totals too large for any token amount are refused, not thrown", () => {
  for (const grainsPerUnit of [1n, 1000n]) {
    const { node, sign, said, credited } = paidNode(grainsPerUnit);
    const voucher = sign(credited + 5n);
    const huge = ((1n << 160n) - 1n) as Money;
    for (const totals of [[huge], [(tokenUnitsLimit * grainsPerUnit + 1n) as Money]]) {
      expect(refused(node, said({ ...voucher, totals }))).toEqual({ "voucher does not add up": 1 });
    }
    const most = { ...voucher, totals: [huge], cumulative: tokenUnits(tokenUnitsLimit) };
    expect(refused(node, said(most))).toEqual({ "voucher does not add up": 1 });
  }
});

test("a voucher for more or fewer classes than the account has is refused", () => {
  const { node, sign, said, credited } = paidNode();
  const voucher = sign(credited + 5n);
  const two = { ...voucher, totals: [(credited + 4n) as Money, 1n as Money] };
  expect(refused(node, said(two))).toEqual({ "voucher does not add up": 1 });
});

test("a voucher that goes down on one class though its sum goes up is refused", () => {
  const world = livelyPair({ classes: 2 });
  scenesOf(world);
  const payee = nodeAt(world, 1).node;
  const account = payee.ledger.neighbours[0];
  const channel = account?.channel;
  const one = account?.inbound[0]?.credited ?? 0n;
  if (account === undefined || channel === undefined || one === 0n) throw new Error("nothing paid");
  const totals = [(one - 1n) as Money, 30n as Money];
  const voucher = signVoucher(channel, totals, nodeAt(world, 0).signer);
  const held = [undefined, undefined];
  const bytes = encodeMessage({ type: "VOUCHER", ...headBetween(world, 0, 1), voucher, held });
  expect(refused(payee, { type: "Datagram", neighbour: 0, bytes })).toEqual({
    "voucher goes down": 1,
  });
});

test("a voucher for another channel, contract or chain, or by another key, is refused", () => {
  const { node, sign, said, credited, channel } = paidNode();
  const total = credited + 5n;
  for (const other of [
    { ...channel, channelId: "ab".repeat(32) },
    { ...channel, contract: "22".repeat(20) },
    { ...channel, chainId: 1n },
  ]) {
    expect(refused(node, said(sign(total, other)))).toEqual({ "bad signature": 1 });
  }
  const forged = signVoucher(channel, [total as Money], node.signer);
  expect(refused(node, said(forged))).toEqual({ "bad signature": 1 });
});

test("a voucher above the channel is kept, and credited when the deposit grows", () => {
  const { node, sign, said, fact, granted } = paidNode();
  const ours = node.ledger.neighbours[0]?.signed?.cumulative ?? 0n;
  const small = tokenUnits(granted - 1n - ours);
  const poor = step(node, fact({ depositIn: small })).node;
  const kept = step(poor, said(sign(granted)));
  expect(newRefusals(poor, kept.node)).toEqual({ "voucher above the channel": 1 });
  expect(kept.events.map((event) => event.type)).toEqual(["VoucherHeld"]);
  // The same one again is not journaled again.
  expect(step(kept.node, said(sign(granted))).events).toEqual([]);
  const rich = step(kept.node, fact({ depositIn: tokenUnits(small + 1n) }));
  expect(rich.events.map((event) => event.type)).toContain("VoucherCredited");
  expect(rich.node.ledger.neighbours[0]?.inbound[0]?.credited).toBe(granted);
  expect(rich.node.ledger.neighbours[0]?.held).toBeUndefined();
});

test("without a channel, and while it closes, nothing is credited", () => {
  const { node, sign, said, fact, granted } = paidNode();
  const closing = step(node, fact({ open: false })).node;
  expect(refused(closing, said(sign(granted)))).toEqual({ "channel is closing": 1 });
});

test("a channel fact at the very limits of its numbers neither throws nor stops payment", () => {
  const { node, sign, said, fact, granted } = paidNode();
  const limit = tokenUnits(tokenUnitsLimit);
  for (const grainsPerUnit of [1n, 1000n, (1n << 64n) - 1n]) {
    const change = { depositIn: limit, depositOut: limit, grainsPerUnit };
    const after = step(node, fact(change));
    expect(after.node.ledger.neighbours[0]?.channel?.depositOut).toBe(limit);
    expect(step(after.node, { type: "Wish", wish: { type: "Settle" } }).node).toBeDefined();
    step(after.node, said(sign(granted)));
  }
});

test("a channel fact that cannot be is refused: the journal could not carry it", () => {
  const { node, fact } = paidNode();
  const wrong: readonly Partial<Channel>[] = [
    { grainsPerUnit: 0n },
    { grainsPerUnit: -1n },
    { grainsPerUnit: 1n << 64n },
    { chainId: -1n },
    { chainId: 1n << 64n },
    { channelId: "ab" },
    { channelId: "AB".repeat(32) },
    { contract: "11".repeat(21) },
    { depositIn: -1n as never },
    { depositOut: (tokenUnitsLimit + 1n) as never },
  ];
  for (const change of wrong) {
    const after = step(node, fact(change));
    expect(newRefusals(node, after.node)).toEqual({ "channel fact out of range": 1 });
    expect(after.events).toEqual([]);
  }
});
