import { payeeForm, payerForm } from "#core/account/account-form.ts";
import { canonical, type Field } from "#core/identity/canonical-writer.ts";
import { fromHex } from "#core/identity/hexadecimal.ts";
import type { KeptNeighbour } from "./event.ts";
import { neighbourHead } from "./event-form.ts";
import type { Ledger, NeighbourLedger } from "./ledger.ts";

/** The version in which a ledger is written today. A snapshot of another one is not used. */
export const ledgerFormat = 1;

/**
 * A ledger as canonical bytes: equal ledgers are equal bytes, on every engine. For snapshots, for
 * digests of the state, and for what a rolled-up history comes down to.
 */
export function encodeLedger(ledger: Ledger): Uint8Array {
  return canonical([ledgerFormat, ledgerForm(ledger)]);
}

function ledgerForm(ledger: Ledger): Field {
  return [
    ledger.node === undefined ? [] : [fromHex(ledger.node)],
    ledger.journal ?? 0,
    ledger.run,
    ledger.neighbours.map(neighbourForm),
  ];
}

function neighbourForm(neighbour: NeighbourLedger): Field {
  return [
    neighbourHead(keptOf(neighbour)),
    neighbour.outbound.map(payerForm),
    neighbour.inbound.map(payeeForm),
  ];
}

/** What is kept of a neighbour besides its accounts. */
export function keptOf({ outbound, inbound: _, ...head }: NeighbourLedger): KeptNeighbour {
  return { ...head, classes: outbound.length };
}
