import { type Evidence, readLeaseText } from "#core/audit/evidence.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import type { Channel } from "#core/settlement/channel.ts";

/** So many frauds of one journal are kept, as many as an evidence file holds; others prove no more. */
export const fraudLimit = 1000;

/** A fraud that an agent journaled while it ran, with the channel it knew then. */
export interface ProvenFraud {
  readonly event: Extract<LedgerEvent, { readonly type: "FraudProven" }>;
  readonly channel: Channel | undefined;
}

/** Collects frauds from the events of a journal, in order: the first {@link fraudLimit}. */
export function fraudCollector() {
  const channels: (Channel | undefined)[] = [];
  const found: ProvenFraud[] = [];
  return {
    found: found as readonly ProvenFraud[],
    take: (event: LedgerEvent): void => {
      if (event.type === "ChannelSeen") channels[event.neighbour] = event.channel;
      if (event.type === "NeighbourKept") channels[event.neighbour] = event.kept.channel;
      if (event.type !== "FraudProven" || found.length >= fraudLimit) return;
      found.push({ event, channel: channels[event.neighbour] });
    },
  };
}

/** The fraud as evidence that stands by itself. @throws Malformed where its texts are none */
export function evidenceOf({ event, channel }: ProvenFraud): Evidence {
  const { fraud, evidence } = event;
  const leases = fraud === "two leases for one position";
  const { account } = readLeaseText(evidence[1]);
  return {
    kind: fraud,
    signer: leases ? account.payee : account.payer,
    texts: evidence,
    channel: leases ? undefined : channel,
  };
}
