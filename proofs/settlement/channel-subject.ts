import { type Subject, subjectOf } from "../model/subject.ts";
import {
  type ChannelRules,
  carelessPermit,
  channelSystem,
  creditAfterFinal,
  soundChannel,
  uncoveredCredit,
} from "./channel-system.ts";

/** The channel that ships. */
export const shippedChannel: Subject = channelUnder(soundChannel);

/** What nobody must do with a channel. */
export const channelDefects: readonly {
  readonly name: string;
  readonly kills: string;
  readonly subject: Subject;
}[] = [
  { name: "credit beyond the channel", kills: "claim", subject: channelUnder(uncoveredCredit) },
  {
    name: "permit without a look at credit",
    kills: "claim",
    subject: channelUnder(carelessPermit),
  },
  {
    name: "credit after the final totals",
    kills: "claim",
    subject: channelUnder(creditAfterFinal),
  },
];

function channelUnder(rules: ChannelRules): Subject {
  const most = {
    ownDeposit: 2,
    ownOut: 2,
    deposit: 3,
    permitted: 3,
    out: 3,
    signed: 2,
    credited: 3,
    final: 1,
    finalOut: 2,
    finalIn: 3,
  };
  const scope = { prices: [1], constants: { most: 9 }, most, choices: 3 };
  return subjectOf(channelSystem(rules), "proofs/settlement/channel-system.ts", "0 to 3", [scope]);
}
