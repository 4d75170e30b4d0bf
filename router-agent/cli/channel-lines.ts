import type { Token } from "#agent/config/form.ts";
import { moneyText } from "./money-text.ts";

/** What the agent answers to `channel status`, after its way through JSON. */
export interface ChannelsAnswer {
  readonly place?: string;
  readonly address?: string;
  readonly balance?: string;
  readonly block?: { readonly number: string; readonly time: string };
  readonly problem?: string;
  readonly pending?: readonly { readonly purpose: string; readonly hash: string }[];
  readonly channels?: readonly ChannelAnswer[];
}

interface ChannelAnswer {
  readonly neighbour: string;
  readonly channelId?: string;
  readonly status: string;
  readonly depositOut?: string;
  readonly depositIn?: string;
  readonly registeredIn?: string;
  readonly signed?: string;
  readonly credited?: string;
  readonly held?: string;
  readonly free?: string;
  readonly closeAt?: string;
  readonly next?: { readonly step: string };
  readonly last?: { readonly step: string; readonly outcome: string };
}

/** The answer for people. */
export function channelLines(answer: unknown, token: Token): readonly string[] {
  const {
    place,
    address,
    balance,
    block,
    problem,
    pending = [],
    channels = [],
  } = answer as ChannelsAnswer;
  return [
    `channels: ${place ?? "?"}`,
    ...(address === undefined
      ? []
      : [`account ${address}, ${balance ?? "?"} of the chain's coin for fees`]),
    ...(block === undefined ? [] : [`final up to block ${block.number}`]),
    ...(problem === undefined ? [] : [`PROBLEM: ${problem}; traffic goes on within credit`]),
    ...pending.map(({ purpose, hash }) => `on its way: ${purpose} (${hash})`),
    ...channels.flatMap((one) => linesOf(one, token)),
  ];
}

function linesOf(one: ChannelAnswer, token: Token): readonly string[] {
  const units = (text: string | undefined) =>
    text === undefined ? "?" : moneyText(BigInt(text) * token.grainsPerUnit, token);
  const head = `${one.neighbour}: ${one.status}`;
  if (one.status === "none" || one.status === "unknown") return [head, ...outlook(one)];
  return [
    `${head}, ${one.channelId ?? ""}`,
    `  deposits: ours ${units(one.depositOut)}, its ${units(one.depositIn)}; free for us ${units(one.free)}`,
    `  vouchers: ours ${units(one.signed)}, its ${units(one.credited)}, of which the contract has ${units(one.registeredIn)}`,
    ...(one.held === undefined
      ? []
      : [`  kept until its deposit covers it: a voucher of ${units(one.held)}`]),
    ...(one.status === "closing"
      ? [`  may be finished at ${one.closeAt ?? "?"} (the chain's seconds)`]
      : []),
    ...outlook(one),
  ];
}

function outlook({ next, last }: ChannelAnswer): readonly string[] {
  return [
    ...(next === undefined ? [] : [`  next: ${next.step}`]),
    ...(last === undefined ? [] : [`  last: ${last.step}: ${last.outcome}`]),
  ];
}
