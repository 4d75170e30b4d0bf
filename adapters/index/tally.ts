import type { JournalId } from "#core/units/journal-id.ts";
import type { NodeId } from "#core/units/node-id.ts";
import type { HistoryRow, UsageRow } from "./history-row.ts";

/** What history remembers of one direction of one paid class. Bytes and grains, absolute. */
export interface AccountTally {
  position: bigint;
  /** Where we pay: the position of a counter whose past is unknown. */
  reserved: bigint;
  settled: bigint;
  /** Where the usage row of this hour begins. */
  fromPosition: bigint;
  fromSettled: bigint;
  /** The number of that row; 0 where nothing happened in this hour yet. */
  ordinal: number;
  /** The commit that changed it last, and when; what is not written yet. */
  sequence: bigint;
  seconds: number;
  unwritten: boolean;
}

/** What history remembers of a neighbour. */
export interface NeighbourTally {
  readonly id: NodeId;
  /** The oldest row that is kept, and the number that the next one gets. Rows count from 1. */
  first: number;
  next: number;
  /** Class 1 first. */
  readonly outbound: AccountTally[];
  readonly inbound: AccountTally[];
}

/** All that is needed to go on with the next commit of a journal: the state behind the rows. */
export interface Tally {
  node: NodeId | undefined;
  /** Nothing for a journal of before journals had names. */
  journal: JournalId | undefined;
  /** The last commit that was counted, and the CRC-32 of its payload; 0 where that is not known. */
  sequence: bigint;
  check: number;
  /** The latest time noted. History never goes back in time: a note that does counts as this one. */
  seconds: number;
  readonly neighbours: NeighbourTally[];
}

/** A row with its place among those of its neighbour. */
export interface NumberedRow {
  readonly neighbour: number;
  readonly ordinal: number;
  readonly row: HistoryRow;
}

/** The tally before the first commit. */
export function newTally(): Tally {
  return {
    node: undefined,
    journal: undefined,
    sequence: 0n,
    check: 0,
    seconds: 0,
    neighbours: [],
  };
}

/** A neighbour of whom nothing is known yet. */
export function newNeighbour(id: NodeId, classes: number): NeighbourTally {
  const accounts = () => Array.from({ length: classes }, newAccount);
  return { id, first: 1, next: 1, outbound: accounts(), inbound: accounts() };
}

/** An account on which nothing has happened. */
export function newAccount(): AccountTally {
  return {
    position: 0n,
    reserved: 0n,
    settled: 0n,
    fromPosition: 0n,
    fromSettled: 0n,
    ordinal: 0,
    sequence: 0n,
    seconds: 0,
    unwritten: false,
  };
}

/** The usage rows that changed since they were written last; `close` ends them. */
export function* usageRows(tally: Tally, close: boolean): Generator<NumberedRow, void> {
  for (const [neighbour, { outbound, inbound }] of tally.neighbours.entries()) {
    for (const [direction, accounts] of [
      ["we pay", outbound],
      ["we are paid", inbound],
    ] as const) {
      for (const [i, account] of accounts.entries()) {
        const row = usageRow(account, direction, i + 1);
        if (row !== undefined) yield { neighbour, ordinal: account.ordinal, row };
        if (close) begin(account);
      }
    }
  }
}

/** The usage row of an account as it stands, or nothing where that is written already. */
export function usageRow(
  account: AccountTally,
  direction: UsageRow["direction"],
  paidClass: number,
): UsageRow | undefined {
  if (!account.unwritten) return undefined;
  account.unwritten = false;
  const { sequence, seconds, fromPosition, fromSettled } = account;
  const { position: toPosition, settled: toSettled } = account;
  const place = { sequence, seconds, direction, class: paidClass };
  return { kind: "usage", ...place, fromPosition, toPosition, fromSettled, toSettled };
}

/** The next usage row of an account begins where it stands. */
export function begin(account: AccountTally): void {
  account.ordinal = 0;
  account.fromPosition = account.position;
  account.fromSettled = account.settled;
}
