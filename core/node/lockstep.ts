import { sameBytes, toHex } from "#core/identity/hexadecimal.ts";
import {
  type SignatureCheck,
  type Signer,
  signatureLength,
  signedBy,
} from "#core/identity/signature.ts";
import { encodeCommits } from "#core/journal/commit.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import type { Ledger } from "#core/journal/ledger.ts";
import { copyOf } from "./copy.ts";
import type { Input, Reading } from "./input.ts";
import { type Node, wake } from "./node.ts";
import type { Output } from "./output.ts";
import { type Step, step } from "./step.ts";

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
  readonly memo: Memo;
}

/** What one step of the first node had signed and checked: keys do their slow work once. */
interface Memo {
  readonly signatures: Map<string, Uint8Array>;
  readonly checks: Map<string, boolean>;
  /** The twin's own copies of the names of counters, which come again and again. */
  readonly names: Map<string, string>;
}

/** At most so many names: those of old counters are of no use. */
const nameLimit = 4096;

/** The two did not decide alike: a bit flipped in one of them, and nobody knows in which. */
export class Parted extends Error {
  override readonly name = "Parted";
}

/** What an input led to, with both lists of events; see {@link agreedCommits}. */
export interface Together extends Step {
  readonly pair: Lockstep;
  readonly twinEvents: readonly LedgerEvent[];
}

/**
 * A pair that has just read its journal.
 * @param ledger and `twinLedger`: folded apart from each other, so that they share nothing.
 */
export function lockstep(
  signer: Signer,
  ledger: Ledger,
  twinLedger: Ledger,
  holds: SignatureCheck = signedBy,
): Lockstep {
  const memo: Memo = { signatures: new Map(), checks: new Map(), names: new Map() };
  const node = wake(noting(signer, memo), copyOf(ledger), notingChecks(holds, memo));
  const twin = wake(
    repeating(signer, holds, memo),
    copyOf(twinLedger),
    repeatingChecks(holds, memo),
  );
  return { node, twin, memo };
}

/**
 * One input to both.
 * @throws Parted where what they would do differs; whatever {@link step} throws where both throw.
 */
export function stepTogether({ node, twin, memo }: Lockstep, input: Input): Together {
  memo.signatures.clear();
  memo.checks.clear();
  const apart = apartFrom(input, memo);
  const first = attempt(() => step(node, input));
  const second = attempt(() => step(twin, apart));
  if ("error" in first && "error" in second) throw first.error;
  if ("error" in first || "error" in second) throw new Parted("only one of two steps failed");
  const outputs = agreedOutputs(first.value.outputs, second.value.outputs);
  const pair = { node: first.value.node, twin: second.value.node, memo };
  return { ...first.value, outputs, pair, twinEvents: second.value.events };
}

/** The input once more, in memory of its own. */
function apartFrom(input: Input, { names }: Memo): Input {
  if (input.type !== "Readings") return copyOf(input);
  if (names.size > nameLimit) names.clear();
  const readings = input.readings.map((one): Reading => {
    let generation = names.get(one.generation);
    if (generation === undefined) {
      generation = copyOf(one.generation);
      names.set(one.generation, generation);
    }
    const { neighbour, class: paidClass } = one;
    const sent = -(-one.sent);
    const received = -(-one.received);
    return { neighbour, class: paidClass, generation, sent, received };
  });
  return { type: "Readings", readings };
}

/** Events as commits, made of both lists. @throws Parted where the bytes are not the same. */
export function agreedCommits(
  events: readonly LedgerEvent[],
  twinEvents: readonly LedgerEvent[],
): readonly Uint8Array[] {
  const [commits, others] = [encodeCommits(events), encodeCommits(twinEvents)];
  if (commits.length !== others.length) throw new Parted("the two journal different events");
  for (const [i, commit] of commits.entries()) {
    if (!sameBytes(commit, others[i] ?? new Uint8Array(0))) {
      throw new Parted("the two journal different events");
    }
  }
  return commits;
}

function agreedOutputs(outputs: readonly Output[], others: readonly Output[]): readonly Output[] {
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
function repeating(signer: Signer, holds: SignatureCheck, { signatures }: Memo): Signer {
  const id = copyOf(signer.id);
  return {
    id,
    sign: (digest) => {
      const known = signatures.get(toHex(digest));
      if (known === undefined || !holds(id, digest, known)) return new Uint8Array(signatureLength);
      return known.slice();
    },
  };
}

function notingChecks(holds: SignatureCheck, { checks }: Memo): SignatureCheck {
  return (id, digest, signature) => {
    const found = holds(id, digest, signature);
    checks.set(checkName(id, digest, signature), found);
    return found;
  };
}

/** What the other one found for the very same bytes; other bytes are checked again. */
function repeatingChecks(holds: SignatureCheck, { checks }: Memo): SignatureCheck {
  return (id, digest, signature) =>
    checks.get(checkName(id, digest, signature)) ?? holds(id, digest, signature);
}

function checkName(id: string, digest: Uint8Array, signature: Uint8Array): string {
  return `${id} ${toHex(digest)} ${toHex(signature)}`;
}
