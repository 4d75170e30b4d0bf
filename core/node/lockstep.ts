import { sameBytes, toHex } from "#core/identity/hexadecimal.ts";
import { type SignatureCheck, type Signer, signatureLength } from "#core/identity/signature.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import type { Ledger } from "#core/journal/ledger.ts";
import type { InputCopier } from "./copy.ts";
import type { Input } from "./input.ts";
import type { Node } from "./node.ts";
import type { Output } from "./output.ts";
import { type Program, program } from "./program.ts";
import type { Step } from "./step.ts";

/**
 * Two nodes that take every step together and share no state in memory: lockstep, as processors of
 * cars do it. Memory without ECC flips bits; a flip in what one of them knows makes their decisions
 * part, and then neither is believed (protocol section 5; a restart from the journal is safe).
 */
export interface Lockstep {
  /** The one that decides. */
  readonly node: Node;
  /** The one that only has to come to the same. */
  readonly twin: Node;
  readonly programs: Programs;
  readonly memo: Memo;
}

/** What the two nodes are made of. A bit of a program that both are made of flips for both. */
export interface Programs {
  readonly first: Program;
  /** The twin's: one of its own where the shell loaded it once more. */
  readonly second: Program;
}

/** Both of the program that this module belongs to, where there is no other one. */
const onlyProgram: Programs = { first: program, second: program };

/** What one step of the first node had signed and checked: keys do their slow work once. */
interface Memo {
  readonly signatures: Map<string, Uint8Array>;
  /** Checks that held, for these very bytes. */
  readonly held: Set<string>;
  /** Makes the twin's own input. */
  readonly copy: InputCopier;
}

/** The two did not decide alike: a bit flipped in one of them, and nobody knows in which. */
export class Parted extends Error {
  override readonly name = "Parted";
}

/** What an input led to, with both lists; see {@link agreedCommits} and {@link agreedOutputs}. */
export interface Together extends Step {
  readonly pair: Lockstep;
  readonly twinEvents: readonly LedgerEvent[];
  readonly twinOutputs: readonly Output[];
}

/**
 * A pair that has just read its journal.
 * @param ledger and `twinLedger`: folded apart from each other, so that they share nothing.
 */
export function lockstep(
  signer: Signer,
  ledger: Ledger,
  twinLedger: Ledger,
  programs: Programs = onlyProgram,
): Lockstep {
  const { first, second } = programs;
  const memo: Memo = { signatures: new Map(), held: new Set(), copy: second.inputCopier() };
  const node = first.wake(
    noting(signer, memo),
    first.copyOf(ledger),
    notingChecks(first.signedBy, memo),
  );
  const twin = second.wake(
    repeating(signer.id, memo, second),
    second.copyOf(twinLedger),
    repeatingChecks(second.signedBy, memo),
  );
  return { node, twin, programs, memo };
}

/**
 * One input to both.
 * @throws Parted where what they would do differs; whatever `step` throws where both throw.
 */
export function stepTogether({ node, twin, programs, memo }: Lockstep, input: Input): Together {
  memo.signatures.clear();
  memo.held.clear();
  const apart = memo.copy(input);
  const first = attempt(() => programs.first.step(node, input));
  const other = attempt(() => programs.second.step(twin, apart));
  if ("error" in first && "error" in other) throw first.error;
  if ("error" in first || "error" in other) throw new Parted("only one of two steps failed");
  const outputs = agreedOutputs(first.value.outputs, other.value.outputs);
  const pair = { node: first.value.node, twin: other.value.node, programs, memo };
  const { events: twinEvents, outputs: twinOutputs } = other.value;
  return { ...first.value, outputs, pair, twinEvents, twinOutputs };
}

/**
 * Events as commits, each list written by its own program.
 * @throws Parted where the bytes are not the same.
 */
export function agreedCommits(
  events: readonly LedgerEvent[],
  twinEvents: readonly LedgerEvent[],
  { first, second }: Programs = onlyProgram,
): readonly Uint8Array[] {
  const [commits, others] = [first.encodeCommits(events), second.encodeCommits(twinEvents)];
  if (commits.length !== others.length) throw new Parted("the two journal different events");
  for (const [i, commit] of commits.entries()) {
    if (!sameBytes(commit, others[i] ?? new Uint8Array(0))) {
      throw new Parted("the two journal different events");
    }
  }
  return commits;
}

/**
 * What both want done. They were compared when they were decided; whoever performs them compares
 * again, because they wait in memory while the journal is synced.
 * @throws Parted where they are not the same.
 */
export function agreedOutputs(
  outputs: readonly Output[],
  others: readonly Output[],
): readonly Output[] {
  const same =
    outputs.length === others.length && outputs.every((one, i) => isSame(one, others[i]));
  if (!same) throw new Parted("the two would act differently");
  return outputs;
}

function isSame(one: Output, other: Output | undefined): boolean {
  if (one.type !== other?.type || one.neighbour !== other.neighbour) return false;
  switch (one.type) {
    case "Send":
      return other.type === "Send" && sameBytes(one.bytes, other.bytes);
    case "Quota":
    case "Gate": {
      if (other.type !== one.type) return false;
      const { generation, limit } = other;
      return one.class === other.class && one.generation === generation && one.limit === limit;
    }
    case "Standing":
      return other.type === "Standing" && one.standing === other.standing;
    case "Alarm":
      return other.type === "Alarm" && one.words === other.words;
  }
}

type Attempt = { readonly value: Step } | { readonly error: unknown };

function attempt(work: () => Step): Attempt {
  try {
    return { value: work() };
  } catch (error) {
    return { error };
  }
}

/** Signs, and notes what was signed. */
function noting(signer: Signer, { signatures }: Memo): Signer {
  return {
    id: signer.id,
    sign: (digest) => {
      const signature = signer.sign(digest);
      signatures.set(toHex(digest), signature);
      return signature;
    },
  };
}

/**
 * Gives the signature that the other one made over the same digest, once it has checked it: a flip
 * in the secret, or in the arithmetic, would make one that nobody accepts.
 */
function repeating(
  signerId: Signer["id"],
  { signatures }: Memo,
  { copyOf, signedBy }: Program,
): Signer {
  const id = copyOf(signerId);
  return {
    id,
    sign: (digest) => {
      const known = signatures.get(toHex(digest));
      const holding = known !== undefined && signedBy(id, digest, known);
      return copyOf(holding ? known : new Uint8Array(signatureLength));
    },
  };
}

function notingChecks(holds: SignatureCheck, { held }: Memo): SignatureCheck {
  return (id, digest, signature) => {
    const found = holds(id, digest, signature);
    if (found) held.add(checkName(id, digest, signature));
    return found;
  };
}

/**
 * What the other one found to hold, for the very same bytes, holds; anything else is checked again.
 * So a neighbour that is honest is never refused by the word of one program alone.
 */
function repeatingChecks(holds: SignatureCheck, { held }: Memo): SignatureCheck {
  return (id, digest, signature) =>
    held.has(checkName(id, digest, signature)) || holds(id, digest, signature);
}

function checkName(id: string, digest: Uint8Array, signature: Uint8Array): string {
  return `${id} ${toHex(digest)} ${toHex(signature)}`;
}
