import { fromHex } from "#core/identity/hexadecimal.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import type { Message } from "#core/peer/message.ts";
import { channelDigest } from "#core/peer/message-form.ts";
import { type Channel, untouched } from "#core/settlement/channel.ts";
import type { Dealings } from "#core/settlement/dealings.ts";
import { channelIdOf, finalDigest, permitDigest } from "#core/settlement/typed-data.ts";
import { journalId } from "#core/units/journal-id.ts";
import { tokenUnits, tokenUnitsLimit } from "#core/units/money.ts";
import { testSigner } from "../simulator/test-signer.ts";

const payer = testSigner(1);
const payee = testSigner(2);
const ofPayer = { sender: payer.id, from: journalId(7), to: journalId(0xdeadbeef) } as const;

/** The channel that the specimens are paid over. */
export const channel: Channel = {
  channelId: "c4".repeat(32),
  chainId: 31337n,
  contract: "a1".repeat(20),
  grainsPerUnit: 1_000_000n,
  depositIn: tokenUnits(5_000_000n),
  depositOut: tokenUnits(tokenUnitsLimit),
  ...untouched,
  open: true,
};

/** A channel that came after another one, and out of which both took something. */
export const usedChannel: Channel = {
  ...channel,
  withdrawnIn: tokenUnits(1000n),
  withdrawnOut: tokenUnits(tokenUnitsLimit),
  settledIn: tokenUnits(7n),
  settledOut: tokenUnits(8n),
};
const permit = {
  total: tokenUnits(4_000_000n),
  signature: payee.sign(permitDigest(channel, "aa".repeat(20), tokenUnits(4_000_000n))),
};
/** Everything that can be agreed. */
export const allDealings: Dealings = {
  permitted: tokenUnits(tokenUnitsLimit),
  asked: tokenUnits(5_000_000n),
  permit,
  ending: true,
  final: { out: tokenUnits(51n), in: tokenUnits(0n) },
  finalTaken: payee.sign(finalDigest(channel, [tokenUnits(51n), tokenUnits(0n)])),
};
const channelMessage = {
  type: "CHANNEL",
  ...ofPayer,
  recipient: payee.id,
  channelId: channel.channelId,
  asked: tokenUnits(5_000_000n),
  holds: permit,
  permit,
  ending: true,
  totals: { out: tokenUnits(51n), in: tokenUnits(tokenUnitsLimit) },
  final: permit.signature,
  taken: true,
} as const;

const quietChannel = {
  ...channelMessage,
  asked: tokenUnits(0n),
  holds: undefined,
  permit: undefined,
  ending: false,
  final: undefined,
  taken: false,
} as const;

/** Events of agreements about a channel. The names never change. */
export const dealingEvents: Readonly<Record<string, LedgerEvent>> = {
  "ChannelSeen, used": { type: "ChannelSeen", neighbour: 3, channel: usedChannel },
  WithdrawalAsked: { type: "WithdrawalAsked", neighbour: 3, total: tokenUnits(5_000_000n) },
  PermitSigned: { type: "PermitSigned", neighbour: 3, total: tokenUnits(tokenUnitsLimit) },
  PermitRecalled: { type: "PermitRecalled", neighbour: 3, permit },
  PermitTaken: { type: "PermitTaken", neighbour: 3, permit },
  EndingBegun: { type: "EndingBegun", neighbour: 3 },
  FinalSigned: {
    type: "FinalSigned",
    neighbour: 3,
    final: { out: tokenUnits(51n), in: tokenUnits(0n) },
  },
  FinalTaken: { type: "FinalTaken", neighbour: 3, signature: permit.signature },
};

/** Messages of them. */
export const dealingMessages: Readonly<Record<string, Message>> = {
  CHANNEL: { ...channelMessage, signature: payer.sign(channelDigest(channelMessage)) },
  "CHANNEL, nothing agreed": {
    ...quietChannel,
    signature: payer.sign(channelDigest(quietChannel)),
  },
};

/** What is signed for the contract. */
export const dealingDigests: Readonly<Record<string, () => Uint8Array>> = {
  "permit digest of 4000000 units": () => permitDigest(channel, "aa".repeat(20), permit.total),
  "final digest of 51 units and the most": () =>
    finalDigest(channel, [tokenUnits(51n), tokenUnits(tokenUnitsLimit)]),
  "channel id": () =>
    fromHex(
      channelIdOf({
        chainId: 31337n,
        contract: "a1".repeat(20),
        parties: ["ff".repeat(20), "00".repeat(19).concat("01")],
        token: "0".repeat(40),
        notice: 86_400n,
        number: 3n,
      }),
    ),
  "channel digest": () => channelDigest(channelMessage),
};
