import type { SignatureCheck } from "#core/identity/signature.ts";
import type { DealingEvent } from "#core/journal/event.ts";
import type { NeighbourLedger } from "#core/journal/ledger.ts";
import { addressOf } from "#core/settlement/address.ts";
import type { Channel } from "#core/settlement/channel.ts";
import { mayPermitTotal, mostToWithdraw } from "#core/settlement/cover.ts";
import type { Final, Permit } from "#core/settlement/dealings.ts";
import { finalDigest, permitDigest } from "#core/settlement/typed-data.ts";
import type { NodeId } from "#core/units/node-id.ts";
import { type Objection, when } from "./rule-breach.ts";

/** What can be said against an agreement about a channel, given the ledger before it. */
export function objectionsToDealing(
  self: NodeId,
  neighbour: NeighbourLedger,
  event: DealingEvent,
  holds: SignatureCheck,
): readonly Objection[] {
  const { channel, dealings } = neighbour;
  if (channel === undefined) return [["claim", "an agreement without a channel"]];
  const books = { ...neighbour, channel };
  const between = { holds, channel, self, neighbour: neighbour.id };
  switch (event.type) {
    case "WithdrawalAsked":
      return when(event.total > mostToWithdraw(books), "claim", "more asked for than is free");
    case "PermitSigned":
      return when(
        !mayPermitTotal(books, event.total),
        "claim",
        "what we credited may be taken out",
      );
    case "PermitRecalled": {
      const ours = permitHolds(between, event.permit, neighbour.id, self);
      return when(!ours, "E4", "the permit is not ours");
    }
    case "PermitTaken": {
      const theirs = permitHolds(between, event.permit, self, neighbour.id);
      return when(!theirs, "E4", "the permit is not the neighbour's");
    }
    case "EndingBegun":
      return [];
    case "FinalSigned": {
      const { out, in: into } = event.final;
      const signed = neighbour.signed?.cumulative ?? 0n;
      const credited = neighbour.credited?.cumulative ?? 0n;
      return [
        ...when(
          out !== signed || into !== credited,
          "claim",
          "other totals than those of the books",
        ),
        ...when(!dealings.ending, "claim", "final totals of a channel that goes on"),
      ];
    }
    case "FinalTaken": {
      const { final } = dealings;
      const right = final !== undefined && finalHolds(between, final, event.signature);
      return when(!right, "E4", "the final totals are not signed by the neighbour");
    }
  }
}

/** A channel, its two parties, and what checks their signatures. */
interface Between {
  readonly holds: SignatureCheck;
  readonly channel: Channel;
  readonly self: NodeId;
  readonly neighbour: NodeId;
}

function permitHolds(between: Between, permit: Permit, party: NodeId, signer: NodeId): boolean {
  const address = addressOf(party);
  if (address === undefined) return false;
  const digest = permitDigest(between.channel, address, permit.total);
  return between.holds(signer, digest, permit.signature);
}

function finalHolds(between: Between, final: Final, signature: Uint8Array): boolean {
  const [ours, theirs] = [addressOf(between.self), addressOf(between.neighbour)];
  if (ours === undefined || theirs === undefined) return false;
  const totals =
    ours < theirs ? ([final.out, final.in] as const) : ([final.in, final.out] as const);
  return between.holds(between.neighbour, finalDigest(between.channel, totals), signature);
}
