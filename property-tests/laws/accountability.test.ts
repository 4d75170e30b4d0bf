import fc from "fast-check";
import { expect, test } from "vitest";
import { type CanonicalReader, canonicalReader } from "#core/identity/canonical-reader.ts";
import { toHex } from "#core/identity/hexadecimal.ts";
import { type SignatureCheck, signedBy } from "#core/identity/signature.ts";
import type { Input } from "#core/node/input.ts";
import { step } from "#core/node/step.ts";
import { encodeMessage } from "#core/peer/message-form.ts";
import type { AccountId } from "#core/schedule/account-id.ts";
import { dueAtEnd, type Lease, leaseHolds, signLease } from "#core/schedule/lease.ts";
import { readLease } from "#core/schedule/lease-form.ts";
import type { Channel } from "#core/settlement/channel.ts";
import { signVoucher, voucherHolds } from "#core/settlement/voucher.ts";
import { readVoucher } from "#core/settlement/voucher-form.ts";
import type { Money } from "#core/units/money.ts";
import { nodeId } from "#core/units/node-id.ts";
import type { Position } from "#core/units/position.ts";
import type { Price } from "#core/units/price.ts";
import { priceClass } from "#core/units/price-class.ts";
import {
  channelOf,
  drain,
  headBetween,
  type LineWorld,
  lineWorld,
  nodeAt,
  smallTerms,
  traffic,
} from "../simulator/line-world.ts";
import { ops, run } from "../simulator/op.ts";
import { runs } from "./law-runs.ts";

/** A lease out of evidence, with the account it is for. Knows nothing but the bytes. */
function leaseFrom(bytes: Uint8Array): { readonly id: AccountId; readonly lease: Lease } {
  const reader: CanonicalReader = canonicalReader(bytes);
  reader.array(2, 2);
  reader.array(3, 3);
  const payer = nodeId(toHex(reader.bytes(33, 33)));
  const payee = nodeId(toHex(reader.bytes(33, 33)));
  const id = { payer, payee, class: priceClass(reader.small(7)) };
  const lease = readLease(reader);
  reader.end();
  return { id, lease };
}

/** A judge: convinced by two leases of one payee for one account and position that differ. */
function provesTwoLeases(evidence: readonly [Uint8Array, Uint8Array], holds: SignatureCheck) {
  const [a, b] = evidence.map(leaseFrom);
  if (a === undefined || b === undefined) return false;
  const sameAccount = JSON.stringify(a.id) === JSON.stringify(b.id);
  const overlap = a.lease.from < b.lease.to && b.lease.from < a.lease.to;
  const differ = toHex(evidence[0]) !== toHex(evidence[1]);
  const signed = [a, b].every(({ id, lease }) => leaseHolds(holds, id, lease));
  return sameAccount && overlap && differ && signed;
}

/** A judge who knows the contract of the channel: a voucher above the end of the payee's lease. */
function provesBeyond(evidence: readonly [Uint8Array, Uint8Array], channel: Channel) {
  const reader = canonicalReader(evidence[0]);
  reader.array(2, 2);
  const channelId = toHex(reader.bytes(32, 32));
  const voucher = readVoucher(reader);
  reader.end();
  const { id, lease } = leaseFrom(evidence[1]);
  const total = voucher.totals[id.class - 1] ?? 0n;
  const signed = voucherHolds(signedBy, { ...channel, channelId }, voucher, id.payer);
  return signed && leaseHolds(signedBy, id, lease) && total > dueAtEnd(lease);
}

function realPair(): LineWorld {
  const world = lineWorld({
    terms: smallTerms,
    deposit: 1_000_000n,
    grainsPerUnit: 1n,
    prices: [2n, 3n],
    keys: "real",
  });
  for (let i = 0; i < 3; i++) {
    drain(world, 2);
    traffic(world, 0, 0, 6n, 0n);
  }
  drain(world, 2);
  return world;
}

function leaseSaid(world: LineWorld, change: (latest: Lease) => Lease): Input {
  const [payer, payee] = [nodeAt(world, 0), nodeAt(world, 1)];
  const latest = payer.node.ledger.neighbours[0]?.outbound[0]?.latest;
  if (latest === undefined) throw new Error("no lease");
  const id = { payer: payer.signer.id, payee: payee.signer.id, class: priceClass(1) };
  const lease = signLease(id, change(latest), payee.signer);
  const message = { type: "LEASE", ...headBetween(world, 1, 0), class: id.class } as const;
  const bytes = encodeMessage({ ...message, leases: [lease], credited: undefined });
  return { type: "Datagram", neighbour: 0, bytes };
}

test("T23: two leases for one position are proof that anybody can check from the bytes alone, kept once", () => {
  const world = realPair();
  const { node } = nodeAt(world, 0);
  const dearer = leaseSaid(world, (latest) => ({ ...latest, price: (latest.price + 1n) as Price }));
  const after = step(node, dearer);
  const [event, ...more] = after.events;
  expect(more).toEqual([]);
  if (event?.type !== "FraudProven") throw new Error("no proof");
  expect(event.fraud).toBe("two leases for one position");
  expect(provesTwoLeases(event.evidence, signedBy)).toBe(true);
  expect(after.outputs).toEqual([{ type: "Alarm", neighbour: 0, words: event.fraud }]);
  const again = step(
    after.node,
    leaseSaid(world, (old) => ({ ...old, to: (old.to + 1n) as Position })),
  );
  expect(again.events).toEqual([]);
});

test("T23: a judge is not convinced by evidence with any bit changed, or by one lease twice", () => {
  const world = realPair();
  const { events } = step(
    nodeAt(world, 0).node,
    leaseSaid(world, (latest) => ({ ...latest, due: (latest.due + 1n) as Money })),
  );
  const [event] = events;
  if (event?.type !== "FraudProven") throw new Error("no proof");
  const [first, second] = event.evidence;
  expect(provesTwoLeases([first, first], signedBy)).toBe(false);
  for (let bit = 0; bit < second.length * 8; bit += 11) {
    const changed = second.slice();
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const convinced = () => provesTwoLeases([first, changed], signedBy);
    let proven = false;
    try {
      proven = convinced();
    } catch {
      // no longer a lease at all
    }
    expect(proven).toBe(false);
  }
});

test("T23: a voucher beyond the price of all leases is proof, with the contract's own constants", () => {
  const world = realPair();
  const [payer, payee] = [nodeAt(world, 0), nodeAt(world, 1)];
  const [end] = payee.ends;
  const endDue = payee.node.ledger.neighbours[0]?.inbound[0]?.schedule.endDue;
  if (end === undefined || endDue === undefined) throw new Error("no account");
  const channel = channelOf(world, end);
  const voucher = signVoucher(channel, [(endDue + 1n) as Money], payer.signer);
  const head = headBetween(world, 0, 1);
  const message = { type: "VOUCHER", ...head, voucher, held: [undefined] } as const;
  const bytes = encodeMessage(message);
  const [event] = step(payee.node, { type: "Datagram", neighbour: 0, bytes }).events;
  if (event?.type !== "FraudProven") throw new Error("no proof");
  expect(event.fraud).toBe("voucher beyond the schedule");
  expect(provesBeyond(event.evidence, channel)).toBe(true);
  expect(provesBeyond(event.evidence, { ...channel, chainId: 1n })).toBe(false);
});

test("T23: nobody honest is ever accused, whatever is lost, repeated, reordered, killed or reset", () => {
  fc.assert(
    fc.property(ops(3, 200, true, 2), (list) => {
      const world = lineWorld({
        terms: smallTerms,
        deposit: 300n,
        grainsPerUnit: 7n,
        prices: [2n, { fee: 2n }, 3n],
        classes: 2,
      });
      for (const op of list) run(world, op);
      for (const node of world.nodes) {
        expect(node.alarms).toEqual([]);
        expect(node.journal.filter((event) => event.type === "FraudProven")).toEqual([]);
      }
    }),
    { numRuns: runs(40) },
  );
});

test("T23: a lease that the neighbour did not sign, or that differs only by who passed it on, accuses nobody", () => {
  const world = realPair();
  const { node, signer } = nodeAt(world, 0);
  const latest = node.ledger.neighbours[0]?.outbound[0]?.latest;
  if (latest === undefined) throw new Error("no lease");
  const between = headBetween(world, 1, 0);
  const { sender } = between;
  const head = { type: "LEASE", ...between, class: priceClass(1), credited: undefined } as const;
  const forged = { ...latest, price: (latest.price + 1n) as Price };
  const own = signLease({ payer: sender, payee: signer.id, class: priceClass(1) }, forged, signer);
  for (const lease of [latest, forged, own]) {
    const bytes = encodeMessage({ ...head, leases: [lease] });
    const after = step(node, { type: "Datagram", neighbour: 0, bytes });
    expect(after.events).toEqual([]);
    expect(after.outputs).toEqual([]);
  }
});
