import { canonical } from "#core/identity/canonical-writer.ts";
import { sameBytes } from "#core/identity/hexadecimal.ts";
import type { AccountId } from "#core/schedule/account-id.ts";
import type { Lease } from "#core/schedule/lease.ts";
import { leaseForm, leaseText } from "#core/schedule/lease-form.ts";
import type { Voucher } from "#core/settlement/voucher.ts";
import { voucherText } from "#core/settlement/voucher-form.ts";
import type { BookListener, PaidVoucher } from "./book-reader.ts";
import { type ClaimWalk, claimWalk, type Shown, type WalkSide } from "./claim-walk.ts";
import type { Evidence } from "./evidence.ts";

/** The first place where two neighbours' books of one account part. */
export interface Parting {
  readonly account: AccountId;
  /** The commits that do not fit: of the payer's journal and of the payee's, where there is one. */
  readonly payerSequence: bigint | undefined;
  readonly payeeSequence: bigint | undefined;
  readonly words: string;
  /** What the other side can prove about the signer, to anybody (T23). */
  readonly evidence: Evidence;
}

/** A parting of whichever accounts of a payer and a payee. */
export type Difference = Omit<Parting, "account">;

/** A walk through two journals: what either of them must be listened to for. */
export interface BookWalk extends Omit<ClaimWalk<never, Difference>, "show"> {
  readonly listener: Readonly<Record<WalkSide, BookListener>>;
}

const nothing: BookListener = { lease: () => {}, voucher: () => {}, begun: () => {} };

/**
 * Holds the leases that the payer accepted against those that the payee granted, by number. What a lost
 * disk took is not held against anyone: a payee's journal that begins with a later lease, a restored
 * or a kept one, is compared from there on.
 */
export function leaseWalk(account: AccountId): BookWalk {
  const walk = claimWalk<Lease, Difference>({
    excused: () => true,
    same: (entry, claim) => sameBytes(canonical(leaseForm(entry)), canonical(leaseForm(claim))),
    parted: (claim, entry) => leaseDifference(account, claim, entry),
  });
  const hear = (side: WalkSide, role: "payer" | "payee"): BookListener => ({
    ...nothing,
    lease: (of, paidClass, lease) => {
      if (of === role && paidClass === account.class) walk.show(side, lease);
    },
  });
  return { ...walk, listener: { claims: hear("claims", "payer"), book: hear("book", "payee") } };
}

function leaseDifference(
  account: AccountId,
  { sequence, value: lease }: Shown<Lease>,
  entry: Shown<Lease> | undefined,
): Difference {
  const found = entry?.number === lease.number ? entry : undefined;
  return {
    payerSequence: sequence,
    payeeSequence: found?.sequence,
    words:
      found === undefined
        ? `the payer holds lease ${lease.number}, signed by the payee, whose journal lacks it`
        : `lease ${lease.number} differs: ${terms(lease)} in the payer's journal, ${terms(found.value)} in the payee's`,
    evidence: {
      kind: "a lease that its signer's journal lacks",
      signer: account.payee,
      texts: [leaseText(account, lease)],
      channel: undefined,
    },
  };
}

function terms(lease: Lease): string {
  return `bytes ${lease.from} to ${lease.to} at ${lease.price}`;
}

/**
 * Holds the vouchers that the payee credited against those that the payer signed, by total: one walk for
 * all accounts from one to the other. A payer that lost its disk, or whose journal began anew, knows of
 * no voucher before the one that came back.
 */
export function voucherWalk({ payer }: Pick<AccountId, "payer">): BookWalk {
  let knowsLess = false;
  const walk = claimWalk<PaidVoucher, Difference>({
    excused: () => knowsLess,
    same: (entry, claim) => sameVoucher(entry.voucher, claim.voucher),
    parted: ({ sequence, value: { voucher, channel } }, entry) => {
      if (channel === undefined) return undefined; // nobody could check it
      return {
        payerSequence: entry?.sequence,
        payeeSequence: sequence,
        words: `the payee holds a voucher of ${voucher.cumulative} token units, signed by the payer, whose journal lacks it`,
        evidence: {
          kind: "a voucher that its signer's journal lacks",
          signer: payer,
          texts: [voucherText(channel.channelId, voucher)],
          channel,
        },
      };
    },
  });
  const claims: BookListener = {
    ...nothing,
    voucher: (role, voucher) => {
      if (role === "payee") walk.show("claims", voucher);
    },
  };
  const book: BookListener = {
    ...nothing,
    voucher: (role, voucher) => {
      if (role === "payer") walk.show("book", voucher);
    },
    begun: (less) => {
      knowsLess = less;
    },
  };
  return { ...walk, listener: { claims, book } };
}

function sameVoucher(a: Voucher, b: Voucher): boolean {
  return (
    a.cumulative === b.cumulative &&
    a.totals.length === b.totals.length &&
    a.totals.every((total, i) => total === b.totals[i]) &&
    sameBytes(a.signature, b.signature)
  );
}
