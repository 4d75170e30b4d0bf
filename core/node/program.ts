import { type SignatureCheck, signedBy } from "#core/identity/signature.ts";
import { decodeCommit, encodeCommits } from "#core/journal/commit.ts";
import { emptyLedger, evolve, type Ledger } from "#core/journal/ledger.ts";
import { restatement } from "#core/journal/restatement.ts";
import { decodeSnapshot, encodeSnapshot } from "#core/journal/snapshot-form.ts";
import { copyOf, type InputCopier, inputCopier } from "./copy.ts";
import { wake } from "./node.ts";
import { step } from "./step.ts";

/**
 * All that a node is made of, as plain calls. Two nodes in lockstep that share this share its code
 * and constants, and a bit of those flips for both; so an agent gives the second node a program
 * that was loaded once more. Values may come from another realm and are read only; what is given
 * back is of this program's realm, and nobody else's.
 */
export interface Program {
  readonly emptyLedger: Ledger;
  readonly decodeCommit: typeof decodeCommit;
  readonly decodeSnapshot: typeof decodeSnapshot;
  readonly evolve: typeof evolve;
  readonly restatement: typeof restatement;
  readonly encodeCommits: typeof encodeCommits;
  readonly encodeSnapshot: typeof encodeSnapshot;
  readonly copyOf: typeof copyOf;
  readonly inputCopier: () => InputCopier;
  readonly wake: typeof wake;
  readonly step: typeof step;
  readonly signedBy: SignatureCheck;
}

/** The one that this module belongs to: loaded again, it is another one. */
export const program: Program = {
  emptyLedger,
  decodeCommit,
  decodeSnapshot,
  evolve,
  restatement,
  encodeCommits,
  encodeSnapshot,
  copyOf,
  inputCopier,
  wake,
  step,
  signedBy,
};
