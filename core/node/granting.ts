import { creditLimitAt } from "#core/account/credit-limit.ts";
import {
  type PayeeAccount,
  payeeView,
  settled,
  unacknowledgedLimit,
} from "#core/account/payee-account.ts";
import { leasesPerMessage } from "#core/peer/message.ts";
import { encodeMessage } from "#core/peer/message-form.ts";
import { integers } from "#core/rules/algebra.ts";
import { enforcedPosition, isThrottled, mayGrant } from "#core/rules/payee-rules.ts";
import { type LeaseTerms, signLease } from "#core/schedule/lease.ts";
import { dueBeyond, segmentLimit } from "#core/schedule/schedule.ts";
import type { Money } from "#core/units/money.ts";
import { type Position, positionLimit } from "#core/units/position.ts";
import { cost, type Price } from "#core/units/price.ts";
import type { PriceClass } from "#core/units/price-class.ts";
import { sendAdvert } from "./greeting.ts";
import { headTo } from "./meeting.ts";
import type { Standing } from "./output.ts";
import { priceOf, uncovered } from "./resale.ts";
import {
  type Acting,
  acting,
  earningClasses,
  inboundId,
  inboundOf,
  isDelivery,
  type PathKey,
  record,
  refuse,
  revise,
  revisePath,
  type Turn,
} from "./turn.ts";

/**
 * Q2 for one neighbour: lease whatever w + L allows, at the price of now. Tells the neighbour only
 * where something new was leased.
 */
export function actAsPayee(turn: Turn, neighbour: number): void {
  const of = acting(turn, neighbour);
  if (of === undefined) return;
  for (const paidClass of earningClasses(of)) {
    const key = { neighbour, class: paidClass };
    if (grantNext(turn, key)) sendLeases(turn, key);
    tellGate(turn, key);
  }
  tellStanding(turn, neighbour);
}

function grantNext(turn: Turn, key: PathKey): boolean {
  const of = acting(turn, key.neighbour);
  const found = of === undefined ? undefined : inboundOf(of, key.class);
  if (of === undefined || found === undefined) return false;
  const { account } = found;
  const price = priceOf(turn, of, key);
  if (price === undefined || !mayLease(account, of.live.shown)) return false;
  // A lease that the payer must refuse would stand in the way of every later one.
  const cap = of.live.hello?.terms.priceCap;
  if (cap !== undefined && price > cap) {
    refuse(turn, key.neighbour, "price above the neighbour's cap");
    return false;
  }
  const terms = nextLease(turn, of, key, account, price);
  if (terms === undefined) return false;
  const view = payeeView(account);
  const dueAtTo = terms.due + cost(terms.to - terms.from, price);
  const limit = creditLimitAt(of.terms, account.credited);
  if (!mayGrant(integers, view, limit, terms.to, dueAtTo)) return false;
  if (account.price !== price) {
    record(turn, { type: "PriceSet", ...key, price });
    sendAdvert(turn, key.neighbour);
  }
  const lease = signLease(inboundId(turn, of, key.class), terms, turn.node.signer);
  record(turn, { type: "LeaseGranted", ...key, lease });
  return true;
}

/**
 * A blank ledger leases nothing before the payer has shown which leases it holds: a payee that lost
 * its disk would otherwise sign other leases for the same positions.
 */
function mayLease(account: PayeeAccount, shown: boolean): boolean {
  return (
    (shown || account.schedule.leases > 0n) &&
    account.unacknowledged.length < unacknowledgedLimit &&
    account.schedule.segments.length < 2 * segmentLimit
  );
}

/** The longest next lease that w + L and the leases held upstream cover. */
function nextLease(
  turn: Turn,
  of: Acting,
  key: PathKey,
  account: PayeeAccount,
  price: Price,
): LeaseTerms | undefined {
  const { schedule } = account;
  const room = account.credited + creditLimitAt(of.terms, account.credited) - schedule.endDue;
  const affordable = room > 0n ? room / price : 0n;
  const covered = uncovered(turn, of, key, affordable);
  const { journal: payeeJournal } = turn.node.ledger;
  const { journal: payerJournal } = of.ledger;
  if (payeeJournal === undefined || payerJournal === undefined) return undefined;
  const left = positionLimit - schedule.end;
  const bytes = covered < left ? covered : left;
  if (bytes <= 0n) return undefined;
  return {
    number: schedule.leases + 1n,
    from: schedule.end,
    to: (schedule.end + bytes) as Position,
    price,
    due: schedule.endDue,
    settled: settled(account),
    payerJournal,
    payeeJournal,
  };
}

/** LEASE: the oldest leases the payer has not acknowledged, or the latest again (Q6). */
export function sendLeases(turn: Turn, key: PathKey): void {
  const of = acting(turn, key.neighbour);
  const found = of === undefined ? undefined : inboundOf(of, key.class);
  const head = headTo(turn, key.neighbour);
  if (of === undefined || found === undefined || head === undefined) return;
  const { unacknowledged, latest } = found.account;
  const waiting = unacknowledged.slice(0, leasesPerMessage);
  const bytes = encodeMessage({
    type: "LEASE",
    ...head,
    class: key.class,
    leases: waiting.length > 0 || latest === undefined ? waiting : [latest],
    credited: of.ledger.credited,
  });
  turn.outputs.push({ type: "Send", neighbour: key.neighbour, bytes });
  revise(turn, key.neighbour, { freeOffered: of.live.freeReceived });
}

/** The raw counter up to which bytes are forwarded as paid (T7), if the shell does not know it. */
export function tellGate(turn: Turn, key: PathKey): void {
  const of = acting(turn, key.neighbour);
  const found = of === undefined ? undefined : inboundOf(of, key.class);
  const meter = found?.path.inMeter;
  if (found === undefined || meter === undefined) return;
  const end = found.account.schedule.end - meter.base;
  const limit = end > 0n ? end : 0n;
  if (limit === found.path.gate) return;
  const { generation } = meter;
  const carrier =
    of !== undefined && isDelivery(of, key.class) ? of.ledger.delivery?.carrier : undefined;
  // What an exit sends ends where its own leases do: F(tx) <= w + L holds with no word of the client.
  if (carrier === undefined) turn.outputs.push({ type: "Gate", ...key, generation, limit });
  else turn.outputs.push({ type: "Quota", ...key, class: carrier, generation, limit });
  revisePath(turn, key, { gate: limit });
}

/**
 * Q4, derived and never stored: throttled iff F(y*) > w + L on some class. Not on a delivery account:
 * there it is we who send, and our own quota has ended.
 */
export function standingOf(of: Acting): Standing {
  // Not Q4, and no debt: whoever floods us with junk is told so (decision 41).
  if (of.live.defence.stage === "free tier") return "throttled";
  const over = earningClasses(of).some(
    (paidClass) => !isDelivery(of, paidClass) && owesTooMuch(of, paidClass, undefined),
  );
  return over ? "throttled" : "open";
}

/** Whether enforcing at a position (y, unless told otherwise) would throttle. */
export function owesTooMuch(of: Acting, paidClass: PriceClass, at: Position | undefined): boolean {
  const found = inboundOf(of, paidClass);
  if (found === undefined) return false;
  const { schedule, credited } = found.account;
  const read = enforcedPosition(integers, at ?? found.account.read, of.terms.allowance);
  const curve = (position: bigint): Money => dueBeyond(schedule, position as Position);
  const view = payeeView(found.account, read as Position);
  return isThrottled(integers, curve, view, creditLimitAt(of.terms, credited));
}

/** Tells the shell when the standing changed. */
export function tellStanding(turn: Turn, neighbour: number): void {
  const of = acting(turn, neighbour);
  if (of === undefined) return;
  const standing = standingOf(of);
  if (standing === of.live.standing) return;
  revise(turn, neighbour, { standing });
  turn.outputs.push({ type: "Standing", neighbour, standing });
}
