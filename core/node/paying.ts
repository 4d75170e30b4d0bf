import { owed, payerView } from "#core/account/payer-account.ts";
import type { NeighbourLedger } from "#core/journal/ledger.ts";
import { lowerPosition } from "#core/meter/meter.ts";
import { encodeVoucher } from "#core/peer/message-form.ts";
import { integers } from "#core/rules/algebra.ts";
import { furthestReservation, mayPay, mayReserve, payIsDue } from "#core/rules/payer-rules.ts";
import { due, reach } from "#core/schedule/schedule.ts";
import { coverOfOurs } from "#core/settlement/cover.ts";
import { signVoucher, sum } from "#core/settlement/voucher.ts";
import { type Money, moneyLimit } from "#core/units/money.ts";
import type { Position } from "#core/units/position.ts";
import type { PriceClass } from "#core/units/price-class.ts";
import { headTo } from "./meeting.ts";
import {
  type Acting,
  acting,
  outboundOf,
  type PathKey,
  paidClasses,
  record,
  refuse,
  revisePath,
  type Turn,
} from "./turn.ts";

/** P1 and P3 for one neighbour: reserve what traffic will need, pay what is due. */
export function actAsPayer(turn: Turn, neighbour: number, settling: boolean): void {
  const of = acting(turn, neighbour);
  if (of === undefined) return;
  for (const paidClass of paidClasses(of)) catchUp(turn, { neighbour, class: paidClass });
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
  const to = furthestReservation(integers, view, of.terms) as Position;
  const low = account.reserved - path.sent <= of.terms.reservation >> 1n;
  if (low && mayReserve(integers, view, of.terms, to)) {
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
  if (limit === found.path.quota) return;
  turn.outputs.push({ type: "Quota", ...key, generation: meter.generation, limit });
  revisePath(turn, key, { quota: limit });
}

/** x + allowance >= g: the kernel is about to run out of lease, or has. */
function outOfLease(of: Acting, paidClass: PriceClass): boolean {
  const found = outboundOf(of, paidClass);
  if (found === undefined) return false;
  return found.path.sent + of.terms.allowance >= found.account.schedule.end;
}

/** P3 for all classes of a neighbour at once: one signature pays everything owed. */
function payWhatIsDue(turn: Turn, neighbour: number, settling: boolean): void {
  const of = acting(turn, neighbour);
  if (of === undefined) return;
  const isDue = paidClasses(of).some((paidClass) => {
    const found = outboundOf(of, paidClass);
    if (found === undefined) return false;
    const view = payerView(found.account, found.path.sent);
    const curve = (at: bigint) => due(found.account.schedule, at as Position);
    const urgent = settling || outOfLease(of, paidClass);
    return payIsDue(integers, curve, view, of.terms, urgent) && owes(of, paidClass);
  });
  if (isDue) pay(turn, neighbour, of);
}

function owes(of: Acting, paidClass: PriceClass): boolean {
  const found = outboundOf(of, paidClass);
  return found !== undefined && owed(found.account, found.path.sent) > found.account.signed;
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
    const sent = of.live.paths[i]?.sent ?? account.sent;
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
    signed > of.live.acknowledged || paidClasses(of).some((paidClass) => outOfLease(of, paidClass))
  );
}
