import * as Console from "effect/Console";
import * as Argument from "effect/cli/Argument";
import * as Command from "effect/cli/Command";
import * as Flag from "effect/cli/Flag";
import * as Effect from "effect/Effect";
import type * as Option from "effect/Option";
import * as O from "effect/Option";
import { askAgent, controlPath } from "#agent/agent/control-socket.ts";
import { toJson } from "#agent/agent/facts.ts";
import { channelLines } from "./channel-lines.ts";
import { recoverCommand } from "./channel-recovery.ts";
import { configFlag, jsonFlag, loadConfig } from "./config-source.ts";
import { deployCommand } from "./deploy-command.ts";
import { peerArgument } from "./status-command.ts";

const dryRunFlag = Flag.Boolean("dry-run").pipe(
  Flag.withDescription("Say what would be sent and what it would cost, and send nothing"),
  Flag.withDefault(false),
);

const amountArgument = Argument.String("amount").pipe(
  Argument.withDescription('Such as "5 USDC", or whole units of the token'),
);

/** Asks the running agent about its channels. */
const ask = Effect.fnUntraced(function* (
  path: Option.Option<string>,
  words: readonly string[],
  dryRun = false,
) {
  const config = yield* loadConfig(path);
  const all = dryRun ? [...words, "dry-run"] : words;
  const answer = yield* askAgent(controlPath(config.journal.directory), ["channel", ...all]);
  yield* Console.log(toJson(answer));
});

const status = Command.make(
  "status",
  { config: configFlag, json: jsonFlag },
  Effect.fn(function* ({ config: path, json }) {
    const config = yield* loadConfig(path);
    const answer = yield* askAgent(controlPath(config.journal.directory), ["channel", "status"]);
    yield* Console.log(json ? toJson(answer) : channelLines(answer, config.token).join("\n"));
  }),
).pipe(Command.withDescription("Show our account on the chain, and every channel"));

const open = Command.make(
  "open",
  {
    peer: peerArgument,
    amount: amountArgument.pipe(Argument.optional),
    config: configFlag,
    dryRun: dryRunFlag,
  },
  ({ peer, amount, config, dryRun }) => ask(config, ["open", peer, ...O.toArray(amount)], dryRun),
).pipe(
  Command.withDescription("Open a channel with a neighbour, with deposit_out or another amount"),
);

const topup = Command.make(
  "topup",
  { peer: peerArgument, amount: amountArgument, config: configFlag, dryRun: dryRunFlag },
  ({ peer, amount, config, dryRun }) => ask(config, ["topup", peer, amount], dryRun),
).pipe(Command.withDescription("Deposit so much more"));

const withdraw = Command.make(
  "withdraw",
  {
    peer: peerArgument,
    amount: amountArgument.pipe(Argument.optional),
    config: configFlag,
    dryRun: dryRunFlag,
  },
  ({ peer, amount, config, dryRun }) =>
    ask(config, ["withdraw", peer, ...O.toArray(amount)], dryRun),
).pipe(Command.withDescription("Take so much, or all that is free, out of a channel that goes on"));

const register = Command.make(
  "register",
  { peer: peerArgument, config: configFlag, dryRun: dryRunFlag },
  ({ peer, config, dryRun }) => ask(config, ["register", peer], dryRun),
).pipe(Command.withDescription("Tell the contract the neighbour's best voucher now"));

const close = Command.make(
  "close",
  {
    peer: peerArgument,
    config: configFlag,
    alone: Flag.Boolean("alone").pipe(
      Flag.withDescription("Without the neighbour: after the notice of the contract"),
      Flag.withDefault(false),
    ),
    dryRun: dryRunFlag,
  },
  ({ peer, config, alone, dryRun }) =>
    ask(config, ["close", peer, ...(alone ? ["alone"] : [])], dryRun),
).pipe(
  Command.withDescription("Pay what is owed, then close a channel with the neighbour's consent"),
);

const voucher = Command.make(
  "voucher",
  { peer: peerArgument, config: configFlag },
  ({ peer, config }) => ask(config, ["voucher", peer]),
).pipe(
  Command.withDescription("Print the neighbour's best voucher, for `watch` on another machine"),
);

/** `channel ...`: what lies on the chain. */
export const channelCommand = Command.make("channel").pipe(
  Command.withDescription("Channels with neighbours: money on the chain"),
  Command.withSubcommands([
    status,
    open,
    topup,
    withdraw,
    register,
    close,
    voucher,
    recoverCommand,
    deployCommand,
  ]),
);
