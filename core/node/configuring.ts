import { sameTerms } from "#core/account/terms.ts";
import { type NeighbourLedger, neighbourLimit } from "#core/journal/ledger.ts";
import { actAsPayee } from "./granting.ts";
import { sendAdvert, sendHello } from "./greeting.ts";
import type { Input } from "./input.ts";
import { actAsPayer } from "./paying.ts";
import type { NeighbourPolicy } from "./policy.ts";
import { record, refuse, revise, type Turn } from "./turn.ts";

/** The configuration came, at the start of a run or later: the ledger learns what changed. */
export function configure(turn: Turn, input: Extract<Input, { type: "Configured" }>): void {
  turn.node = { ...turn.node, tunnelKey: input.tunnelKey };
  // A journal of before journals had names gets one now.
  if (turn.node.ledger.journal === undefined) {
    const { journal } = input;
    record(turn, { type: "NodeOpened", node: turn.node.signer.id, journal });
  }
  if (input.starting) record(turn, { type: "AgentStarted", run: turn.node.ledger.run + 1n });
  for (const policy of input.neighbours) configureNeighbour(turn, policy);
  for (const neighbour of turn.node.ledger.neighbours.keys()) {
    if (input.starting) sendHello(turn, neighbour);
    else sendAdvert(turn, neighbour);
    actAsPayer(turn, neighbour, false);
    actAsPayee(turn, neighbour);
  }
}

function configureNeighbour(turn: Turn, policy: NeighbourPolicy): void {
  const neighbour = addIfNew(turn, policy);
  const ledger = turn.node.ledger.neighbours[neighbour];
  if (ledger === undefined) return;
  revise(turn, neighbour, { policy });
  if (ledger.outbound.length !== policy.classes) {
    refuse(turn, neighbour, "another number of classes than before");
  }
  if (ledger.terms === undefined || !sameTerms(ledger.terms, policy.terms)) {
    setTerms(turn, neighbour, ledger, policy);
  }
  policy.prices.forEach((pricing, i) => {
    const account = ledger.inbound[i];
    if (account === undefined || pricing.kind !== "fixed" || account.price === pricing.price)
      return;
    const key = { neighbour, class: (i + 1) as never };
    record(turn, { type: "PriceSet", ...key, price: pricing.price });
  });
}

/** L may rise at any time, but fall only as far as what is leased is still backed (T7). */
function setTerms(
  turn: Turn,
  neighbour: number,
  ledger: NeighbourLedger,
  policy: NeighbourPolicy,
): void {
  const unbacked = ledger.inbound.some(
    (account) => account.schedule.endDue > account.credited + policy.terms.creditLimit,
  );
  const creditLimit =
    unbacked && ledger.terms !== undefined ? ledger.terms.creditLimit : policy.terms.creditLimit;
  if (unbacked) refuse(turn, neighbour, "credit limit below what is leased");
  const terms = { ...policy.terms, creditLimit };
  if (ledger.terms !== undefined && sameTerms(ledger.terms, terms)) return;
  record(turn, { type: "TermsSet", neighbour, terms });
}

function addIfNew(turn: Turn, policy: NeighbourPolicy): number {
  const known = turn.node.ledger.neighbours.findIndex((other) => other.id === policy.id);
  if (known >= 0) return known;
  const neighbour = turn.node.ledger.neighbours.length;
  if (neighbour >= neighbourLimit) {
    refuse(turn, neighbour, "too many neighbours");
    return neighbour;
  }
  record(turn, { type: "NeighbourAdded", neighbour, id: policy.id, classes: policy.classes });
  return neighbour;
}
