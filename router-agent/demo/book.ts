import { type PayeeAccount, payeeView } from "#core/account/payee-account.ts";
import { type JournalAudit, journalAuditor } from "#core/audit/journal-audit.ts";
import type { AccountKey, LedgerEvent } from "#core/journal/event.ts";
import { emptyLedger, evolve, type Ledger } from "#core/journal/ledger.ts";
import { integers } from "#core/rules/algebra.ts";
import { enforcedPosition, isThrottled } from "#core/rules/payee-rules.ts";
import type { Lease } from "#core/schedule/lease.ts";
import { due, dueBeyond } from "#core/schedule/schedule.ts";
import type { NodeId } from "#core/units/node-id.ts";
import type { Position } from "#core/units/position.ts";

/** What a journal tells of an account on which its node is paid. */
export interface PaidStory {
  /** How often F(y*) rose above w + L, after any event (Q4). */
  readonly throttles: number;
  /** The most that F(min(y, G)) - w ever was, after any event, in grains (T7). */
  readonly worstExposure: bigint;
  readonly leases: readonly Lease[];
}

/** What a journal tells of an account on which its node pays. */
export interface PayingStory {
  /** Bytes of each leap after the first sight of a counter: paid for, whether sent or not (P6). */
  readonly leaps: readonly bigint[];
}

/** A journal, read to its end: the audit of every event, and what the story asks about. */
export interface Book {
  readonly node: NodeId | undefined;
  readonly audit: JournalAudit;
  /** On the first paid class with a neighbour. */
  readonly paidBy: (neighbour: NodeId) => PaidStory;
  readonly paying: (neighbour: NodeId) => PayingStory;
}

interface Pages {
  throttles: number;
  throttled: boolean;
  worstExposure: bigint;
  readonly leases: Lease[];
  readonly leaps: bigint[];
}

/** Reads a journal: decides every event again, and looks at every account after every event. */
export function readBook(events: Iterable<LedgerEvent>): Book {
  const auditor = journalAuditor();
  const pages = new Map<NodeId, Pages>();
  let ledger = emptyLedger;
  for (const event of events) {
    auditor.add(event);
    const after = evolve(ledger, event);
    if ("neighbour" in event) note(pages, ledger, after, event);
    ledger = after;
  }
  const of = (neighbour: NodeId) => pages.get(neighbour) ?? blank();
  return { node: ledger.node, audit: auditor.result(), paidBy: of, paying: of };
}

function blank(): Pages {
  return { throttles: 0, throttled: false, worstExposure: 0n, leases: [], leaps: [] };
}

function note(
  pages: Map<NodeId, Pages>,
  before: Ledger,
  after: Ledger,
  event: Extract<LedgerEvent, { readonly neighbour: number }>,
): void {
  const neighbour = after.neighbours[event.neighbour];
  const account = neighbour?.inbound[0];
  const { terms } = neighbour ?? {};
  if (neighbour === undefined || account === undefined || terms === undefined) return;
  const page = pages.get(neighbour.id) ?? blank();
  pages.set(neighbour.id, page);
  if (event.type === "LeaseGranted") page.leases.push(event.lease);
  if (event.type === "PositionLeapt") noteLeap(page, before, event);
  const exposure = due(account.schedule, account.read) - account.credited;
  if (exposure > page.worstExposure) page.worstExposure = exposure;
  const throttled = owesTooMuch(account, terms.allowance, terms.creditLimit);
  if (throttled && !page.throttled) page.throttles += 1;
  page.throttled = throttled;
}

/** The first leap of an account is where counting began. */
function noteLeap(page: Pages, before: Ledger, { neighbour, class: paidClass }: AccountKey): void {
  const account = before.neighbours[neighbour]?.outbound[paidClass - 1];
  if (account?.counter === undefined) return;
  page.leaps.push(account.reserved - account.sent);
}

/** Q4, as the core decides it. */
function owesTooMuch(account: PayeeAccount, allowance: bigint, limit: bigint): boolean {
  const read = enforcedPosition(integers, account.read, allowance) as Position;
  const curve = (at: bigint) => dueBeyond(account.schedule, at as Position);
  return isThrottled(integers, curve, payeeView(account, read), limit);
}
