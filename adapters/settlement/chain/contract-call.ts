import type { Signature } from "#core/identity/signature.ts";
import type { TokenUnits } from "#core/units/money.ts";

/** Something to be done on the chain, with all its words. Every amount is a total. */
export type ContractCall =
  | {
      readonly type: "open";
      readonly id: string;
      readonly peer: string;
      readonly number: bigint;
      readonly total: TokenUnits;
    }
  | { readonly type: "setDeposit"; readonly id: string; readonly total: TokenUnits }
  | {
      readonly type: "register";
      readonly id: string;
      readonly cumulative: TokenUnits;
      readonly signature: Signature;
    }
  | {
      readonly type: "withdraw";
      readonly id: string;
      readonly party: string;
      readonly total: TokenUnits;
      readonly signature: Signature;
    }
  | { readonly type: "startClose"; readonly id: string }
  | { readonly type: "finish"; readonly id: string }
  | {
      readonly type: "closeTogether";
      readonly id: string;
      /** What a signed to b, then the reverse. */
      readonly totals: readonly [TokenUnits, TokenUnits];
      /** Of a, then of b. */
      readonly signatures: readonly [Signature, Signature];
    }
  | { readonly type: "claimCredit"; readonly token: string; readonly owner: string }
  /** On the token: the contract may take so much. */
  | { readonly type: "approve"; readonly amount: bigint }
  /** Nothing, to fill a gap in the numbers of our transactions. */
  | { readonly type: "fill" };

/**
 * What a call is for, in words that are the same each time it is asked for: two calls of one purpose
 * are never on their way at once.
 */
export function purposeOf(call: ContractCall): string {
  switch (call.type) {
    case "setDeposit":
      return `setDeposit ${call.id} ${call.total}`;
    case "register":
      return `register ${call.id} ${call.cumulative}`;
    case "withdraw":
      return `withdraw ${call.id} ${call.party} ${call.total}`;
    case "open":
    case "startClose":
    case "finish":
    case "closeTogether":
      return `${call.type} ${call.id}`;
    case "claimCredit":
      return `claimCredit ${call.token} ${call.owner}`;
    case "approve":
      return `approve ${call.amount}`;
    case "fill":
      return "fill";
  }
}

/** More gas than each kind of call ever took (`npm run bench -- settlement`), with a third on top. */
export const gasLimits: Readonly<Record<ContractCall["type"], bigint>> = {
  open: 260_000n,
  setDeposit: 160_000n,
  register: 90_000n,
  // A payout may burn what the contract allows it, twice at a close.
  withdraw: 380_000n,
  startClose: 60_000n,
  finish: 620_000n,
  closeTogether: 660_000n,
  claimCredit: 400_000n,
  approve: 90_000n,
  fill: 21_000n,
};

/** What must stay in our account for each channel that may have to be fought for: its whole end. */
export const disputeGas = gasLimits.register + gasLimits.startClose + gasLimits.finish;

/** As a destination: code is put on the chain, at an address that it makes up. */
export const newContract = "0x";
