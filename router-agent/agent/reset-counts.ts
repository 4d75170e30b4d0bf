import type { AccountKey, LedgerEvent } from "#core/journal/event.ts";

/** How often counters began anew: reboots, interfaces made again. The bounds of T7 and T8 grow. */
export interface ResetCounts {
  /** Leaps of the payer's position on an account on which we pay, but for the first. */
  readonly leaps: (key: AccountKey) => bigint;
  /** Times that unread bytes were forgiven where we are paid, but for the first. */
  readonly forgiven: (key: AccountKey) => bigint;
}

/** Counts resets from events. */
export interface ResetCounter extends ResetCounts {
  readonly count: (events: Iterable<LedgerEvent>) => void;
  /** Counts while somebody else reads. */
  readonly through: (events: Iterable<LedgerEvent>) => Generator<LedgerEvent>;
}

/** A counter at nought. On each account the first of either event is how counting begins. */
export function resetCounter(): ResetCounter {
  const seen = new Map<string, bigint>();
  const name = (type: string, { neighbour, class: paidClass }: AccountKey) =>
    `${type} ${neighbour} ${paidClass}`;
  const one = (event: LedgerEvent): void => {
    // A restated history says how many there were: where it begins a journal, and where it follows.
    if (event.type === "PayerKept" || event.type === "PayeeKept") {
      if (event.account.counter === undefined) return;
      const type = event.type === "PayerKept" ? "PositionLeapt" : "BytesForgiven";
      seen.set(name(type, event), event.resets);
      return;
    }
    if (event.type !== "PositionLeapt" && event.type !== "BytesForgiven") return;
    const at = name(event.type, event);
    seen.set(at, (seen.get(at) ?? -1n) + 1n);
  };
  const times = (type: LedgerEvent["type"]) => (key: AccountKey) => seen.get(name(type, key)) ?? 0n;
  return {
    leaps: times("PositionLeapt"),
    forgiven: times("BytesForgiven"),
    count: (events) => {
      for (const event of events) one(event);
    },
    through: function* (events) {
      for (const event of events) {
        one(event);
        yield event;
      }
    },
  };
}
