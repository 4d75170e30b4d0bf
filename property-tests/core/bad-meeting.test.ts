import { expect, test } from "vitest";
import type { Input } from "#core/node/input.ts";
import { meetingLimit } from "#core/node/meeting.ts";
import type { Node } from "#core/node/node.ts";
import { step } from "#core/node/step.ts";
import { encodeMessage, helloDigest } from "#core/peer/message-form.ts";
import { journalId } from "#core/units/journal-id.ts";
import { drain, nodeAt, smallTerms } from "../simulator/line-world.ts";
import { livelyPair, newRefusals } from "./lively-pair.ts";

const world = livelyPair();
drain(world, 4);
const { signer } = nodeAt(world, 1);

/** A HELLO of node 1 to a node, from whatever journal, answering whatever. */
function hello(to: Node, from: number, answers: bigint): Input {
  const said = {
    type: "HELLO",
    sender: signer.id,
    from: journalId(from),
    to: to.ledger.journal,
    recipient: to.signer.id,
    meetings: 1n,
    answers,
    met: true,
    run: 1n,
    heard: to.ledger.run,
    classes: 1,
    terms: smallTerms,
    tunnelKey: new Uint8Array(32),
    channelId: "00".repeat(32),
  } as const;
  const bytes = encodeMessage({ ...said, signature: signer.sign(helloDigest(said)) });
  return { type: "Datagram", neighbour: 0, bytes };
}

const meetingsOf = (node: Node): bigint => node.ledger.neighbours[0]?.meetings ?? 0n;

test("a neighbour that begins journal after journal is met so often and no more: its flash wears, not ours", () => {
  let { node } = nodeAt(world, 0);
  let events = 0;
  for (let i = 0; i < Number(meetingLimit) + 50; i++) {
    const after = step(node, hello(node, 5000 + i, meetingsOf(node)));
    node = after.node;
    events += after.events.length;
  }
  expect(meetingsOf(node)).toBe(meetingLimit);
  expect(events).toBeLessThanOrEqual(Number(meetingLimit));
  expect(newRefusals(nodeAt(world, 0).node, node)["too many lost disks"]).toBeGreaterThan(48);
  expect(node.ledger.neighbours[0]?.broken).toBeUndefined();
});

test("a journal that answers no present number is not met, and is told which one to answer", () => {
  const { node } = nodeAt(world, 0);
  for (const answers of [0n, meetingsOf(node) + 1n, 1n << 62n]) {
    const after = step(node, hello(node, 7777, answers));
    expect(after.events).toEqual([]);
    expect(after.outputs.map((output) => output.type)).toEqual(["Send"]);
    expect(newRefusals(node, after.node)).toEqual({ "older than what is known": 1 });
  }
});

test("what a journal says that was never met is dropped unread, money and leases too", () => {
  const { node } = nodeAt(world, 0);
  const { latest } = nodeAt(world, 1).ledger.neighbours[0]?.inbound[0] ?? {};
  const head = { sender: signer.id, from: journalId(7777), to: node.ledger.journal };
  const leases = latest === undefined ? [] : [latest];
  const lease = { type: "LEASE", ...head, class: 1 as never, leases, credited: undefined } as const;
  const voucher = { type: "VOUCHER", ...head, voucher: undefined, held: [latest] } as const;
  for (const message of [lease, voucher]) {
    const bytes = encodeMessage(message);
    const after = step(node, { type: "Datagram", neighbour: 0, bytes });
    expect([after.events, after.outputs]).toEqual([[], []]);
    expect(newRefusals(node, after.node)).toEqual({ "message from another journal": 1 });
    const other = encodeMessage({ ...message, to: journalId(4242) });
    const astray = step(node, { type: "Datagram", neighbour: 0, bytes: other });
    expect(newRefusals(node, astray.node)).toEqual({ "message for another journal": 1 });
  }
});
