import type { AlarmEvent, LedgerEvent, PayeeEvent, PayerEvent } from "#core/journal/event.ts";
import { type JournalId, unnamedJournal } from "#core/units/journal-id.ts";
import type { Money } from "#core/units/money.ts";
import type { NodeId } from "#core/units/node-id.ts";
import { type HistoryDirection, hourOf, type Notice } from "./history-row.ts";
import { IndexError } from "./index-error.ts";
import {
  type AccountTally,
  begin,
  type NeighbourTally,
  type NumberedRow,
  newNeighbour,
  openUsage,
  ordinalFor,
  type Tally,
  usageRow,
} from "./tally.ts";

/** A commit as history sees it: its place, its events, and when it was as far as was noted. */
export interface DatedCommit {
  readonly sequence: bigint;
  /** UTC; 0 where no civil note lies before it. */
  readonly seconds: number;
  readonly events: readonly LedgerEvent[];
}

/**
 * Counts one commit and yields the rows that it completes. The rows of a journal depend on its
 * commits and its civil notes alone, so that an index can be made again at any time. What was
 * restated is no usage: it states what is.
 * @throws IndexError "foreign" for a commit of another journal.
 */
export function* fold(tally: Tally, commit: DatedCommit): Generator<NumberedRow, void> {
  const seconds = commit.seconds > tally.seconds ? commit.seconds : tally.seconds;
  if (hourOf(seconds) !== hourOf(tally.seconds)) yield* closedUsage(tally);
  tally.seconds = seconds;
  const counter = counterAt(tally, commit.sequence);
  for (const event of commit.events) yield* one(counter, event);
}

/** The usage rows of an hour that is over. */
function* closedUsage({ neighbours }: Tally): Generator<NumberedRow, void> {
  for (const [neighbour, one] of neighbours.entries()) {
    for (const row of openUsage(one)) yield { neighbour, ordinal: ordinalFor(one), row };
    for (const account of [...one.outbound, ...one.inbound]) begin(account);
  }
}

/** How events at one place of a journal change a tally. */
interface Counter {
  readonly tally: Tally;
  readonly neighbour: (number: number) => NeighbourTally | undefined;
  /** Changes an account. */
  readonly use: (event: AccountEvent, direction: AccountDirection, change: Change) => void;
  readonly row: (
    neighbour: number,
    direction: HistoryDirection,
    paidClass: number,
    rest: RowRest,
  ) => Generator<NumberedRow, void>;
}

interface AccountEvent {
  readonly neighbour: number;
  readonly class: number;
}

type AccountDirection = Exclude<HistoryDirection, "both">;

type Change = (account: AccountTally) => void;

type RowRest =
  | { readonly kind: "payment"; readonly amount: bigint; readonly total: bigint }
  | {
      readonly kind: "lease";
      readonly number: bigint;
      readonly from: bigint;
      readonly to: bigint;
      readonly price: bigint;
    }
  | { readonly kind: "notice"; readonly notice: Notice; readonly value: bigint };

function counterAt(tally: Tally, sequence: bigint): Counter {
  const { seconds } = tally;
  const neighbour = (number: number) => tally.neighbours[number];
  return {
    tally,
    neighbour,
    use: (event, direction, change) => {
      const found = neighbour(event.neighbour);
      const account = accountOf(found, direction, event.class);
      if (found === undefined || account === undefined) return;
      const { position, settled } = account;
      change(account);
      if (account.position === position && account.settled === settled) return;
      Object.assign(account, { sequence, seconds });
    },
    *row(number, direction, paidClass, rest) {
      const found = neighbour(number);
      if (found === undefined) return;
      const row = { sequence, seconds, direction, class: paidClass, ...rest };
      yield { neighbour: number, ordinal: ordinalFor(found), row };
    },
  };
}

function accountOf(
  neighbour: NeighbourTally | undefined,
  direction: AccountDirection,
  paidClass: number,
): AccountTally | undefined {
  const accounts = direction === "we pay" ? neighbour?.outbound : neighbour?.inbound;
  return accounts?.[paidClass - 1];
}

function* one(counter: Counter, event: LedgerEvent): Generator<NumberedRow, void> {
  const { tally } = counter;
  switch (event.type) {
    case "NodeOpened":
    case "HistoryKept":
      return opened(tally, event.node, event.journal);
    case "NeighbourAdded":
      tally.neighbours.push(newNeighbour(event.id, event.classes));
      return yield* notice(counter, event, "neighbour added", BigInt(event.classes));
    case "NeighbourKept":
      if (event.neighbour !== tally.neighbours.length) return;
      tally.neighbours.push(newNeighbour(event.kept.id, event.kept.classes));
      return;
    case "PayerKept": {
      const { sent: position, reserved, signed: settled } = event.account;
      return yield* state(counter, event, "we pay", { position, reserved, settled });
    }
    case "PayeeKept": {
      const { read: position, credited: settled } = event.account;
      return yield* state(counter, event, "we are paid", { position, settled });
    }
    case "NeighbourMet":
      return yield* notice(counter, event, "journal of the neighbour met", BigInt(event.journal));
    case "SpendingLimited":
      return yield* notice(counter, event, "spending limited", event.limit);
    case "VoucherSigned":
      return yield* payments(counter, event.neighbour, event.voucher.totals, "we pay");
    case "VoucherCredited":
      return yield* payments(counter, event.neighbour, event.voucher.totals, "we are paid");
    case "VoucherHeld": {
      const words = "voucher kept until the channel covers it";
      return yield* notice(counter, event, words, event.voucher.cumulative);
    }
    case "WithdrawalAsked":
      return yield* notice(counter, event, "withdrawal asked for", event.total);
    case "PermitSigned":
      return yield* notice(counter, event, "withdrawal permitted", event.total);
    case "PermitRecalled":
      return yield* notice(counter, event, "our permit shown to us", event.permit.total);
    case "PermitTaken":
      return yield* notice(counter, event, "withdrawal permitted to us", event.permit.total);
    case "EndingBegun":
      return yield* notice(counter, event, "channel to be closed together", 0n);
    case "FinalSigned":
      return yield* notice(counter, event, "final totals signed", event.final.out);
    case "FinalTaken":
      return yield* notice(counter, event, "final totals signed by the neighbour", 0n);
    case "FraudProven":
    case "InvariantBroken":
      return yield* alarm(counter, event);
    case "AgentStarted":
    case "TermsSet":
    case "ChannelSeen":
      return;
    default:
      return yield* onAccount(counter, event);
  }
}

function* onAccount(
  counter: Counter,
  event: PayerEvent | PayeeEvent,
): Generator<NumberedRow, void> {
  switch (event.type) {
    case "BytesReserved":
      return counter.use(event, "we pay", (account) => {
        account.reserved = event.reserved;
        account.position = event.sent;
      });
    case "SentRead":
      return counter.use(event, "we pay", (account) => {
        account.position = event.sent;
      });
    case "PositionLeapt": {
      counter.use(event, "we pay", (account) => {
        account.position = account.reserved;
      });
      const words = "counter of unknown past: everything reserved counts as sent";
      return yield* notice(counter, event, words, event.raw, "we pay");
    }
    case "BytesRead":
      return counter.use(event, "we are paid", (account) => {
        if (event.read > account.position) account.position = event.read;
      });
    case "BytesForgiven": {
      const words = "counter begun anew: unread bytes are forgiven";
      return yield* notice(counter, event, words, event.raw, "we are paid");
    }
    case "PriceSet":
      return yield* notice(counter, event, "price for leases to come", event.price, "we are paid");
    case "LeaseAccepted":
    case "LeaseGranted": {
      const { number, from, to, price } = event.lease;
      const direction = event.type === "LeaseAccepted" ? "we pay" : "we are paid";
      const rest = { kind: "lease", number, from, to, price } as const;
      return yield* counter.row(event.neighbour, direction, event.class, rest);
    }
    case "PayerRestored": {
      const { from, to } = event.lease;
      const said = { position: to, reserved: to };
      if (to > from) yield* state(counter, event, "we pay", said);
      const words = "our disk was lost: resumed as payer";
      return yield* notice(counter, event, words, to, "we pay");
    }
    case "PayeeRestored": {
      const { from, to } = event.lease;
      const said = { position: event.read };
      if (to > from) yield* state(counter, event, "we are paid", said);
      const words = "our disk was lost: resumed as payee";
      return yield* notice(counter, event, words, event.read, "we are paid");
    }
  }
}

function opened(tally: Tally, node: NodeId, name: JournalId): void {
  const journal = name === unnamedJournal ? undefined : name;
  const known = tally.node !== undefined && tally.sequence > 0n;
  // A journal of before journals had names gets one at its next restatement.
  const renamed = tally.journal !== undefined && tally.journal !== journal;
  if (known && (tally.node !== node || renamed)) {
    throw new IndexError({ problem: "foreign", words: "the index is another journal's" });
  }
  tally.node = node;
  tally.journal = journal;
}

/**
 * Sets an account to what it is said to be: bytes of whatever hour, and so of none. No usage row
 * spans that, and so none spans a restatement, where an index may have to begin.
 */
function* state(
  { neighbour }: Counter,
  event: AccountEvent,
  direction: AccountDirection,
  said: Partial<AccountTally>,
): Generator<NumberedRow, void> {
  const found = neighbour(event.neighbour);
  const account = accountOf(found, direction, event.class);
  if (found === undefined || account === undefined) return;
  const row = usageRow(account, direction, event.class);
  if (row !== undefined) {
    yield { neighbour: event.neighbour, ordinal: ordinalFor(found), row };
  }
  begin(Object.assign(account, said));
}

function* payments(
  counter: Counter,
  number: number,
  totals: readonly Money[],
  direction: AccountDirection,
): Generator<NumberedRow, void> {
  for (const [i, total] of totals.entries()) {
    const key = { neighbour: number, class: i + 1 };
    const before = accountOf(counter.neighbour(number), direction, key.class)?.settled;
    if (before === undefined || total <= before) continue;
    counter.use(key, direction, (account) => {
      account.settled = total;
    });
    const rest = { kind: "payment", amount: total - before, total } as const;
    yield* counter.row(number, direction, key.class, rest);
  }
}

function alarm(counter: Counter, event: AlarmEvent): Generator<NumberedRow, void> {
  if (event.type === "InvariantBroken") {
    const words = "INVARIANT BROKEN: nothing more is signed, granted or reserved";
    return notice(counter, event, words, BigInt(event.theorem.slice(1)));
  }
  const words =
    event.fraud === "two leases for one position"
      ? "FRAUD PROVEN: two leases for one position"
      : "FRAUD PROVEN: voucher beyond the schedule";
  return notice(counter, event, words, 1n);
}

function notice(
  counter: Counter,
  event: { readonly neighbour: number; readonly class?: number },
  words: Notice,
  value: bigint,
  direction: HistoryDirection = "both",
): Generator<NumberedRow, void> {
  const rest = { kind: "notice", notice: words, value } as const;
  return counter.row(event.neighbour, direction, event.class ?? 0, rest);
}
