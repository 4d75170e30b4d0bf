import { creditLimitAt } from "#core/account/credit-limit.ts";
import { payeeView } from "#core/account/payee-account.ts";
import type { VoucherMessage } from "#core/peer/message.ts";
import { integers } from "#core/rules/algebra.ts";
import { isCovered } from "#core/rules/channel-rules.ts";
import { isBacked } from "#core/rules/lost-disk-rules.ts";
import { fitsSchedule } from "#core/rules/payee-rules.ts";
import { type Lease, leaseHolds } from "#core/schedule/lease.ts";
import { leaseText } from "#core/schedule/lease-form.ts";
import { due } from "#core/schedule/schedule.ts";
import type { Channel } from "#core/settlement/channel.ts";
import { coverOfTheirs } from "#core/settlement/cover.ts";
import { addsUp, sum, type Voucher, voucherHolds } from "#core/settlement/voucher.ts";
import { voucherText } from "#core/settlement/voucher-form.ts";
import { origin, type Position } from "#core/units/position.ts";
import { actAsPayee, sendLeases } from "./granting.ts";
import { awakenPath } from "./live.ts";
import {
  type Acting,
  acting,
  earningClasses,
  inboundId,
  inboundOf,
  type PathKey,
  paidClasses,
  record,
  refuse,
  revise,
  revisePath,
  type Turn,
} from "./turn.ts";

/** A VOUCHER came: we are the payee (Q1), and perhaps one that lost its disk. Answered by LEASE. */
export function takeVoucher(turn: Turn, neighbour: number, message: VoucherMessage): void {
  const of = acting(turn, neighbour);
  if (of === undefined) return;
  if (of.ledger.channel === undefined) return refuse(turn, neighbour, "no channel");
  const before: Saved = { node: turn.node, live: of.live, events: turn.events.length };
  const outputs = turn.outputs.length;
  message.held.forEach((lease, i) => {
    const paidClass = paidClasses(of)[i];
    if (lease !== undefined && paidClass !== undefined) {
      restoreFrom(turn, { neighbour, class: paidClass }, lease);
    }
  });
  const held = message.held.map((lease) => lease?.to ?? origin);
  if (message.voucher !== undefined) weigh(turn, neighbour, message.voucher, held);
  if (isUnbacked(turn, neighbour)) {
    turn.outputs.length = outputs;
    return undo(turn, neighbour, before);
  }
  revise(turn, neighbour, { shown: true });
  answer(turn, neighbour);
}

/** The turn before a message, in case that its leases and its total do not fit together. */
interface Saved {
  readonly node: Turn["node"];
  readonly live: Acting["live"];
  readonly events: number;
}

/**
 * Leases of ours that the payer shows after our disk was lost, and the total that backs them, count
 * together or not at all (T7): a total that is withheld or cannot be credited now, or a limit that
 * was lowered since, must not leave us with more leased than L.
 */
function isUnbacked(turn: Turn, neighbour: number): boolean {
  const of = acting(turn, neighbour);
  if (of === undefined) return false;
  const { ledger, terms } = of;
  return ledger.inbound.some(
    ({ credited, schedule }) =>
      !isBacked(integers, credited, creditLimitAt(terms, credited), schedule.endDue),
  );
}

function undo(turn: Turn, neighbour: number, before: Saved): void {
  const refusals = turn.live[neighbour]?.refusals ?? {};
  turn.node = before.node;
  turn.events.length = before.events;
  turn.live[neighbour] = { ...before.live, refusals };
  refuse(turn, neighbour, "credit limit below what is leased");
}

/** Leases what may now be leased, and says in any case what is leased and credited (Q6). */
function answer(turn: Turn, neighbour: number): void {
  const before = turn.outputs.length;
  actAsPayee(turn, neighbour);
  const of = acting(turn, neighbour);
  if (of === undefined) return;
  const said = turn.outputs.slice(before).some((output) => output.type === "Send");
  if (!said)
    for (const paidClass of earningClasses(of)) sendLeases(turn, { neighbour, class: paidClass });
}

/**
 * Q1: valid, consistent with F, covered by the channel; the larger total counts. Totals are
 * compared in grains: payments of less than a token unit count as well, because what is signed is
 * rounded up (T13) and so covers them.
 */
function weigh(turn: Turn, neighbour: number, voucher: Voucher, held: readonly Position[]): void {
  const of = acting(turn, neighbour);
  if (of === undefined) return;
  const { channel, credited } = of.ledger;
  const known = sum(credited?.totals ?? []);
  const total = sum(voucher.totals);
  // A repeated or older voucher is dropped unverified: a signature check costs, and w cannot fall.
  if (total < known) return refuse(turn, neighbour, "older than what is known");
  if (total === known) return;
  if (channel === undefined) return refuse(turn, neighbour, "no channel");
  // A signed final total is all that the channel pays: what comes later would be lost (claim).
  const final = of.ledger.dealings.final !== undefined;
  if (!channel.open || final) return refuse(turn, neighbour, "channel is closing");
  if (
    voucher.totals.length !== of.ledger.inbound.length ||
    !addsUp(channel, voucher, channel.settledIn)
  ) {
    return refuse(turn, neighbour, "voucher does not add up");
  }
  const down = of.ledger.inbound.some((account, i) => (voucher.totals[i] ?? 0n) < account.credited);
  if (down) return refuse(turn, neighbour, "voucher goes down");
  if (!voucherHolds(turn.node.holds, channel, voucher, of.ledger.id))
    return refuse(turn, neighbour, "bad signature");
  const beyond = classBeyond(of, voucher);
  if (beyond !== undefined) return proveBeyond(turn, neighbour, channel, voucher, beyond);
  creditOrHold(turn, neighbour, of, channel, voucher, held);
}

/** The first class on which a voucher claims more than all leases cost. */
function classBeyond(of: Acting, voucher: Voucher) {
  return paidClasses(of).find((paidClass) => {
    const found = inboundOf(of, paidClass);
    const total = voucher.totals[paidClass - 1];
    if (found === undefined || total === undefined) return true;
    const { schedule } = found.account;
    const curve = (at: bigint) => due(schedule, at as Position);
    return !fitsSchedule(integers, curve, payeeView(found.account), total);
  });
}

function proveBeyond(
  turn: Turn,
  neighbour: number,
  channel: Channel,
  voucher: Voucher,
  paidClass: PathKey["class"],
): void {
  refuse(turn, neighbour, "voucher beyond the schedule");
  const of = acting(turn, neighbour);
  const latest = of === undefined ? undefined : inboundOf(of, paidClass)?.account.latest;
  if (of === undefined || latest === undefined) return;
  const fraud = "voucher beyond the schedule";
  if (of.ledger.frauds.includes(fraud)) return;
  const signed = voucherText(channel.channelId, voucher);
  const evidence = [signed, leaseText(inboundId(turn, of, paidClass), latest)] as const;
  record(turn, { type: "FraudProven", neighbour, fraud, evidence });
  turn.outputs.push({ type: "Alarm", neighbour, words: fraud });
}

function creditOrHold(
  turn: Turn,
  neighbour: number,
  of: Acting,
  channel: Channel,
  voucher: Voucher,
  held: readonly Position[],
): void {
  const cover = coverOfTheirs({ ...of.ledger, channel });
  if (!isCovered(integers, voucher.cumulative, cover)) {
    refuse(turn, neighbour, "voucher above the channel");
    const better = sum(voucher.totals) > sum(of.ledger.held?.totals ?? []);
    if (better) record(turn, { type: "VoucherHeld", neighbour, voucher });
    return;
  }
  const ends = of.ledger.inbound.map((account, i) => {
    const claimed = held[i] ?? origin;
    return claimed < account.schedule.end ? claimed : account.schedule.end;
  });
  record(turn, { type: "VoucherCredited", neighbour, voucher, held: ends });
}

/** Credits a voucher that was kept, once the channel covers it. */
export function creditHeld(turn: Turn, neighbour: number): void {
  const voucher = acting(turn, neighbour)?.ledger.held;
  if (voucher === undefined) return;
  weigh(turn, neighbour, voucher, []);
}

/**
 * The payer shows a lease of ours that our journal does not have: our disk was lost, or rolled
 * back. Our own signature proves it; we go on from there (protocol section 5). Our reading resumes
 * where the lease says that we had been paid to: the payer had sent that much, since v <= F(tx), and
 * what it leaves to the payer costs at most L, since F(to) <= w + L.
 */
function restoreFrom(turn: Turn, key: PathKey, lease: Lease): void {
  const of = acting(turn, key.neighbour);
  const found = of === undefined ? undefined : inboundOf(of, key.class);
  if (of === undefined || found === undefined) return;
  if (lease.number <= found.account.schedule.leases) return;
  if (
    lease.to <= lease.from ||
    !leaseHolds(turn.node.holds, inboundId(turn, of, key.class), lease)
  ) {
    return refuse(turn, key.neighbour, "bad signature");
  }
  record(turn, { type: "PayeeRestored", ...key, lease, read: lease.settled });
  const ledger = turn.node.ledger.neighbours[key.neighbour];
  if (ledger === undefined) return;
  const restored = awakenPath(ledger, key.class - 1);
  revisePath(turn, key, { inMeter: restored.inMeter, read: restored.read, gate: undefined });
}
