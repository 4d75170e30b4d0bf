import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { untouched } from "#core/settlement/channel.ts";
import { noOutlook, type Outlook } from "#core/settlement/outlook.ts";
import type { ChannelStep } from "#core/settlement/plan.ts";
import type { TokenUnits } from "#core/units/money.ts";
import type { NodeId } from "#core/units/node-id.ts";
import { factMailbox } from "./fact-mailbox.ts";
import { pretendChannelId, type SettlementPlace } from "./pretend-channel.ts";
import { type Asked, Settlement, stateWithoutChain } from "./settlement.ts";
import { NoChannel, type SettlementError, SettlementFixed } from "./settlement-error.ts";

/** A channel as both operators have agreed to pretend it. */
export interface ConfiguredChannel {
  readonly peer: NodeId;
  /** What the neighbour is said to have deposited. */
  readonly depositIn: TokenUnits;
  /** What we are said to have deposited. */
  readonly depositOut: TokenUnits;
}

/**
 * Settlement on trust: channels and deposits are what the configuration says, open and final from
 * the start, and nothing on this machine can change them. For neighbours who settle by hand, and
 * for demonstrations: separate processes agree as long as their configurations mirror each other.
 */
export const configuredSettlement = (
  self: NodeId,
  place: SettlementPlace,
  channels: readonly ConfiguredChannel[],
): Layer.Layer<Settlement> =>
  Layer.sync(Settlement, () => {
    const mailbox = factMailbox();
    const tell = ({ peer, depositIn, depositOut }: ConfiguredChannel): void => {
      const channelId = pretendChannelId(place, self, peer);
      const { chainId, contract, grainsPerUnit } = place;
      const same = { channelId, chainId, contract, grainsPerUnit, open: true, final: true };
      const outlook: Outlook = { ...noOutlook, status: "open" };
      mailbox.tell({ ...same, ...untouched, peer, depositIn, depositOut, outlook });
    };
    for (const channel of channels) tell(channel);
    const refuse = (peer: NodeId, remedy: string) =>
      Effect.fail(new SettlementFixed({ peer, remedy }));
    const perform = (peer: NodeId, step: ChannelStep): Effect.Effect<Asked, SettlementError> => {
      const fact = mailbox.known(peer);
      if (fact === undefined) {
        if (step.type === "Open") return refuse(peer, "add the neighbour, with its deposits");
        return Effect.fail(new NoChannel({ peer }));
      }
      if (step.type === "Open") return Effect.succeed("done already");
      if (step.type !== "Deposit") return refuse(peer, "remove the neighbour, at both ends");
      if (step.total <= fact.depositOut) return Effect.succeed("done already");
      return refuse(
        peer,
        `raise deposit_out here and deposit_in at the neighbour to ${step.total}`,
      );
    };
    return Settlement.of({
      nextFact: mailbox.next,
      channel: mailbox.known,
      watch: (peer, deposits) =>
        Effect.sync(() => {
          tell({ peer, ...deposits });
          mailbox.remind(peer);
        }),
      perform,
      rehearse: () => Effect.succeed(undefined),
      now: () => 0n,
      state: () => stateWithoutChain("the configuration: no chain"),
    });
  });
