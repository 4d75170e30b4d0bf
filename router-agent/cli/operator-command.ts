import * as Console from "effect/Console";
import * as Argument from "effect/cli/Argument";
import * as Command from "effect/cli/Command";
import * as Flag from "effect/cli/Flag";
import * as Effect from "effect/Effect";
import type * as Option from "effect/Option";
import { askAgent, controlPath, type Request } from "#agent/agent/control-socket.ts";
import { toJson } from "#agent/agent/facts.ts";
import { configFlag, loadConfig } from "./config-source.ts";
import { peerArgument } from "./status-command.ts";

/** Asks the running agent and prints what it answers, as JSON where that is no plain text. */
const ask = Effect.fnUntraced(function* (path: Option.Option<string>, request: Request) {
  const config = yield* loadConfig(path);
  const answer = yield* askAgent(controlPath(config.journal.directory), request);
  yield* Console.log(typeof answer === "string" ? answer : toJson(answer));
});

const settle = Command.make("settle", { config: configFlag }, ({ config }) =>
  ask(config, ["settle"]),
).pipe(Command.withDescription("Read all counters and pay everything owed now"));

const reload = Command.make("reload", { config: configFlag }, ({ config }) =>
  ask(config, ["reload"]),
).pipe(Command.withDescription("Make the agent read its configuration again: prices and limits"));

const refusals = Command.make("refusals", { config: configFlag }, ({ config }) =>
  ask(config, ["refusals"]),
).pipe(Command.withDescription("Print what neighbours sent and was refused, and why, as JSON"));

const stop = Command.make(
  "stop",
  {
    config: configFlag,
    keepTunnels: Flag.Boolean("keep-tunnels").pipe(
      Flag.withDescription("Leave tunnels and rules as they are: counters survive"),
      Flag.withDefault(false),
    ),
  },
  ({ config, keepTunnels }) => ask(config, keepTunnels ? ["stop", "keep"] : ["stop"]),
).pipe(Command.withDescription("Make the agent settle and end"));

const limitSpending = Command.make(
  "limit-spending",
  {
    peer: peerArgument,
    amount: Argument.String("amount").pipe(
      Argument.withDescription('In all, such as "5 USDC"; "now": nothing more; "none": no limit'),
    ),
    config: configFlag,
  },
  ({ peer, amount, config }) => ask(config, ["limit-spending", peer, amount]),
).pipe(Command.withDescription("Never sign more than this to a neighbour"));

const setPrice = Command.make(
  "set-price",
  {
    peer: peerArgument,
    price: Argument.String("price").pipe(
      Argument.withDescription("Such as 0.05/GB; a fee, where the neighbour is sold another's way"),
    ),
    config: configFlag,
  },
  ({ peer, price, config }) => ask(config, ["set-price", peer, price]),
).pipe(
  Command.withDescription("Charge a neighbour another price for leases to come, until a restart"),
);

const bid = Command.make(
  "bid",
  {
    peer: peerArgument,
    send: Argument.String("send").pipe(
      Argument.withDescription("What it pays on top of our price so that what it sends goes first"),
    ),
    receive: Argument.String("receive").pipe(
      Argument.withDescription("As its exit: on top of the tariff, for what others send to it"),
      Argument.withDefault("0"),
    ),
    config: configFlag,
  },
  ({ peer, send, receive, config }) => ask(config, ["bid", peer, send, receive]),
).pipe(Command.withDescription("Take another bid of a neighbour, until a restart"));

const bidAt = Command.make(
  "bid-at",
  {
    peer: peerArgument,
    send: Argument.String("send").pipe(
      Argument.withDescription("What we pay on top of its price so that what we send goes first"),
    ),
    receive: Argument.String("receive").pipe(
      Argument.withDescription("As its client: on top of its tariff, for what others send to us"),
      Argument.withDefault("0"),
    ),
    config: configFlag,
  },
  ({ peer, send, receive, config }) => ask(config, ["bid-at", peer, send, receive]),
).pipe(Command.withDescription("Bid at a neighbour for our own packets, until a restart"));

const bidding = Command.make("bidding", { config: configFlag }, ({ config }) =>
  ask(config, ["bidding"]),
).pipe(
  Command.withDescription("Print what is bid by message, here and by us, and what became of it"),
);

const bids = Command.make("bids", { config: configFlag }, ({ config }) =>
  ask(config, ["bids"]),
).pipe(Command.withDescription("Print the queues of all pairs of neighbours, in their order"));

const pardon = Command.make(
  "pardon",
  { peer: peerArgument, config: configFlag },
  ({ peer, config }) => ask(config, ["pardon", peer]),
).pipe(Command.withDescription("Hold nothing more against a neighbour that sent junk"));

/** What an operator can make a running agent do. */
export const operatorCommands = [
  settle,
  limitSpending,
  setPrice,
  bid,
  bidAt,
  bids,
  bidding,
  pardon,
  refusals,
  reload,
  stop,
] as const;
