import { paysOn, reservingTerms, toleratedAt } from "#core/account/delivery.ts";
import { owed, payerView } from "#core/account/payer-account.ts";
import type { NeighbourLedger } from "#core/journal/ledger.ts";
import { lowerPosition } from "#core/meter/meter.ts";
import { encodeVoucher } from "#core/peer/message-form.ts";
import { integers } from "#core/rules/algebra.ts";
import { payableDelivery } from "#core/rules/delivery-rules.ts";
import { furthestReservation, mayPay, mayReserve, payIsDue } from "#core/rules/payer-rules.ts";
import { due, reach } from "#core/schedule/schedule.ts";
import { coverOfOurs } from "#core/settlement/cover.ts";
import { signVoucher, sum } from "#core/settlement/voucher.ts";
import { type Money, moneyLimit } from "#core/units/money.ts";
import { type Position, positionLimit } from "#core/units/position.ts";
import type { PriceClass } from "#core/units/price-class.ts";
import type { LivePath } from "./live.ts";
import { headTo } from "./meeting.ts";
import {
  type Acting,
  acting,
  isDelivery,
  outboundOf,
  type PathKey,
  payingClasses,
  record,
  refuse,
  revisePath,
  type Turn,
} from "./turn.ts";

/** P1 and P3 for one neighbour: reserve what traffic will need, pay what is due. */
export function actAsPayer(turn: Turn, neighbour: number, settling: boolean): void {
  const of = acting(turn, neighbour);
  if (of === undefined) return;
  for (const paidClass of payingClasses(of)) catchUp(turn, { neighbour, class: paidClass });
  payWhatIsDue(turn, neighbour, settling);
}

/** So many chunks of bytes sent beyond the reservation are caught up with at one input. */
const catchUpLimit = 64;

/**
 * Reserves, and where the kernel had sent beyond what was reserved (handshakes, or an operator who
 * took the quota away), counts those bytes at once and goes on, as far as leases reach.
 */
function catchUp(turn: Turn, key: PathKey): void {
  for (let i = 0; i < catchUpLimit; i++) {
    reserveAhead(turn, key);
    const of = acting(turn, key.neighbour);
    const found = of === undefined ? undefined : outboundOf(of, key.class);
    if (found?.path.outMeter === undefined || !found.path.seen) return;
    // Only what two reads agree on: one flipped reading may cost one chunk, not many (T18).
    const read = lowerPosition(found.path.outMeter);
    const { reserved } = found.account;
    const sent = read < reserved ? read : reserved;
    if (sent <= found.path.sent) return;
    revisePath(turn, key, { sent });
  }
}

/** P1: once half of the chunk is used up, r rises to min(g, x + c). */
function reserveAhead(turn: Turn, key: PathKey): void {
  const of = acting(turn, key.neighbour);
  const found = of === undefined ? undefined : outboundOf(of, key.class);
  if (of === undefined || found?.path.outMeter === undefined || !found.path.seen) return;
  const { account, path } = found;
  const view = payerView(account, path.sent);
  const terms = reservingTerms(of.ledger, of.terms, key.class);
  const to = furthestReservation(integers, view, terms) as Position;
  const low = account.reserved - path.sent <= terms.reservation >> 1n;
  if (low && mayReserve(integers, view, terms, to)) {
    const raw = found.path.outMeter?.confirmed ?? 0n;
    record(turn, { type: "BytesReserved", ...key, reserved: to, sent: path.sent, raw });
  }
  tellQuota(turn, key);
}

/** The kernel's limit on the raw counter, if it is not what the shell was told last. */
export function tellQuota(turn: Turn, key: PathKey): void {
  const of = acting(turn, key.neighbour);
  const found = of === undefined ? undefined : outboundOf(of, key.class);
  const meter = found?.path.outMeter;
  if (found === undefined || meter === undefined) return;
  const raised = found.account.reserved - meter.base;
  const limit = raised > 0n ? raised : 0n;
  const carrier =
    of !== undefined && isDelivery(of, key.class) ? of.ledger.delivery?.carrier : key.class;
  if (carrier !== key.class) return openCarrier(turn, key, meter.generation, found.path.quota);
  if (limit === found.path.quota) return;
  turn.outputs.push({ type: "Quota", ...key, generation: meter.generation, limit });
  revisePath(turn, key, { quota: limit });
}

/** A client takes all that an exit sends to it: what it pays for is for it to say. */
function openCarrier(turn: Turn, key: PathKey, generation: string, told: bigint | undefined): void {
  const carrier = acting(turn, key.neighbour)?.ledger.delivery?.carrier;
  if (told === positionLimit || carrier === undefined) return;
  const { neighbour } = key;
  turn.outputs.push({ type: "Gate", neighbour, class: carrier, generation, limit: positionLimit });
  revisePath(turn, key, { quota: positionLimit });
}

/** x + allowance >= g: the kernel is about to run out of lease, or has. Of a delivery, the exit's. */
function outOfLease(of: Acting, paidClass: PriceClass): boolean {
  const found = outboundOf(of, paidClass);
  if (found === undefined) return false;
  const { sent, theirSent } = found.path;
  const at = isDelivery(of, paidClass) && theirSent > sent ? theirSent : sent;
  return at + of.terms.allowance >= found.account.schedule.end;
}

/** What we pay for: what we sent, or of a delivery what the exit states and what arrived bears out. */
function payablePosition(
  of: Acting,
  paidClass: PriceClass,
  { sent, theirSent }: LivePath,
): Position {
  if (!isDelivery(of, paidClass)) return sent;
  const { undue } = of.live.defence;
  // What nobody asked for is as good as lost: paid for only within the loss that is accepted.
  const wanted = (undue < sent ? sent - undue : 0n) as Position;
  const tolerated = toleratedAt(of.terms, wanted);
  return payableDelivery<bigint, boolean>(integers, theirSent, tolerated) as Position;
}

/** P3 for all classes of a neighbour at once: one signature pays everything owed. */
function payWhatIsDue(turn: Turn, neighbour: number, settling: boolean): void {
  const of = acting(turn, neighbour);
  if (of === undefined) return;
  const isDue = payingClasses(of).some((paidClass) => {
    const found = outboundOf(of, paidClass);
    if (found === undefined) return false;
    const view = payerView(found.account, payablePosition(of, paidClass, found.path));
    const curve = (at: bigint) => due(found.account.schedule, at as Position);
    const urgent = settling || outOfLease(of, paidClass);
    return payIsDue(integers, curve, view, of.terms, urgent) && owes(of, paidClass);
  });
  if (isDue) pay(turn, neighbour, of);
}

function owes(of: Acting, paidClass: PriceClass): boolean {
  const found = outboundOf(of, paidClass);
  if (found === undefined) return false;
  const payable = payablePosition(of, paidClass, found.path);
  return owed(found.account, payable) > found.account.signed;
}

function pay(turn: Turn, neighbour: number, of: Acting): void {
  const { channel } = of.ledger;
  if (channel === undefined || !mayPayOver(of.ledger)) {
    refuse(turn, neighbour, channel === undefined ? "no channel" : "channel is closing");
    return;
  }
  const totals = affordableTotals(of, budget(of.ledger));
  if (totals === undefined) return;
  const voucher = signVoucher(channel, totals, turn.node.signer);
  record(turn, { type: "VoucherSigned", neighbour, voucher });
  sendVoucher(turn, neighbour);
}

/** Whether vouchers may be signed: there is a channel, and it is not being closed. */
function mayPayOver({ channel, dealings }: NeighbourLedger): boolean {
  return channel?.open === true && !dealings.ending;
}

/**
 * On a new channel all that was ever signed is stated anew: the neighbour can claim from it what the
 * ones before did not settle, and a neighbour that lost its disk learns what it had credited.
 */
export function restateTotals(turn: Turn, neighbour: number): void {
  const of = acting(turn, neighbour);
  const channel = of?.ledger.channel;
  if (of === undefined || channel === undefined || !mayPayOver(of.ledger)) return;
  if (of.ledger.signed !== undefined) return;
  const totals = of.ledger.outbound.map((account) => account.signed);
  if (sum(totals) === 0n || sum(totals) > budget(of.ledger)) return;
  const voucher = signVoucher(channel, totals, turn.node.signer);
  record(turn, { type: "VoucherSigned", neighbour, voucher });
  sendVoucher(turn, neighbour);
}

/** What we can sign to a neighbour in all: the channel's capacity, and the operator's limit. */
export function budget(ledger: NeighbourLedger): Money {
  const { channel, spendingLimit } = ledger;
  if (channel === undefined) return 0n as Money;
  const units = coverOfOurs({ ...ledger, channel }) + channel.settledOut;
  const all = units * channel.grainsPerUnit;
  const covered = (all < moneyLimit ? all : moneyLimit) as Money;
  return spendingLimit !== undefined && spendingLimit < covered ? spendingLimit : covered;
}

/**
 * New totals: F(x) on each class, or as far as the budget goes, in the order of classes. Nothing
 * where no total would grow.
 */
function affordableTotals(of: Acting, limit: Money): readonly Money[] | undefined {
  let left = limit - sum(of.ledger.outbound.map((account) => account.signed));
  let grown = false;
  const totals = of.ledger.outbound.map((account, i) => {
    const path = of.live.paths[i];
    const paidClass = (i + 1) as PriceClass;
    if (path === undefined || !paysOn(of.ledger, paidClass)) return account.signed;
    const sent = payablePosition(of, paidClass, path);
    const reachable = reach(account.schedule, (account.signed + (left > 0n ? left : 0n)) as Money);
    const at = (sent < reachable ? sent : reachable) as Position;
    const curve = (position: bigint) => due(account.schedule, position as Position);
    if (
      left <= 0n ||
      !mayPay(integers, curve, payerView(account, sent), min(at, account.schedule.end))
    ) {
      return account.signed;
    }
    const total = due(account.schedule, at);
    // Where F is folded, or begins late after a lost disk, the next known total may be too dear.
    if (total - account.signed > left) return account.signed;
    left -= total - account.signed;
    grown = true;
    return total;
  });
  return grown ? totals : undefined;
}

function min(a: Position, b: Position): Position {
  return a < b ? a : b;
}

/** P4: the voucher and the leases held, as the journal has them. */
export function sendVoucher(turn: Turn, neighbour: number): void {
  const of = acting(turn, neighbour);
  const head = headTo(turn, neighbour);
  if (of === undefined || head === undefined) return;
  const bytes = encodeVoucher({
    type: "VOUCHER",
    ...head,
    voucher: of.ledger.signed,
    held: of.ledger.outbound.map((account) => account.latest),
  });
  turn.outputs.push({ type: "Send", neighbour, bytes });
}

/** P4: whether the voucher should be sent again: out of lease, or the payee does not have it. */
export function voucherIsWanting(of: Acting): boolean {
  const signed = sum(of.ledger.signed?.totals ?? []);
  return (
    signed > of.live.acknowledged ||
    payingClasses(of).some((paidClass) => outOfLease(of, paidClass))
  );
}
