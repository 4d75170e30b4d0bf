import { payerView } from "#core/account/payer-account.ts";
import { canonical } from "#core/identity/canonical-writer.ts";
import { sameBytes } from "#core/identity/hexadecimal.ts";
import type { LeaseMessage } from "#core/peer/message.ts";
import { integers } from "#core/rules/algebra.ts";
import { mayResumePayer } from "#core/rules/lost-disk-rules.ts";
import { mayAccept } from "#core/rules/payer-rules.ts";
import type { AccountId } from "#core/schedule/account-id.ts";
import { dueAtEnd, type Lease, leaseHolds } from "#core/schedule/lease.ts";
import { leaseForm, leaseText } from "#core/schedule/lease-form.ts";
import { misfit, segmentLimit } from "#core/schedule/schedule.ts";
import { addsUp, sum, type Voucher, voucherHolds } from "#core/settlement/voucher.ts";
import { actAsPayee } from "./granting.ts";
import { awakenPath } from "./live.ts";
import { actAsPayer } from "./paying.ts";
import { resellersOf } from "./resale.ts";
import {
  type Acting,
  acting,
  outboundId,
  outboundOf,
  type PathKey,
  record,
  refuse,
  revise,
  revisePath,
  type Turn,
} from "./turn.ts";

/** A LEASE came: we are the payer (P5), and perhaps one that lost its disk. */
export function takeLeases(turn: Turn, neighbour: number, message: LeaseMessage): void {
  const key: PathKey = { neighbour, class: message.class };
  if (message.credited !== undefined) takeCredited(turn, neighbour, message.credited);
  let accepted = false;
  for (const lease of relevant(turn, key, message.leases)) {
    accepted = takeLease(turn, key, lease) || accepted;
  }
  if (!accepted) return;
  actAsPayer(turn, neighbour, false);
  for (const reseller of resellersOf(turn, neighbour)) actAsPayee(turn, reseller);
}

/**
 * A blank account that is offered leases made for another journal belongs to a payer that lost its
 * disk: it resumes at the end of the last of those, because nobody knows how far it had used them.
 */
function relevant(turn: Turn, key: PathKey, leases: readonly Lease[]): readonly Lease[] {
  const of = acting(turn, key.neighbour);
  const held = of === undefined ? undefined : outboundOf(of, key.class)?.account.schedule.leases;
  const lost = leases.filter((lease) => isForAnother(turn, lease));
  return held === 0n && lost.length > 0 ? leases.slice(lost.length - 1) : leases;
}

/** Whether a lease was made for another journal of ours than this. */
function isForAnother(turn: Turn, lease: Lease): boolean {
  return lease.payerJournal !== turn.node.ledger.journal;
}

/**
 * What the payee says it has credited. It only ever tells us to stop resending; our own signature
 * under a larger total than we remember means that we lost our disk, and the total comes back. No
 * claim that we did not sign moves anything (T22).
 */
function takeCredited(turn: Turn, neighbour: number, credited: Voucher): void {
  const of = acting(turn, neighbour);
  if (of === undefined) return;
  // Where nothing is known of this channel, zero units on it say what those before it settled.
  const signed = of.ledger.signed?.cumulative ?? -1n;
  const total = sum(credited.totals);
  if (credited.cumulative > signed) restoreTotal(turn, neighbour, of, credited);
  else if (total > of.live.acknowledged && total <= sum(of.ledger.signed?.totals ?? [])) {
    revise(turn, neighbour, { acknowledged: total });
  }
}

function restoreTotal(turn: Turn, neighbour: number, of: Acting, voucher: Voucher): void {
  const { channel } = of.ledger;
  if (channel === undefined) return refuse(turn, neighbour, "no channel");
  if (
    voucher.totals.length !== of.ledger.outbound.length ||
    !addsUp(channel, voucher, channel.settledOut)
  ) {
    return refuse(turn, neighbour, "voucher does not add up");
  }
  const goesDown = of.ledger.outbound.some(
    (account, i) => (voucher.totals[i] ?? 0n) < account.signed,
  );
  if (goesDown) return refuse(turn, neighbour, "voucher goes down");
  if (!voucherHolds(turn.node.holds, channel, voucher, turn.node.signer.id)) {
    return refuse(turn, neighbour, "bad signature");
  }
  record(turn, { type: "VoucherSigned", neighbour, voucher });
  revise(turn, neighbour, { acknowledged: sum(voucher.totals) });
}

function takeLease(turn: Turn, key: PathKey, lease: Lease): boolean {
  const of = acting(turn, key.neighbour);
  const found = of === undefined ? undefined : outboundOf(of, key.class);
  if (of === undefined || found === undefined) {
    refuse(turn, key.neighbour, "unknown price class");
    return false;
  }
  const { account } = found;
  const id = outboundId(turn, of, key.class);
  const why = misfit(account.schedule, lease);
  if (why === "lease already held" || why === "lease overlaps" || why === "lease goes back") {
    return takeOldLease(turn, key, id, account.latest, lease, why);
  }
  if (lease.price > of.terms.priceCap) return no(turn, key, "lease price above the cap");
  if (account.schedule.segments.length >= 2 * segmentLimit) {
    return no(turn, key, "too many price changes");
  }
  const ours = !isForAnother(turn, lease);
  const blank = account.schedule.leases === 0n && !ours && lease.to > lease.from;
  if (why !== undefined && !blank) return no(turn, key, why);
  if (!blank && (!ours || lease.payeeJournal !== of.ledger.journal)) {
    return no(turn, key, "lease of another journal");
  }
  if (!leaseHolds(turn.node.holds, id, lease)) return no(turn, key, "bad signature");
  if (blank) return restoreFrom(turn, key, of, lease);
  if (!mayAccept(integers, payerView(account, found.path.sent), lease.from, lease.to)) return false;
  // P5 leaves it to us what we buy; what we hold already is used and paid.
  if (of.live.defence.stage !== "none") return no(turn, key, "lease refused for junk");
  record(turn, { type: "LeaseAccepted", ...key, lease });
  return true;
}

/** Not new. If it is signed and differs from the one we hold for the position: proof of fraud. */
function takeOldLease(
  turn: Turn,
  key: PathKey,
  id: AccountId,
  latest: Lease | undefined,
  lease: Lease,
  why: "lease already held" | "lease overlaps" | "lease goes back",
): boolean {
  const conflicts =
    latest !== undefined &&
    lease.payeeJournal === latest.payeeJournal &&
    lease.from < latest.to &&
    lease.to > latest.from &&
    !sameBytes(canonical(leaseForm(latest)), canonical(leaseForm(lease)));
  const frauds = turn.node.ledger.neighbours[key.neighbour]?.frauds ?? [];
  if (
    conflicts &&
    !frauds.includes("two leases for one position") &&
    leaseHolds(turn.node.holds, id, lease)
  ) {
    const evidence = [leaseText(id, latest), leaseText(id, lease)] as const;
    const fraud = "two leases for one position";
    record(turn, { type: "FraudProven", neighbour: key.neighbour, fraud, evidence });
    turn.outputs.push({ type: "Alarm", neighbour: key.neighbour, words: fraud });
  }
  return why === "lease already held" && !conflicts
    ? false
    : no(turn, key, conflicts ? "lease overlaps" : keep(why));
}

function keep(why: "lease already held" | "lease overlaps" | "lease goes back") {
  return why === "lease already held" ? "lease goes back" : why;
}

/**
 * A blank account is offered a lease of before: our disk was lost. We go on at that lease's end, if
 * that costs no more than L beyond what our own vouchers say (protocol section 5).
 */
function restoreFrom(turn: Turn, key: PathKey, of: Acting, lease: Lease): boolean {
  const found = outboundOf(of, key.class);
  if (found === undefined) return no(turn, key, "unknown price class");
  const view = payerView(found.account, found.path.sent);
  if (!mayResumePayer(integers, view, of.terms.creditLimit, dueAtEnd(lease))) {
    return no(turn, key, "lease leaves a gap");
  }
  record(turn, { type: "PayerRestored", ...key, lease });
  const ledger = turn.node.ledger.neighbours[key.neighbour];
  if (ledger === undefined) return false;
  const { outMeter, sent } = awakenPath(ledger, key.class - 1);
  revisePath(turn, key, { outMeter, sent, quota: undefined });
  return true;
}

function no(turn: Turn, key: PathKey, why: Parameters<typeof refuse>[2]): false {
  refuse(turn, key.neighbour, why);
  return false;
}
