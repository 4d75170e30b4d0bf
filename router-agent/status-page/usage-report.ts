import * as Effect from "effect/Effect";
import { hourOf } from "#adapters/index/history-row.ts";
import type { Answer } from "#agent/agent/control-socket.ts";
import { historyRequest, isPageAnswer } from "#agent/agent/history-request.ts";
import type { PlainRow } from "#agent/cli/history-source.ts";
import { plainAnswer } from "./asking.ts";

/** All paid traffic of one hour. Bytes and grains, as decimal texts. */
export interface UsageHour {
  /** UTC, seconds: when the hour began. */
  readonly from: number;
  readonly sent: bigint;
  readonly received: bigint;
  readonly paid: bigint;
  readonly earned: bigint;
}

/** A payment of the last days: what one voucher added. */
export interface Payment {
  readonly neighbour: number;
  /** UTC, seconds; 0 where no time was known. */
  readonly seconds: number;
  readonly direction: string;
  readonly class: number;
  readonly amount: bigint;
  readonly total: bigint;
}

/** What the history says of the last days, of all neighbours together. */
export interface UsageReport {
  /** Why there is none; nothing where there is. */
  readonly missing: string | undefined;
  /** Oldest first. */
  readonly hours: readonly UsageHour[];
  /** Newest first. */
  readonly payments: readonly Payment[];
}

/** So many days are looked at. */
export const usageDays = 7;

/** Payments of one neighbour that are shown, and of all of them. */
export const paymentLimit = 40;

/** Pages of history read for one question: more hours and payments than a week of a home has. */
const pageLimit = 8;

const hour = 3600;

/** Reads hours and payments of every neighbour, a few pages each. @param now UTC, seconds. */
export const usageReport = Effect.fnUntraced(function* (
  answer: Answer,
  neighbours: number,
  now: number,
) {
  const hours = new Map<number, UsageHour>();
  const payments: Payment[] = [];
  for (let neighbour = 0; neighbour < neighbours; neighbour++) {
    const from = now - usageDays * 24 * hour;
    for (const row of yield* rowsOf(answer, neighbour, "usage", from)) addUsage(hours, row);
    payments.push(...(yield* newestPayments(answer, neighbour, now)));
  }
  const report: UsageReport = {
    missing: undefined,
    hours: [...hours.values()].toSorted((a, b) => a.from - b.from),
    payments: payments.toSorted((a, b) => b.seconds - a.seconds).slice(0, paymentLimit),
  };
  return report;
});

/** History has its oldest row first: the last hour is asked for, and more only where that is little. */
const newestPayments = Effect.fnUntraced(function* (
  answer: Answer,
  neighbour: number,
  now: number,
) {
  for (const hours of [1, 24, usageDays * 24]) {
    const rows = yield* rowsOf(answer, neighbour, "payment", now - hours * hour);
    if (rows.length < paymentLimit && hours < usageDays * 24) continue;
    return rows
      .flatMap((row): readonly Payment[] => {
        if (row.kind !== "payment") return [];
        const { seconds, direction, amount, total } = row;
        return [
          {
            neighbour,
            seconds,
            direction,
            class: row.class,
            amount: BigInt(amount),
            total: BigInt(total),
          },
        ];
      })
      .toReversed()
      .slice(0, paymentLimit);
  }
  return [];
});

const rowsOf = Effect.fnUntraced(function* (
  answer: Answer,
  neighbour: number,
  kind: "usage" | "payment",
  from: number,
) {
  let rows: readonly PlainRow[] = [];
  let after: Parameters<typeof historyRequest>[0]["after"];
  for (let page = 0; page < pageLimit; page++) {
    const query = { neighbour, kinds: [kind], from: Math.floor(from), after };
    const found = yield* plainAnswer(answer, historyRequest(query));
    if (!isPageAnswer(found)) return rows;
    rows = [...rows, ...(found.rows as readonly PlainRow[])];
    if (found.next === undefined) return rows;
    after = found.next;
  }
  return rows;
});

function addUsage(hours: Map<number, UsageHour>, row: PlainRow): void {
  if (row.kind !== "usage" || row.seconds === 0) return;
  const from = hourOf(row.seconds) * hour;
  const bytes = BigInt(row.toPosition) - BigInt(row.fromPosition);
  const grains = BigInt(row.toSettled) - BigInt(row.fromSettled);
  const before = hours.get(from) ?? { from, sent: 0n, received: 0n, paid: 0n, earned: 0n };
  hours.set(
    from,
    row.direction === "we pay"
      ? { ...before, sent: before.sent + bytes, paid: before.paid + grains }
      : { ...before, received: before.received + bytes, earned: before.earned + grains },
  );
}
