/** Whether we pay on the account that a row is about, or are paid; or it concerns both. */
export type HistoryDirection = "we pay" | "we are paid" | "both";

/** What every row of history says. */
export interface HistoryPlace {
  /** The commit that it comes from; of usage, the last one that counted. */
  readonly sequence: bigint;
  /** UTC, seconds: the latest civil note before the commit. 0 where none was noted. */
  readonly seconds: number;
  readonly direction: HistoryDirection;
  /** 0: the neighbour as a whole. */
  readonly class: number;
}

/** Bytes of one account in one hour, and what was settled in it. Money is grains. */
export interface UsageRow extends HistoryPlace {
  readonly kind: "usage";
  readonly fromPosition: bigint;
  readonly toPosition: bigint;
  readonly fromSettled: bigint;
  readonly toSettled: bigint;
}

/** What one voucher added to one account. Grains. */
export interface PaymentRow extends HistoryPlace {
  readonly kind: "payment";
  readonly amount: bigint;
  readonly total: bigint;
}

/** A lease that was accepted or granted: positions [from, to) at so many grains a byte. */
export interface LeaseRow extends HistoryPlace {
  readonly kind: "lease";
  readonly number: bigint;
  readonly from: bigint;
  readonly to: bigint;
  readonly price: bigint;
}

/** Whatever else a person may look for. */
export interface NoticeRow extends HistoryPlace {
  readonly kind: "notice";
  readonly notice: Notice;
  /** What the notice counts: see {@link notices}. */
  readonly value: bigint;
}

/** One row of the history of a neighbour. */
export type HistoryRow = UsageRow | PaymentRow | LeaseRow | NoticeRow;

/** The kinds of rows, as a person may ask for them. */
export const historyKinds = ["usage", "payment", "lease", "notice"] as const;

/** One of {@link historyKinds}. */
export type HistoryKind = (typeof historyKinds)[number];

/**
 * What a notice tells, and in words what its value counts. Their places are written in indexes: new
 * ones go to the end.
 */
export const notices = [
  ["neighbour added", "paid classes"],
  ["journal of the neighbour met", "its name"],
  ["spending limited", "grains in all"],
  ["counter of unknown past: everything reserved counts as sent", "raw bytes"],
  ["counter begun anew: unread bytes are forgiven", "raw bytes"],
  ["our disk was lost: resumed as payer", "byte position"],
  ["our disk was lost: resumed as payee", "byte position"],
  ["price for leases to come", "grains a byte"],
  ["voucher kept until the channel covers it", "token units"],
  ["FRAUD PROVEN: two leases for one position", "times"],
  ["FRAUD PROVEN: voucher beyond the schedule", "times"],
  ["INVARIANT BROKEN: nothing more is signed, granted or reserved", "number of the theorem"],
  ["withdrawal asked for", "token units in all"],
  ["withdrawal permitted", "token units in all"],
  ["our permit shown to us", "token units in all"],
  ["withdrawal permitted to us", "token units in all"],
  ["channel to be closed together", "nothing"],
  ["final totals signed", "token units of ours"],
  ["final totals signed by the neighbour", "nothing"],
] as const;

/** The words of a notice. */
export type Notice = (typeof notices)[number][0];

/** A second that no row lies after: what the key has room for, in hours. */
export const secondsLimit = 0xffff_ffff * 3600;

/** The hour, since 1970, in which a row is filed. */
export function hourOf(seconds: number): number {
  return Math.floor(seconds / 3600);
}
