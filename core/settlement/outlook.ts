import type { TokenUnits } from "#core/units/money.ts";

/** How the contract stands to a channel. A closed one is closed for ever. */
export type ChannelStatus = "none" | "open" | "closing" | "closed";

/**
 * What decides when to act on the chain, beside the facts that billing needs: nothing of this enters
 * the ledger.
 */
export interface Outlook {
  readonly status: ChannelStatus;
  /** What the contract has of the neighbour's vouchers. */
  readonly registeredIn: TokenUnits;
  /** What it has of ours. */
  readonly registeredOut: TokenUnits;
  /** When a channel that is closing may be finished: the chain's seconds. */
  readonly closeAt: bigint;
}

/** Of a channel that nobody opened. */
export const noOutlook: Outlook = {
  status: "none",
  registeredIn: 0n as TokenUnits,
  registeredOut: 0n as TokenUnits,
  closeAt: 0n,
};

/** Whether two say the same. */
export function sameOutlook(a: Outlook, b: Outlook): boolean {
  return (
    a.status === b.status &&
    a.registeredIn === b.registeredIn &&
    a.registeredOut === b.registeredOut &&
    a.closeAt === b.closeAt
  );
}
