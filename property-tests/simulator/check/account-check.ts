import type { PayeeAccount } from "#core/account/payee-account.ts";
import type { PayerAccount } from "#core/account/payer-account.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import type { Input } from "#core/node/input.ts";
import { dearest, due, dueBeyond } from "#core/schedule/schedule.ts";
import { origin, type Position } from "#core/units/position.ts";
import {
  across,
  isHonest,
  ledgerOf,
  linkAt,
  type Network,
  nodeAt,
  type SimNode,
  type Way,
  wayAt,
} from "../network/network.ts";
import { violate } from "./violating.ts";

/** The theorems about every account that a step touched, both ends against the truth. */
export function checkStep(
  net: Network,
  node: SimNode,
  input: Input,
  events: readonly LedgerEvent[],
): void {
  for (const neighbour of touched(input, events)) {
    const end = node.ends[neighbour];
    if (end === undefined || end.retired) continue;
    const link = linkAt(net, end.link);
    for (let paidClass = 1; paidClass <= net.classes; paidClass++) {
      checkAccount(net, wayAt(link, end.side, paidClass));
      checkAccount(net, wayAt(link, across(end.side), paidClass));
    }
  }
}

function touched(input: Input, events: readonly LedgerEvent[]): ReadonlySet<number> {
  const all = new Set<number>();
  for (const event of events) if ("neighbour" in event) all.add(event.neighbour);
  if (input.type === "Readings") for (const { neighbour } of input.readings) all.add(neighbour);
  return all;
}

/** Both books about one account. */
export interface Books {
  readonly payer: PayerAccount;
  readonly payee: PayeeAccount;
  /** x, live. */
  readonly sent: bigint;
}

/** Both books about one account, once both sides have it. */
export function booksOf(net: Network, way: Way): Books | undefined {
  const link = linkAt(net, way.link);
  const payer = nodeAt(net, way.payer);
  const payee = nodeAt(net, way.payee);
  const out = link.numbers[way.side];
  const into = link.numbers[across(way.side)];
  const owing = ledgerOf(payer).neighbours[out]?.outbound[way.class - 1];
  const owed = ledgerOf(payee).neighbours[into]?.inbound[way.class - 1];
  if (owing === undefined || owed === undefined) return undefined;
  const sent = payer.core.live[out]?.paths[way.class - 1]?.sent ?? owing.sent;
  return { payer: owing, payee: owed, sent };
}

type Claim = readonly [theorem: string, holds: boolean, words: () => string];

/** The theorems about one account, now. Violations are noted once an account and theorem. */
export function checkAccount(net: Network, way: Way): void {
  const books = way.forgotten ? undefined : booksOf(net, way);
  if (books === undefined) return;
  const honestPayer = isHonest(nodeAt(net, way.payer));
  const honestPayee = isHonest(nodeAt(net, way.payee));
  if (honestPayer) tellAll(net, way, payerClaims(net, way, books));
  if (honestPayee) tellAll(net, way, payeeClaims(net, way, books));
  if (honestPayer && honestPayee) tellAll(net, way, pairClaims(net, way, books));
}

function tellAll(net: Network, way: Way, claims: readonly Claim[]): void {
  for (const [theorem, holds, words] of claims) if (!holds) violate(net, theorem, way, words());
}

/** What must hold of an honest payer, whoever the payee is. */
function payerClaims(net: Network, way: Way, { payer }: Books): readonly Claim[] {
  const { tx } = way;
  const { reserved: r, schedule } = payer;
  const c = net.scenario.defaults.reserveBytes;
  const chunks = c * (way.resets + way.flips);
  const v = way.bestSigned;
  // Where no lease is held there is no F, and a lost disk is not one yet that came back.
  if (schedule.leases === 0n) return [];
  const owed = due(schedule, (tx + c * way.flips) as Position);
  return [
    ["T1", tx <= r && r <= schedule.end, () => `tx ${tx} <= r ${r} <= g ${schedule.end}`],
    ["T5", v <= owed, () => `v ${v} <= F(tx) ${owed}`],
    [
      "T8",
      way.payerDisks > 0n || tx <= way.sent + chunks,
      () => `tx ${tx} <= sent ${way.sent} + c x resets ${chunks}`,
    ],
    [
      "T8",
      overpaidOf(way) <= overpaymentBound(net, way, payer),
      () => `overpaid ${overpaidOf(way)} <= ${overpaymentBound(net, way, payer)}`,
    ],
  ];
}

/** What must hold of an honest payee, whoever the payer is. */
function payeeClaims(net: Network, way: Way, { payee }: Books): readonly Claim[] {
  const { read: y, schedule, credited: w } = payee;
  const limit = net.scenario.defaults.creditLimit;
  const most = schedule.end + way.forgiven;
  return [
    ["T1", y <= way.rx, () => `y ${y} <= rx ${way.rx}`],
    [
      "T5",
      w <= way.bestSigned && w <= schedule.endDue,
      () => `w ${w} <= v ${way.bestSigned}, and <= F(G) ${schedule.endDue}`,
    ],
    ["T7", schedule.endDue <= w + limit, () => `F(G) ${schedule.endDue} <= w ${w} + L ${limit}`],
    [
      "T7",
      way.payeeDisks > 0n || way.forwarded <= most,
      () => `forwarded ${way.forwarded} <= G and forgiven ${most}`,
    ],
    [
      "T11",
      way.bestCredited <= way.bestSigned,
      () => `credited ${way.bestCredited} <= signed ${way.bestSigned}`,
    ],
  ];
}

/** What must hold between two honest ones. */
function pairClaims(net: Network, way: Way, { payer, payee }: Books): readonly Claim[] {
  const limit = net.scenario.defaults.creditLimit;
  const enforced = dueBeyond(payee.schedule, payee.read);
  const blank = payer.schedule.leases === 0n;
  const forgotten = payee.schedule.leases < payer.schedule.leases && way.payeeDisks > 0n;
  const [g, most] = [payer.schedule.end, payee.schedule.end];
  return [
    ["T1", blank || way.rx <= way.tx, () => `rx ${way.rx} <= tx ${way.tx}`],
    ["T1", blank || forgotten || g <= most, () => `g ${g} <= G ${most}`],
    [
      "T6",
      enforced <= payee.credited + limit,
      () => `F(y) ${enforced} <= w ${payee.credited} + L ${limit}`,
    ],
  ];
}

/** What a payer signed for bytes that it never sent: positions it leapt over (P6). */
export function overpaidOf(way: Way): bigint {
  let all = 0n;
  for (const { fromDue, toDue } of way.leaps) {
    const paid = way.bestSigned < toDue ? way.bestSigned : toDue;
    if (paid > fromDue) all += paid - fromDue;
  }
  return all;
}

/** T8 in money: c bytes a reset at the dearest price there was, and L a lost disk. */
function overpaymentBound(net: Network, way: Way, payer: PayerAccount): bigint {
  const { reserveBytes, creditLimit } = net.scenario.defaults;
  const dear = dearest(payer.schedule, origin) ?? 0n;
  if (dear > way.dearest) way.dearest = dear;
  const lostDisks = (way.payerDisks + way.payeeDisks) * creditLimit;
  return reserveBytes * way.dearest * (way.resets + way.flips) + lostDisks;
}
