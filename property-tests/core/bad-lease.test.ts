import { expect, test } from "vitest";
import { encodeCommit } from "#core/journal/commit.ts";
import type { Input } from "#core/node/input.ts";
import { type Node, replay } from "#core/node/node.ts";
import { refusalWords } from "#core/node/refusal.ts";
import { step } from "#core/node/step.ts";
import { encodeMessage } from "#core/peer/message-form.ts";
import { type Lease, type LeaseTerms, signLease } from "#core/schedule/lease.ts";
import { type Money, moneyLimit } from "#core/units/money.ts";
import { type Position, positionLimit } from "#core/units/position.ts";
import { type Price, priceLimit } from "#core/units/price.ts";
import { priceClass } from "#core/units/price-class.ts";
import { configured, greeting, headBetween, nodeAt, smallTerms } from "../simulator/line-world.ts";
import { modelledCheck } from "../simulator/test-signer.ts";
import { livelyPair, newRefusals, scenesOf } from "./lively-pair.ts";

/** Node 0 pays node 1, who from here on leases what the test wants it to. */
function payingNode() {
  const world = livelyPair();
  scenesOf(world);
  const [payer, payee] = [nodeAt(world, 0), nodeAt(world, 1)];
  const schedule = payer.node.ledger.neighbours[0]?.outbound[0]?.schedule;
  if (schedule === undefined) throw new Error("no account");
  const between = headBetween(world, 1, 0);
  if (between.to === undefined) throw new Error("never met");
  const id = { payer: payer.signer.id, payee: payee.signer.id, class: priceClass(1) };
  const next: LeaseTerms = {
    number: schedule.leases + 1n,
    from: schedule.end,
    to: (schedule.end + 10n) as Position,
    price: 3n as Price,
    due: schedule.endDue,
    settled: schedule.start,
    payerJournal: between.to,
    payeeJournal: between.from,
  };
  const leased = (terms: LeaseTerms, signer = payee.signer): Lease => signLease(id, terms, signer);
  const said = (leases: readonly Lease[], paidClass = 1, to: Node = payer.node): Input => {
    const head = { ...between, to: to.ledger.journal, class: priceClass(paidClass) };
    return {
      type: "Datagram",
      neighbour: 0,
      bytes: encodeMessage({ type: "LEASE", ...head, leases, credited: undefined }),
    };
  };
  const refused = (terms: LeaseTerms, signer = payee.signer): Record<string, number> => {
    const after = step(payer.node, said([leased(terms, signer)]));
    expect(after.node.ledger).toBe(payer.node.ledger);
    const found = newRefusals(payer.node, after.node);
    for (const why of Object.keys(found)) {
      expect(refusalWords[why as keyof typeof refusalWords].length).toBeGreaterThan(10);
    }
    const later = step(after.node, said([leased(next)]));
    expect(later.events[0]?.type).toBe("LeaseAccepted");
    return found;
  };
  return {
    node: payer.node,
    payer,
    payee,
    id,
    next,
    schedule,
    leased,
    said,
    refused,
    world,
  };
}

test("a lease that leaves a gap, overlaps, is empty or does not add up is refused by name", () => {
  const { refused, next } = payingNode();
  const gap = { ...next, from: (next.from + 1n) as Position };
  expect(refused(gap)).toEqual({ "lease leaves a gap": 1 });
  expect(refused({ ...next, number: next.number + 1n })).toEqual({ "lease leaves a gap": 1 });
  expect(refused({ ...next, to: next.from })).toEqual({ "lease is empty": 1 });
  expect(refused({ ...next, to: (next.from - 1n) as Position })).toEqual({ "lease is empty": 1 });
  expect(refused({ ...next, due: (next.due + 1n) as Money })).toEqual({
    "lease sum does not fit": 1,
  });
  expect(refused({ ...next, due: (next.due - 1n) as Money })).toEqual({
    "lease sum does not fit": 1,
  });
});

test("a lease above the price cap is refused, one at the cap is accepted", () => {
  const { node, refused, next, leased, said } = payingNode();
  const cap = smallTerms.priceCap;
  expect(refused({ ...next, price: (cap + 1n) as Price })).toEqual({
    "lease price above the cap": 1,
  });
  expect(refused({ ...next, price: priceLimit as Price })).toEqual({
    "lease price above the cap": 1,
  });
  const at = step(node, said([leased({ ...next, price: cap })]));
  expect(at.events[0]?.type).toBe("LeaseAccepted");
});

test("a lease by the wrong key, or for another account or class, is refused", () => {
  const { node, refused, next, payer, payee, id, said } = payingNode();
  expect(refused(next, payer.signer)).toEqual({ "bad signature": 1 });
  for (const other of [
    { ...id, class: priceClass(2) },
    { ...id, payer: id.payee, payee: id.payer },
  ]) {
    const lease = signLease(other, next, payee.signer);
    const after = step(node, said([lease]));
    expect(newRefusals(node, after.node)).toEqual({ "bad signature": 1 });
    expect(after.events).toEqual([]);
  }
});

test("a lease for a class that is not configured is refused", () => {
  const { node, next, leased, said } = payingNode();
  const after = step(node, said([leased(next)], 2));
  expect(newRefusals(node, after.node)).toEqual({ "unknown price class": 1 });
});

test("a lease to the last position there is is accepted, and paying goes on", () => {
  const { node, next, leased, said } = payingNode();
  const far = leased({ ...next, to: positionLimit as Position });
  const after = step(node, said([far]));
  expect(after.events[0]?.type).toBe("LeaseAccepted");
  expect(encodeCommit(after.events).length).toBeGreaterThan(0);
  expect(after.node.ledger.neighbours[0]?.broken).toBeUndefined();
});

test("an old lease with an old number, signed anew for other positions, is refused and accuses nobody", () => {
  const { node, next, leased, said, schedule } = payingNode();
  const back = leased({ ...next, number: schedule.leases, from: schedule.end });
  const after = step(node, said([back]));
  expect(newRefusals(node, after.node)).toEqual({ "lease goes back": 1 });
  expect(after.events).toEqual([]);
});

test("a payer without a journal refuses a lease whose sum is beyond L, however large its numbers", () => {
  const { payer, world, next, leased, said } = payingNode();
  payer.journals += 1;
  const started = step(replay(payer.signer, [], modelledCheck), configured(world, 0, true)).node;
  const blank = step(started, greeting(world, 1, started)).node;
  const dues = [smallTerms.creditLimit + 1n, moneyLimit, moneyLimit - 1n];
  for (const due of dues) {
    for (const to of [next.to, positionLimit as Position]) {
      const lease = leased({ ...next, to, due: due as Money });
      const after = step(blank, said([lease], 1, blank));
      expect(after.events).toEqual([]);
      expect(newRefusals(blank, after.node)).toEqual({ "lease leaves a gap": 1 });
    }
  }
});
