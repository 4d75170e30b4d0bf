import * as Console from "effect/Console";
import * as Argument from "effect/cli/Argument";
import * as Command from "effect/cli/Command";
import * as Flag from "effect/cli/Flag";
import * as Effect from "effect/Effect";
import { type NeighbourFacts, toJson } from "#agent/agent/facts.ts";
import type { Config } from "#agent/config/config.ts";
import { boundsLines } from "./bounds-lines.ts";
import { configFlag, jsonFlag, loadConfig } from "./config-source.ts";
import { exitCodes } from "./exit-code.ts";
import { bytesText, moneyText } from "./money-text.ts";
import { findNeighbour, type NodeStatus, nameOf, nodeStatus, type Plain } from "./node-status.ts";

/** `status`: the node, its bounds and every account, from the agent or from the journal. */
export const statusCommand = Command.make(
  "status",
  {
    config: configFlag,
    json: jsonFlag,
    watch: Flag.Boolean("watch").pipe(
      Flag.withAlias("w"),
      Flag.withDescription("Draw it again every two seconds, until Ctrl-C"),
      Flag.withDefault(false),
    ),
  },
  Effect.fn(function* ({ config: path, json, watch }) {
    const config = yield* loadConfig(path);
    if (watch) return yield* watched(config);
    const status = yield* nodeStatus(config);
    if (json) return yield* Console.log(toJson(status));
    yield* Console.log(
      [
        `node ${status.node} (${status.running ? "running" : "not running; from its journal"})`,
        ...(status.stopped === undefined ? [] : [`STOPPED ACTING: ${status.stopped}`]),
        ...(status.programs === 1 ? [onlyProgram] : []),
        ...boundsLines(config),
        ...historyLines(status, config),
        ...ownLines(status, config),
        ...(status.alarms ?? []).map((words) => `ALARM ${words}`),
        ...status.neighbours.flatMap((one) => neighbourLines(one, status, config)),
      ].join("\n"),
    );
  }),
).pipe(Command.withDescription("Show the node, what it risks, and every account"));

/** Ctrl-C is how it ends, not a failure. */
const watched = Effect.fnUntraced(
  function* (config: Config) {
    const { watchStatus } = yield* Effect.promise(() => import("./status-watch.ts"));
    return yield* watchStatus(config);
  },
  Effect.onInterrupt(() =>
    Effect.sync(() => {
      process.exitCode = exitCodes.done;
    }),
  ),
);

/** Said where a loader gave the same module twice. */
const onlyProgram = "both deciding nodes are of one program: a flipped bit of it may go unnoticed";

/** Only what a person should know: that history is not as it was wanted. */
function historyLines({ history }: NodeStatus, config: Config): readonly string[] {
  if (!config.history.on || history === undefined || history.type === "on") return [];
  return [`history is ${history.type === "off" ? "OFF" : "being made"}: ${history.why}`];
}

function ownLines({ ownUsers }: NodeStatus, { token }: Config): readonly string[] {
  if (ownUsers?.standing !== "throttled") return [];
  const left = moneyText(BigInt(ownUsers.balance ?? "0"), token);
  return [
    `OWN USERS ARE THROTTLED: ${left} are left, low_balance is ${moneyText(BigInt(ownUsers.low), token)}`,
  ];
}

/** `peers`: one line a neighbour. */
export const peersCommand = Command.make(
  "peers",
  { config: configFlag, json: jsonFlag },
  Effect.fn(function* ({ config: path, json }) {
    const config = yield* loadConfig(path);
    const status = yield* nodeStatus(config);
    const peers = status.neighbours.map((one) => ({ ...one, name: nameOf(one.id, status) }));
    if (json) return yield* Console.log(toJson(peers));
    if (peers.length === 0) return yield* Console.log("no neighbours yet");
    const lines = peers.map(
      (one) =>
        `${one.name}  ${one.standing}  ${one.heard ? "heard" : status.running ? "silent" : "not running"}  ${one.id}`,
    );
    yield* Console.log(lines.join("\n"));
  }),
).pipe(Command.withDescription("List the neighbours"));

/** Which neighbour a command is about. */
export const peerArgument = Argument.String("peer").pipe(
  Argument.withDescription("A neighbour's name in the configuration, or its node id"),
);

/** `ledger PEER`: the accounts with one neighbour. */
export const ledgerCommand = Command.make(
  "ledger",
  { peer: peerArgument, config: configFlag, json: jsonFlag },
  Effect.fn(function* ({ peer, config: path, json }) {
    const config = yield* loadConfig(path);
    const status = yield* nodeStatus(config);
    const found = status.neighbours[yield* findNeighbour(peer, status)];
    if (found === undefined) return;
    if (json) return yield* Console.log(toJson(found));
    const lines = [...neighbourLines(found, status, config), ...detailLines(found, config)];
    yield* Console.log(lines.join("\n"));
  }),
).pipe(Command.withDescription("Show the accounts with one neighbour"));

function neighbourLines(
  one: Plain<NeighbourFacts>,
  status: NodeStatus,
  config: Config,
): readonly string[] {
  const money = (text: string) => moneyText(BigInt(text), config.token);
  const broken = one.broken === undefined ? "" : `, ${one.broken} BROKEN`;
  const frauds = one.frauds.length === 0 ? "" : `, FRAUD: ${one.frauds.join(", ")}`;
  return [
    `${nameOf(one.id, status)}: ${one.standing}${broken}${frauds}`,
    ...(one.junk.stage === "none"
      ? []
      : [`  JUNK: ${one.junk.stage}, ${bytesText(BigInt(one.junk.junk))} so far`]),
    ...carriedLines(one.id, status),
    ...one.accounts.map((account) =>
      account.direction === "we pay"
        ? `  class ${account.class} we pay:      sent ${bytesText(BigInt(account.position))}, owed ${money(account.amount)}, signed ${money(account.settled)}`
        : `  class ${account.class} we are paid: received ${bytesText(BigInt(account.position))}, expected ${money(account.amount)}, credited ${money(account.settled)}, exposure ${money(account.exposure)} of ${money(account.exposureBound)}`,
    ),
    ...one.refusals.map(
      (refusal) => `  refused ${refusal.count} x ${refusal.why}: ${refusal.words}`,
    ),
  ];
}

/** Bytes that were carried for nothing, counted apart, and junk among what came. */
function carriedLines(id: string, { junk = [] }: NodeStatus): readonly string[] {
  const found = junk.find((one) => one.id === id);
  if (found === undefined) return [];
  const bytes = (text: string) => bytesText(BigInt(text));
  return [
    `  free class: took ${bytes(found.freeIn)}, handed over ${bytes(found.freeOut)}; junk ${bytes(found.junk)} of ${bytes(found.received)} received`,
  ];
}

/** What only `ledger` shows: every number behind an account, in bytes and grains. */
function detailLines(one: Plain<NeighbourFacts>, config: Config): readonly string[] {
  const money = (text: string) => `${moneyText(BigInt(text), config.token)} (${text} grains)`;
  return [
    `vouchers: ours to it ${one.signedUnits}, its to us ${one.creditedUnits} token units; may be signed in all: ${one.spendingLimit === undefined ? "whatever the channel covers" : money(one.spendingLimit)}`,
    ...one.accounts.flatMap((account) => {
      const pays = account.direction === "we pay";
      return [
        `class ${account.class} ${account.direction}`,
        `  price ${account.price ?? "none"}, of the last lease ${account.leasePrice ?? "none"} grains a byte`,
        `  position ${account.position} bytes, raw counter ${account.raw ?? "not read"}, by its own word ${account.theirPosition}`,
        ...(account.roundTrip === undefined
          ? []
          : [
              `  ${account.roundTrip} bytes sent in the last message round trip, its waiting included`,
            ]),
        `  leased up to ${account.leased}${pays ? `, reserved up to ${account.reserved}` : ""}`,
        `  ${pays ? "owed" : "expected"} ${money(account.amount)}`,
        `  ${pays ? "signed" : "credited"} ${money(account.settled)}`,
        pays
          ? `  overpaid at ${account.resets} reset(s) of ours, at most ${money(account.overpaymentBound)}`
          : `  exposure ${money(account.exposure)}, at most ${money(account.exposureBound)}, after ${account.resets} reset(s) of ours`,
      ];
    }),
  ];
}
