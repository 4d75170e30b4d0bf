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
  /** The commit that changed it last, and when. */
  sequence: bigint;
  seconds: number;
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
function newAccount(): AccountTally {
  return {
    position: 0n,
    reserved: 0n,
    settled: 0n,
    fromPosition: 0n,
    fromSettled: 0n,
    sequence: 0n,
    seconds: 0,
  };
}

/**
 * The usage of a neighbour since its rows were written last: of the hour that is not over yet. A row
 * of usage is written once, when it cannot change any more, so that an old copy of it is never taken
 * for the row.
 */
export function openUsage({ outbound, inbound }: NeighbourTally): readonly UsageRow[] {
  const rowsOf = (accounts: readonly AccountTally[], direction: UsageRow["direction"]) =>
    accounts.flatMap((account, i) => usageRow(account, direction, i + 1) ?? []);
  return [...rowsOf(outbound, "we pay"), ...rowsOf(inbound, "we are paid")];
}

/** The usage row of an account as it stands, or nothing where nothing happened on it. */
export function usageRow(
  account: AccountTally,
  direction: UsageRow["direction"],
  paidClass: number,
): UsageRow | undefined {
  const { sequence, seconds, fromPosition, fromSettled } = account;
  const { position: toPosition, settled: toSettled } = account;
  if (fromPosition === toPosition && fromSettled === toSettled) return undefined;
  const place = { sequence, seconds, direction, class: paidClass };
  return { kind: "usage", ...place, fromPosition, toPosition, fromSettled, toSettled };
}

/** The next usage row of an account begins where it stands. */
export function begin(account: AccountTally): void {
  account.fromPosition = account.position;
  account.fromSettled = account.settled;
}

/** The number of a neighbour's next row. */
export function ordinalFor(neighbour: NeighbourTally): number {
  const { next } = neighbour;
  neighbour.next += 1;
  return next;
}
