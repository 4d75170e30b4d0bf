import { type Evidence, readLeaseText } from "#core/audit/evidence.ts";
import type { NumberedEvent } from "#core/audit/parting.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import type { Channel } from "#core/settlement/channel.ts";

/** The frauds that an agent journaled while it ran, as evidence that stands by itself. */
export function evidenceOfFrauds(events: Iterable<NumberedEvent>): readonly Evidence[] {
  const channels: (Channel | undefined)[] = [];
  const found: Evidence[] = [];
  for (const { event } of events) {
    if (event.type === "ChannelSeen") channels[event.neighbour] = event.channel;
    if (event.type === "FraudProven") found.push(evidenceOf(event, channels[event.neighbour]));
  }
  return found;
}

function evidenceOf(
  { fraud, evidence }: Extract<LedgerEvent, { readonly type: "FraudProven" }>,
  channel: Channel | undefined,
): Evidence {
  const leases = fraud === "two leases for one position";
  const { account } = readLeaseText(evidence[1]);
  return {
    kind: fraud,
    signer: leases ? account.payee : account.payer,
    texts: evidence,
    channel: leases ? undefined : channel,
  };
}
