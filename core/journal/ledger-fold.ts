import { decodeCommit } from "./commit.ts";
import { emptyLedger, evolve, type Ledger, neighbourLimit } from "./ledger.ts";
import { takeBlock, takeWaiting, waitingReadings } from "./waiting-readings.ts";

/** Folds commits, as bytes, into a ledger: the same one that `evolve` makes of their events. */
export interface LedgerFold {
  /** One commit more. @throws Malformed or RangeError; a spoilt block may be in it by half. */
  readonly add: (commit: Uint8Array) => void;
  /** Of all commits so far. */
  readonly ledger: () => Ledger;
  /** How many events there were. */
  readonly events: () => number;
}

/**
 * A fold that is quick because readings are absolute: of many readings of one account only the last
 * is taken into the ledger, when something else happens to that neighbour or when the ledger is
 * asked for. Blocks of readings are walked as bytes; what is no block is decoded and folded as ever.
 */
export function ledgerFold(from: Ledger = emptyLedger): LedgerFold {
  let ledger = from;
  let events = 0;
  const waiting = waitingReadings();
  const settle = (neighbour: number): void => {
    for (const reading of takeWaiting(waiting, neighbour)) ledger = evolve(ledger, reading);
  };
  const settleAll = (): void => {
    for (let neighbour = 0; neighbour < neighbourLimit; neighbour++) settle(neighbour);
  };
  return {
    add: (commit) => {
      const block = soleBlock(commit);
      if (block > 0) {
        events += takeBlock(waiting, commit, block, settle);
        return;
      }
      for (const event of decodeCommit(commit)) {
        if ("neighbour" in event && event.type !== "NeighbourAdded") settle(event.neighbour);
        else settleAll();
        ledger = evolve(ledger, event);
        events += 1;
      }
    },
    ledger: () => {
      settleAll();
      return ledger;
    },
    events: () => events,
  };
}

/** Where the block begins in a commit that is one block and nothing else; 0 where it is not. */
function soleBlock(commit: Uint8Array): number {
  if (commit[0] !== 0x92 || commit[1] !== 2 || commit[2] !== 0x91) return 0;
  const [head, high] = [commit[3], commit[4] ?? 0];
  if (head === 0xc4 && commit.length === 5 + high) return 5;
  const long = head === 0xc5 && high > 0 && commit.length === 6 + ((high << 8) | (commit[5] ?? 0));
  return long ? 6 : 0;
}
