import type { AccountFacts } from "#agent/agent/facts.ts";

/**
 * Which bid orders a neighbour's packets now: the one that the lease in use carries, so that nobody goes
 * first at the price of before, by a bid that it takes back in time. Counts in byte positions, no clock.
 */
export interface LeasedOrder {
  /** A new bid holds for leases from here on. @param accounts as they were just before. */
  readonly change: (bid: bigint, accounts: readonly AccountFacts[]) => void;
  /** What orders now. */
  readonly inUse: (accounts: readonly AccountFacts[]) => bigint;
  /** Whether older leases are still to be used up. */
  readonly waits: () => boolean;
}

interface Coming {
  readonly bid: bigint;
  /** By class: what was used, and what was leased without it. */
  readonly marks: ReadonlyMap<number, { readonly used: bigint; readonly leased: bigint }>;
}

/** Bids that wait for older leases to be used up, at most; beyond it the oldest never order anything. */
export const comingLimit = 16;

/** An order by what is bid already. */
export function leasedOrder(first = 0n): LeasedOrder {
  let now = first;
  let coming: readonly Coming[] = [];
  return {
    change: (bid, accounts) => {
      const marks = accounts.map(({ class: paid, position: used, leased }) => {
        return [paid, { used, leased }] as const;
      });
      coming = [...coming, { bid, marks: new Map(marks) }].slice(-comingLimit);
    },
    inUse: (accounts) => {
      const reached = coming.findLastIndex((one) => isReached(one, accounts));
      if (reached >= 0) {
        now = coming[reached]?.bid ?? now;
        coming = coming.slice(reached + 1);
      }
      return now;
    },
    waits: () => coming.length > 0,
  };
}

/** Some account is used beyond the old leases, and none that is used at all is still within them. */
function isReached({ marks }: Coming, accounts: readonly AccountFacts[]): boolean {
  let beyond = false;
  for (const { class: paid, position } of accounts) {
    const { used, leased } = marks.get(paid) ?? { used: 0n, leased: 0n };
    if (position >= leased) beyond = true;
    else if (position > used) return false;
  }
  return beyond;
}
