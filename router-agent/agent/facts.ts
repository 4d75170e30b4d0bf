import { creditLimitAt } from "#core/account/credit-limit.ts";
import { deliveryClass, earnsOn, paysOn } from "#core/account/delivery.ts";
import { expected, payeeView } from "#core/account/payee-account.ts";
import { owed } from "#core/account/payer-account.ts";
import type { Terms } from "#core/account/terms.ts";
import type { Ledger } from "#core/journal/ledger.ts";
import type { Defence } from "#core/node/input.ts";
import type { LiveNeighbour } from "#core/node/live.ts";
import { type Refusal, refusalWords } from "#core/node/refusal.ts";
import { commonVersion, firstVersions, ourVersions } from "#core/peer/version.ts";
import { due, lastPrice } from "#core/schedule/schedule.ts";
import type { NodeId } from "#core/units/node-id.ts";
import type { Position } from "#core/units/position.ts";
import type { PriceClass } from "#core/units/price-class.ts";
import type { ResetCounts } from "./reset-counts.ts";

/** One direction of one price class, in numbers. Bytes are positions, money is grains. */
export interface AccountFacts {
  readonly neighbour: NodeId;
  readonly class: number;
  readonly direction: "we pay" | "we are paid";
  /** Whether it is about what an exit sends to its client: who receives pays. */
  readonly delivery: boolean;
  /** The price of leases to come (paid to us) or of the last lease held (paid by us). */
  readonly price: bigint | undefined;
  /** The price of the last lease held or granted. */
  readonly leasePrice: bigint | undefined;
  /** The kernel's counter as last read, bytes since the interface was made. */
  readonly raw: bigint | undefined;
  /** x where we pay, y where we are paid. */
  readonly position: bigint;
  /** The neighbour's own counter for the same direction, by its last STATEMENT. */
  readonly theirPosition: bigint;
  /** Bytes we sent in the last message round trip, as measured by STATEMENTs (D); where we pay. */
  readonly roundTrip: bigint | undefined;
  /** F at the position: what we owe, or expect. */
  readonly amount: bigint;
  /** v where we pay, w where we are paid. */
  readonly settled: bigint;
  /** r where we pay; 0 where we are paid. */
  readonly reserved: bigint;
  /** g or G. */
  readonly leased: bigint;
  /** F(min(y, G)) - w where we are paid: credit given. */
  readonly exposure: bigint;
  /** T7: it cannot rise above L + P x bytes unread at our own reboots. 0 where we pay. */
  readonly exposureBound: bigint;
  /** How often the counter began anew: reboots, and interfaces made again. */
  readonly resets: bigint;
  /** T8: what our own resets can have cost us so far, c x P each. 0 where we are paid. */
  readonly overpaymentBound: bigint;
}

/** One neighbour, in numbers and words. */
export interface NeighbourFacts {
  readonly id: NodeId;
  readonly standing: "open" | "throttled";
  /** How it is treated for its junk, and how many bytes of it came in this run. */
  readonly junk: Defence;
  readonly heard: boolean;
  readonly broken: string | undefined;
  readonly frauds: readonly string[];
  readonly spendingLimit: bigint | undefined;
  /** Grains: the sum of the best of our vouchers that it says it has credited. */
  readonly acknowledged: bigint;
  /** The newest protocol version that both speak; undefined before it was heard, 0 where there is none. */
  readonly protocol: number | undefined;
  /** Token units: the totals of our best voucher to it, and of its best voucher to us. */
  readonly signedUnits: bigint;
  readonly creditedUnits: bigint;
  readonly refusals: readonly {
    readonly why: Refusal;
    readonly count: number;
    readonly words: string;
  }[];
  readonly accounts: readonly AccountFacts[];
}

/** Everything about the accounts of a node: live where the agent runs, else from the journal alone. */
export function neighbourFacts(
  ledger: Ledger,
  live: readonly LiveNeighbour[],
  resets: ResetCounts,
): readonly NeighbourFacts[] {
  return ledger.neighbours.map((neighbour, i) => {
    const now = live[i];
    return {
      id: neighbour.id,
      standing: now?.standing ?? "open",
      junk: now?.defence ?? { stage: "none", junk: 0n, undue: 0n },
      heard: now?.hello !== undefined,
      broken: neighbour.broken?.type === "InvariantBroken" ? neighbour.broken.theorem : undefined,
      frauds: neighbour.frauds,
      spendingLimit: neighbour.spendingLimit,
      acknowledged: now?.acknowledged ?? 0n,
      protocol: protocolOf(now),
      signedUnits: neighbour.signed?.cumulative ?? 0n,
      creditedUnits: neighbour.credited?.cumulative ?? 0n,
      refusals: refusalsOf(now),
      accounts: [...outboundFacts(ledger, i, now, resets), ...inboundFacts(ledger, i, now, resets)],
    };
  });
}

function protocolOf(live: LiveNeighbour | undefined): number | undefined {
  if (live?.hello === undefined) return undefined;
  return commonVersion(ourVersions, live.speaks ?? firstVersions) ?? 0;
}

function refusalsOf(live: LiveNeighbour | undefined): NeighbourFacts["refusals"] {
  return Object.entries(live?.refusals ?? {}).map(([why, count]) => ({
    why: why as Refusal,
    count: count ?? 0,
    words: refusalWords[why as Refusal],
  }));
}

function outboundFacts(
  ledger: Ledger,
  index: number,
  live: LiveNeighbour | undefined,
  resets: ResetCounts,
): readonly AccountFacts[] {
  const neighbour = ledger.neighbours[index];
  if (neighbour === undefined) return [];
  return neighbour.outbound.flatMap((account, i) => {
    if (!paysOn(neighbour, (i + 1) as PriceClass)) return [];
    const path = live?.paths[i];
    const sent = path?.sent ?? account.sent;
    const leaps = resets.leaps({ neighbour: index, class: (i + 1) as PriceClass });
    return {
      neighbour: neighbour.id,
      class: i + 1,
      direction: "we pay",
      delivery: deliveryClass(neighbour) === i + 1,
      price: lastPrice(account.schedule),
      leasePrice: lastPrice(account.schedule),
      raw: path?.outMeter?.last,
      position: sent,
      theirPosition: path?.theirRead ?? 0n,
      roundTrip: path?.roundTrip,
      amount: owed(account, sent),
      settled: account.signed,
      reserved: account.reserved,
      leased: account.schedule.end,
      exposure: 0n,
      exposureBound: 0n,
      resets: leaps,
      overpaymentBound: costOf(leaps, neighbour?.terms, "reservation"),
    };
  });
}

function inboundFacts(
  ledger: Ledger,
  index: number,
  live: LiveNeighbour | undefined,
  resets: ResetCounts,
): readonly AccountFacts[] {
  const neighbour = ledger.neighbours[index];
  if (neighbour === undefined) return [];
  return neighbour.inbound.flatMap((account, i) => {
    if (!earnsOn(neighbour, (i + 1) as PriceClass)) return [];
    const path = live?.paths[i];
    const read = (
      path === undefined || path.read < account.read ? account.read : path.read
    ) as Position;
    const view = payeeView(account, read);
    const forgiven = resets.forgiven({ neighbour: index, class: (i + 1) as PriceClass });
    const terms = neighbour?.terms;
    const limit = terms === undefined ? 0n : creditLimitAt(terms, account.credited);
    const open =
      due(account.schedule, read < view.granted ? read : account.schedule.end) - account.credited;
    return {
      neighbour: neighbour.id,
      class: i + 1,
      direction: "we are paid",
      delivery: deliveryClass(neighbour) === i + 1,
      price: account.price,
      leasePrice: lastPrice(account.schedule),
      raw: path?.inMeter?.last,
      position: read,
      theirPosition: path?.theirSent ?? 0n,
      roundTrip: undefined,
      amount: expected(account, read),
      settled: account.credited,
      reserved: 0n,
      leased: account.schedule.end,
      exposure: open > 0n ? open : 0n,
      exposureBound: limit + costOf(forgiven, neighbour?.terms, "readChunk"),
      resets: forgiven,
      overpaymentBound: 0n,
    };
  });
}

/** So many resets cost at most so much: a chunk at the price cap each. */
function costOf(resets: bigint, terms: Terms | undefined, chunk: "reservation" | "readChunk") {
  return terms === undefined ? 0n : resets * terms[chunk] * terms.priceCap;
}

/** JSON with every bigint as a decimal string. */
export function toJson(value: unknown, space?: number): string {
  return JSON.stringify(
    value,
    (_, item) => (typeof item === "bigint" ? item.toString() : item),
    space,
  );
}
