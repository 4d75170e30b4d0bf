import type { Finding } from "#core/audit/finding.ts";
import { compareJournals, type HopAudit } from "#core/audit/network-audit.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import type { NodeId } from "#core/units/node-id.ts";
import { type Book, readBook } from "./book.ts";
import { judgeChain } from "./chain-verdict.ts";
import { demoHops } from "./hop.ts";
import type { Observer } from "./observer.ts";
import { lively } from "./pace.ts";
import {
  type RouterName,
  routerNames,
  type Stage,
  type Transfer,
  type TunnelCounter,
} from "./stage.ts";
import type { Ending, HopEnding, Moment } from "./telling.ts";

/** Fewer bytes than this on a paid tunnel in a minute are its handshakes and keepalives. */
const handshakeBytes = 4096n;

/** What the story collected on its way. */
export interface Evidence {
  readonly journals: Readonly<Record<RouterName, readonly LedgerEvent[]>>;
  /** The kernel's counters, just before and just after the agents ended. */
  readonly before: readonly TunnelCounter[];
  readonly after: readonly TunnelCounter[];
  /** How far leases went before the price rose, by hop; nothing where no price rose and no counter was lost. */
  readonly leasedBefore: readonly bigint[] | undefined;
  readonly throttledAfter: Moment | undefined;
  readonly reopenedAfter: Moment | undefined;
  readonly rss: Readonly<Record<RouterName, number>>;
  readonly transfer: Transfer | undefined;
}

/** The books of all routers, by their journals. */
export type Books = Readonly<Record<RouterName, Book>>;

/** Holds three journals against the rules, each other and the kernel's counters; tolerance zero. */
export async function verdict(
  stage: Stage,
  observer: Observer,
  evidence: Evidence,
): Promise<Ending> {
  const { journals, throttledAfter, reopenedAfter, rss, transfer } = evidence;
  const books: Books = {
    a: readBook(journals.a),
    b: readBook(journals.b),
    c: readBook(journals.c),
  };
  const hops = audited(observer, books);
  for (const hop of hops) judgeHop(observer, hop);
  const { leasedBefore } = evidence;
  if (leasedBefore === undefined) judgeLeaps(observer, books, hops);
  else judgeHistory(observer, books, hops, leasedBefore);
  judgeCounters(observer, books, evidence);
  const falseThrottles = judgeThrottles(observer, books);
  const earnedByB = earned(hops);
  observer.check(
    "b, in the middle, did not lose by any of this",
    earnedByB > 0n,
    `${earnedByB} grains earned`,
  );
  if (stage.mode === "kernel") judgeTransfer(observer, transfer);
  const chain = stage.chain && (await judgeChain(observer, books, stage.chain));
  const never: Moment = { milliseconds: -1, messages: -1 };
  return {
    passed: hops.length === demoHops.length && observer.checks.every((check) => check.holds),
    mode: stage.mode,
    hops,
    falseThrottles,
    trueThrottles: Math.min(cheatThrottles(books), 1),
    rss,
    checks: observer.checks,
    throttledAfter: throttledAfter ?? never,
    reopenedAfter: reopenedAfter ?? never,
    earnedByB,
    transfer,
    chain,
    milliseconds: observer.elapsed(),
  };
}

/** The audit of each journal and of all of them together, and the hops that the demo is about. */
function audited({ check }: Observer, books: Books): readonly HopEnding[] {
  const audits = routerNames.map((name) => books[name].audit);
  const events = audits.reduce((all, audit) => all + audit.events, 0);
  const objections = audits.flatMap((audit) => audit.findings);
  const [first] = objections;
  check(
    "every event of every journal follows from the rules",
    objections.length === 0,
    first === undefined ? `${events} events` : `${first.rule}: ${first.words}`,
  );
  const { hops, findings } = compareJournals(audits);
  const serious = findings.filter((finding) => !isHandshake(hops, finding));
  const words = findings.map((one) => `${one.rule}: ${one.words}`).join("; ");
  const apart = serious.length === 0 ? ", where nothing was sold" : "";
  check("neighbours' books agree", serious.length === 0, words ? words + apart : "no finding");
  return demoHops.flatMap((names) => {
    const [payer, payee] = names;
    const hop = hops.find((one) => isBetween(one, books[payer].node, books[payee].node));
    if (hop === undefined) return [];
    const { worstExposure } = books[payee].paidBy(hop.payer);
    const leapt = books[payer].paying(hop.payee).leaps.reduce((all, leap) => all + leap, 0n);
    return [{ ...hop, names, worstExposure, leapt }];
  });
}

/**
 * On a tunnel that carries no traffic, the two ends may begin to count on different sides of its
 * first handshakes: some hundred bytes that rx <= tx holds up to (E1, T19), and that nobody sold.
 */
function isHandshake(hops: readonly HopAudit[], { rule, node, neighbour, class: on }: Finding) {
  const hop = hops.find((one) => one.payer === node && one.payee === neighbour && one.class === on);
  return rule === "T1" && hop !== undefined && hop.received < handshakeBytes;
}

function isBetween(hop: HopAudit, payer: NodeId | undefined, payee: NodeId | undefined): boolean {
  return hop.payer === payer && hop.payee === payee && hop.class === 1;
}

function judgeHop({ check }: Observer, hop: HopEnding): void {
  const name = hop.names.join(" -> ");
  check(
    `${name}: owed = signed = credited, to the grain`,
    hop.signed === hop.owed && hop.credited === hop.signed,
    `${hop.owed} ${hop.signed} ${hop.credited}`,
  );
  check(
    `${name}: whatever was lost, the payer owes what the payee expects, or more`,
    hop.received <= hop.sent && hop.expected <= hop.owed,
    `${hop.expected} of ${hop.owed}`,
  );
  check(
    `${name}: credit given was within its bound after every event`,
    hop.worstExposure <= hop.exposureBound,
    `${hop.worstExposure} of ${hop.exposureBound}`,
  );
}

/** Chunks that a payer of the whole story may lose with a counter. */
const reservation = BigInt(lively.terms.reservation);

/** What happened on the way, by the journals alone. */
function judgeHistory(
  { check }: Observer,
  books: Books,
  hops: readonly HopEnding[],
  leasedBefore: readonly bigint[],
): void {
  const dearer = demoHops.slice(0, 2).map(([payer, payee], i) => {
    const { leases } = paidBy(books, payee, payer);
    const first = leases.find((lease, at) => at > 0 && lease.price > (leases[at - 1]?.price ?? 0n));
    return { from: first?.from ?? -1n, before: leasedBefore[i] ?? 0n };
  });
  check(
    "the risen price begins where older leases end",
    dearer.every(({ from, before }) => from >= before),
    dearer.map(({ from, before }) => `at byte ${from}, leased were ${before}`).join("; "),
  );
  const [ab = [], bc = [], cb = []] = leapsOf(books, hops);
  check(
    "the lost counter cost b at most a chunk, and nobody else anything",
    bc.length === 1 && (bc[0] ?? 0n) <= reservation && ab.length === 0 && cb.length === 0,
    `b leapt ${bc.join(" and ") || "nothing"} of at most ${reservation} bytes`,
  );
}

/** Where no counter was lost. */
function judgeLeaps({ check }: Observer, books: Books, hops: readonly HopEnding[]): void {
  const leaps = leapsOf(books, hops).flat();
  check("nobody paid for bytes that it did not send", leaps.length === 0, `${leaps.length} leaps`);
}

function leapsOf(books: Books, hops: readonly HopEnding[]) {
  return hops.map(({ names, payee }) => books[names[0]].paying(payee).leaps);
}

/** Positions against what the kernel says without the agents: raw = position - base. */
function judgeCounters({ check }: Observer, books: Books, { before, after }: Evidence): void {
  const sides = [
    ["a", "b", "sent"],
    ["a", "b", "received"],
    ["b", "c", "received"],
    ["c", "b", "sent"],
  ] as const;
  const found = sides.map(([from, to, side]) => {
    const journaled = side === "sent" ? sentRaw(books, from, to) : receivedRaw(books, from, to);
    const least = counterOf(before, from, to)?.[side] ?? 0n;
    const most = counterOf(after, from, to)?.[side] ?? 0n;
    const holds = journaled !== undefined && journaled >= least && journaled <= most;
    return { holds, words: `${from} -> ${to} ${side} ${journaled} (${least} to ${most})` };
  });
  check(
    "what is billed is what the kernel counted, to the byte",
    found.every(({ holds }) => holds),
    found.map(({ words }) => words).join("; "),
  );
}

function counterOf(counters: readonly TunnelCounter[], from: RouterName, to: RouterName) {
  return counters.find((one) => one.from === from && one.to === to && one.class === 1);
}

function sentRaw(books: Books, from: RouterName, to: RouterName): bigint | undefined {
  const account = bookOn(books, from, to)?.outbound[0];
  return account?.counter === undefined ? undefined : account.sent - account.counter.base;
}

function receivedRaw(books: Books, from: RouterName, to: RouterName): bigint | undefined {
  const account = bookOn(books, to, from)?.inbound[0];
  return account?.counter === undefined ? undefined : account.read - account.counter.base;
}

function bookOn(books: Books, owner: RouterName, about: RouterName) {
  const { neighbours } = books[owner].audit.ledger;
  return neighbours.find((one) => one.id === books[about].node);
}

/**
 * Only the cheat was throttled: more than once, where what it sent beyond its lease is still being
 * read while it pays. Returns the throttles that nobody deserved.
 */
function judgeThrottles({ check }: Observer, books: Books): number {
  const all = routerNames.flatMap((payee) =>
    routerNames.map((payer) => paidBy(books, payee, payer).throttles),
  );
  const total = all.reduce((sum, one) => sum + one, 0);
  const deserved = cheatThrottles(books);
  check(
    "only the cheat was throttled",
    total === deserved && deserved > 0,
    `${total} in all, ${cheatThrottles(books)} of them a's, by three journals`,
  );
  return total - deserved;
}

function cheatThrottles(books: Books): number {
  return paidBy(books, "b", "a").throttles;
}

function paidBy(books: Books, payee: RouterName, payer: RouterName) {
  return books[payee].paidBy(books[payer].node ?? ("" as NodeId));
}

/** What b was credited, less what it signed. */
function earned(hops: readonly HopEnding[]): bigint {
  return hops.reduce((all, { names, credited, signed }) => {
    if (names[1] === "b") return all + credited;
    return names[0] === "b" ? all - signed : all;
  }, 0n);
}

function judgeTransfer({ check }: Observer, transfer: Transfer | undefined): void {
  const found =
    transfer === undefined
      ? "it did not arrive in time"
      : `${transfer.bytes} bytes in ${transfer.milliseconds} ms`;
  check("a file sent by TCP meanwhile arrived whole", transfer?.intact === true, found);
}
