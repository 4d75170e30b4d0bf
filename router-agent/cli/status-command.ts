import * as Console from "effect/Console";
import * as Argument from "effect/cli/Argument";
import * as Command from "effect/cli/Command";
import * as Effect from "effect/Effect";
import { boundsFacts } from "#agent/agent/bounds-facts.ts";
import { askAgent, ControlError, controlPath } from "#agent/agent/control-socket.ts";
import { type NeighbourFacts, neighbourFacts, toJson } from "#agent/agent/facts.ts";
import type { Config } from "#agent/config/config.ts";
import { configFlag, jsonFlag, loadConfig } from "./config-source.ts";
import { explain } from "./explanation.ts";
import { eventsOnDisk, ledgerOnDisk } from "./ledger-source.ts";
import { bytesText, moneyText } from "./money-text.ts";

/** What `status` works with: from the running agent, else from its journal. */
interface Status {
  readonly running: boolean;
  readonly node: string;
  readonly stopped?: string;
  readonly neighbours: readonly Plain<NeighbourFacts>[];
  readonly names: Readonly<Record<string, string>>;
}

/** The same facts after a journey through JSON: amounts are decimal texts. */
type Plain<T> = T extends bigint | string
  ? string
  : T extends readonly (infer A)[]
    ? readonly Plain<A>[]
    : T extends object
      ? { readonly [K in keyof T]: Plain<T[K]> }
      : T;

const statusOf = Effect.fnUntraced(function* (config: Config) {
  const live = askAgent(controlPath(config.journal.directory), ["status"]).pipe(
    Effect.map((answer) => ({ ...(answer as Status), running: true })),
  );
  return yield* live.pipe(Effect.catch(() => fromJournal(config)));
});

const fromJournal = Effect.fnUntraced(function* (config: Config) {
  const ledger = yield* ledgerOnDisk(config.journal.directory);
  const facts = {
    running: false,
    node: ledger.node ?? "",
    bounds: boundsFacts(config),
    names: Object.fromEntries(config.neighbours.map((one) => [one.id, one.name])),
    neighbours: neighbourFacts(ledger, []),
  };
  return JSON.parse(toJson(facts)) as Status;
});

/** `status`: the node, its bounds and every account, from the agent or from the journal. */
export const statusCommand = Command.make(
  "status",
  { config: configFlag, json: jsonFlag },
  Effect.fn(function* ({ config: path, json }) {
    const config = yield* loadConfig(path);
    const status = yield* statusOf(config);
    if (json) return yield* Console.log(toJson(status));
    const bounds = boundsFacts(config);
    yield* Console.log(
      [
        `node ${status.node} (${status.running ? "running" : "not running; from its journal"})`,
        ...(status.stopped === undefined ? [] : [`STOPPED ACTING: ${status.stopped}`]),
        `at risk per own reboot: ${bytesText(bounds.overpaymentPerReboot.bytes)} = ${moneyText(bounds.overpaymentPerReboot.grains, config.token)}; per neighbour: ${moneyText(bounds.exposurePerNeighbour.grains, config.token)}`,
        `journal: ${bounds.commitsPerGigabyte} commits, ${bytesText(bounds.journalBytesPerGigabyte)} per GB of traffic`,
        ...status.neighbours.flatMap((one) => neighbourLines(one, status, config)),
      ].join("\n"),
    );
  }),
).pipe(Command.withDescription("Show the node, what it risks, and every account"));

/** `peers`: one line a neighbour. */
export const peersCommand = Command.make(
  "peers",
  { config: configFlag, json: jsonFlag },
  Effect.fn(function* ({ config: path, json }) {
    const config = yield* loadConfig(path);
    const status = yield* statusOf(config);
    if (json) return yield* Console.log(toJson(status.neighbours));
    if (status.neighbours.length === 0) return yield* Console.log("no neighbours yet");
    yield* Console.log(
      status.neighbours
        .map(
          (one) =>
            `${nameOf(one.id, status)}  ${one.standing}  ${one.heard ? "heard" : "silent"}  ${one.id}`,
        )
        .join("\n"),
    );
  }),
).pipe(Command.withDescription("List the neighbours"));

const peerArgument = Argument.String("peer").pipe(
  Argument.withDescription("A neighbour's name in the configuration, or its node id"),
);

/** `ledger PEER`: the accounts with one neighbour. */
export const ledgerCommand = Command.make(
  "ledger",
  { peer: peerArgument, config: configFlag, json: jsonFlag },
  Effect.fn(function* ({ peer, config: path, json }) {
    const config = yield* loadConfig(path);
    const status = yield* statusOf(config);
    const found = status.neighbours.find(
      (one) => one.id === peer || nameOf(one.id, status) === peer,
    );
    if (found === undefined) return yield* noSuchPeer(peer, status);
    yield* Console.log(json ? toJson(found) : neighbourLines(found, status, config).join("\n"));
  }),
).pipe(Command.withDescription("Show the accounts with one neighbour"));

/** `explain PEER`: why this debt, event by event. */
export const explainCommand = Command.make(
  "explain",
  { peer: peerArgument, config: configFlag, json: jsonFlag },
  Effect.fn(function* ({ peer, config: path, json }) {
    const config = yield* loadConfig(path);
    const status = yield* statusOf(config);
    const index = status.neighbours.findIndex(
      (one) => one.id === peer || nameOf(one.id, status) === peer,
    );
    if (index < 0) return yield* noSuchPeer(peer, status);
    const lines = explain(yield* eventsOnDisk(config.journal.directory), index);
    if (json) return yield* Console.log(toJson(lines));
    yield* Console.log(
      lines
        .map((line) => {
          const account = line.class === undefined ? "" : ` class ${line.class}`;
          const sums =
            line.amount === undefined
              ? ""
              : `  [${line.direction === "we pay" ? "owed" : "expected"} ${moneyText(line.amount, config.token)}, ${line.direction === "we pay" ? "signed" : "credited"} ${moneyText(line.settled ?? 0n, config.token)}]`;
          return `#${line.event} ${line.direction}${account}: ${line.words}${sums}`;
        })
        .join("\n"),
    );
    for (const refusal of status.neighbours[index]?.refusals ?? []) {
      yield* Console.log(`refused ${refusal.count} x ${refusal.why}: ${refusal.words}`);
    }
  }),
).pipe(Command.withDescription("Explain a debt: the chain of events behind it, in words"));

const noSuchPeer = (peer: string, status: Status) =>
  Effect.fail(
    new ControlError({
      words: `no neighbour ${JSON.stringify(peer.slice(0, 80))}; there are: ${status.neighbours.map((one) => nameOf(one.id, status)).join(", ") || "none"}`,
    }),
  );

function nameOf(id: string, status: Status): string {
  return status.names[id] ?? id.slice(0, 12);
}

function neighbourLines(
  one: Plain<NeighbourFacts>,
  status: Status,
  config: Config,
): readonly string[] {
  const money = (text: string) => moneyText(BigInt(text), config.token);
  return [
    `${nameOf(one.id, status)}: ${one.standing}${one.broken === undefined ? "" : `, ${one.broken} BROKEN`}${one.frauds.length === 0 ? "" : `, FRAUD: ${one.frauds.join(", ")}`}`,
    ...one.accounts.map((account) =>
      account.direction === "we pay"
        ? `  class ${account.class} we pay:      sent ${bytesText(BigInt(account.position))}, owed ${money(account.amount)}, signed ${money(account.settled)}`
        : `  class ${account.class} we are paid: received ${bytesText(BigInt(account.position))}, expected ${money(account.amount)}, credited ${money(account.settled)}, exposure ${money(account.exposure)}`,
    ),
    ...one.refusals.map(
      (refusal) => `  refused ${refusal.count} x ${refusal.why}: ${refusal.words}`,
    ),
  ];
}
