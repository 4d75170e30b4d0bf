import { creditLimitAt } from "#core/account/credit-limit.ts";
import { isPossibleTerms, sameTerms, type Terms } from "#core/account/terms.ts";
import { type NeighbourLedger, neighbourLimit } from "#core/journal/ledger.ts";
import { priceClassLimit } from "#core/units/price-class.ts";
import { actAsPayee } from "./granting.ts";
import { sendAdvert, sendHello } from "./greeting.ts";
import type { Input } from "./input.ts";
import { actAsPayer } from "./paying.ts";
import type { NeighbourPolicy } from "./policy.ts";
import { keepResold, resumeResold } from "./resale.ts";
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
  for (const one of input.resold ?? []) resumeResold(turn, one);
  for (const [neighbour, { id }] of turn.node.ledger.neighbours.entries()) {
    if (!input.neighbours.some((policy) => policy.id === id)) {
      keepResold(turn, neighbour, undefined);
      revise(turn, neighbour, { policy: undefined }); // its accounts rest until it comes back
      continue;
    }
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
  keepResold(turn, neighbour, policy);
  revise(turn, neighbour, { policy });
  if (ledger.outbound.length !== accountsOf(policy) || !sameDelivery(ledger, policy)) {
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
  if (!isPossibleTerms(policy.terms)) return refuse(turn, neighbour, "terms out of range");
  const unbacked = ledger.inbound.some(
    ({ schedule, credited }) => schedule.endDue > credited + creditLimitAt(policy.terms, credited),
  );
  if (unbacked) refuse(turn, neighbour, "credit limit below what is leased");
  const terms =
    unbacked && ledger.terms !== undefined
      ? withCreditOf(ledger.terms, policy.terms)
      : policy.terms;
  if (ledger.terms !== undefined && sameTerms(ledger.terms, terms)) return;
  record(turn, { type: "TermsSet", neighbour, terms });
}

function withCreditOf({ creditLimit, growth }: Terms, { growth: _, ...terms }: Terms): Terms {
  return { ...terms, creditLimit, ...(growth === undefined ? {} : { growth }) };
}

function addIfNew(turn: Turn, policy: NeighbourPolicy): number {
  const known = turn.node.ledger.neighbours.findIndex((other) => other.id === policy.id);
  if (known >= 0) return known;
  const neighbour = turn.node.ledger.neighbours.length;
  const classes = accountsOf(policy);
  if (neighbour >= neighbourLimit || classes > priceClassLimit) {
    const why = classes > priceClassLimit ? "unknown price class" : "too many neighbours";
    refuse(turn, neighbour, why);
    return neighbour;
  }
  const { id, delivery } = policy;
  const delivered = delivery === undefined ? {} : { delivery };
  record(turn, { type: "NeighbourAdded", neighbour, id, classes, ...delivered });
  return neighbour;
}

/** Accounts each way: a delivery account is one more than there are tunnels. */
function accountsOf({ classes, delivery }: NeighbourPolicy): number {
  return delivery === undefined ? classes : classes + 1;
}

function sameDelivery(ledger: NeighbourLedger, { delivery }: NeighbourPolicy): boolean {
  const known = ledger.delivery;
  return known?.role === delivery?.role && known?.carrier === delivery?.carrier;
}
