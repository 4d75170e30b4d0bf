import { type SignatureCheck, type Signer, signedBy } from "#core/identity/signature.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import { emptyLedger, evolve, type Ledger } from "#core/journal/ledger.ts";
import { ourVersions, type Versions } from "#core/peer/version.ts";
import { awaken, type LiveNeighbour } from "./live.ts";
import type { Refusal } from "./refusal.ts";

/** A node: its ledger, which is its journal folded, and what it knows only while it runs. */
export interface Node {
  readonly signer: Signer;
  /** How signatures are checked: really, but for simulations of many nodes. */
  readonly holds: SignatureCheck;
  readonly ledger: Ledger;
  readonly live: readonly LiveNeighbour[];
  /** What we speak: {@link ourVersions}, but where an older node is to be stood in for. */
  readonly versions: Versions;
  /** Our WireGuard public key, told in HELLO. */
  readonly tunnelKey: Uint8Array;
  /** How often inputs about no known neighbour were refused, by reason. */
  readonly refusals: Readonly<Partial<Record<Refusal, number>>>;
}

/** A node that has just read its journal. */
export function wake(
  signer: Signer,
  ledger: Ledger,
  holds: SignatureCheck = signedBy,
  versions: Versions = ourVersions,
): Node {
  return {
    signer,
    holds,
    versions,
    ledger,
    live: ledger.neighbours.map(awaken),
    tunnelKey: new Uint8Array(32),
    refusals: {},
  };
}

/** A node from the events of its journal. */
export function replay(
  signer: Signer,
  events: Iterable<LedgerEvent>,
  holds: SignatureCheck = signedBy,
  versions: Versions = ourVersions,
): Node {
  let ledger = emptyLedger;
  for (const event of events) ledger = evolve(ledger, event);
  return wake(signer, ledger, holds, versions);
}
