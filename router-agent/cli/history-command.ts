import * as Console from "effect/Console";
import * as Command from "effect/cli/Command";
import * as Flag from "effect/cli/Flag";
import * as Effect from "effect/Effect";
import * as Option from "effect/Option";
import { type HistoryKind, historyKinds } from "#adapters/index/history-row.ts";
import { ControlError } from "#agent/agent/control-socket.ts";
import type { Config } from "#agent/config/config.ts";
import { allowedTime, readTime } from "./civil-time-text.ts";
import { configFlag, jsonFlag, loadConfig } from "./config-source.ts";
import type { HistoryChoice, HistorySource, PlainRow } from "./history-source.ts";
import {
  csvColumns,
  csvLine,
  type HistoryOwner,
  historySums,
  jsonLine,
  rowLine,
} from "./history-text.ts";
import { findNeighbour, type NodeStatus, nameOf, nodeStatus } from "./node-status.ts";

const optionalText = (name: string, about: string) =>
  Flag.String(name).pipe(Flag.withDescription(about), Flag.optional);

/** `history`: usage by the hour, payments, leases and what else happened, by neighbour. */
export const historyCommand = Command.make(
  "history",
  {
    config: configFlag,
    peer: optionalText("peer", "A neighbour's name or node id; without it all of them"),
    from: optionalText("from", `From then on: ${allowedTime}`),
    to: optionalText("to", "Before then"),
    kind: optionalText("kind", `Only these, with commas: ${historyKinds.join(",")}`),
    csv: Flag.Boolean("csv").pipe(
      Flag.withDescription("Print CSV, amounts in bytes and grains"),
      Flag.withDefault(false),
    ),
    json: jsonFlag,
  },
  Effect.fn(function* ({ config: path, peer, from, to, kind, csv, json }) {
    if (csv && json) return yield* refuse("choose one of --csv and --json");
    const choice = {
      from: yield* timeOf("--from", from),
      to: yield* timeOf("--to", to),
      kinds: yield* kindsOf(kind),
    };
    const config = yield* loadConfig(path);
    const status = yield* nodeStatus(config);
    const numbers = Option.isSome(peer)
      ? [yield* findNeighbour(peer.value, status)]
      : [...status.neighbours.keys()];
    const source = yield* sourceFor(config, status);
    const print = csv ? printCsv : json ? printJson : printTable;
    yield* print({ config, status, numbers, choice, source });
  }, Effect.scoped),
).pipe(
  Command.withDescription(
    "Show usage by the hour, payments and leases: from the agent, or at rest",
  ),
);

interface Printing {
  readonly config: Config;
  readonly status: NodeStatus;
  readonly numbers: readonly number[];
  readonly choice: HistoryChoice;
  readonly source: HistorySource;
}

function refuse(words: string): Effect.Effect<never, ControlError> {
  return Effect.fail(new ControlError({ problem: "refused", words }));
}

const timeOf = (flag: string, text: Option.Option<string>) =>
  Effect.gen(function* () {
    if (Option.isNone(text)) return undefined;
    const seconds = readTime(text.value);
    if (seconds !== undefined) return seconds;
    const found = JSON.stringify(text.value.slice(0, 40));
    return yield* refuse(`${flag}: found ${found}, allowed is ${allowedTime}`);
  });

const kindsOf = (text: Option.Option<string>) =>
  Effect.gen(function* () {
    if (Option.isNone(text)) return undefined;
    const kinds = text.value.split(",");
    const wrong = kinds.find((one) => !isKind(one));
    if (wrong === undefined) return kinds.filter(isKind);
    const found = JSON.stringify(wrong.slice(0, 40));
    return yield* refuse(`--kind: found ${found}, allowed are ${historyKinds.join(", ")}`);
  });

function isKind(text: string): text is HistoryKind {
  return historyKinds.some((one) => one === text);
}

/**
 * The running agent's index, else the one in the directory. Where there is none, or it cannot be used,
 * the journal itself is read: slower, and back to where it began anew.
 */
const sourceFor = Effect.fnUntraced(function* (config: Config, { running }: NodeStatus) {
  // Only here, so that an agent has none of it in memory.
  const { agentHistory, directoryHistory, journalHistory } = yield* Effect.promise(
    () => import("./history-source.ts"),
  );
  const slow = journalHistory(config);
  if (!config.history.on) return slow;
  if (running) return agentHistory(config);
  const index = yield* directoryHistory(config);
  let begun = false;
  const source: HistorySource = (neighbour, choice, told) =>
    index(neighbour, choice, (rows) => {
      begun = true;
      return told(rows);
    }).pipe(
      Effect.catchTag("IndexError", (error) => {
        if (begun) return Effect.fail(error); // some rows are printed already
        const words = `the index is not used, the journal is read instead: ${error.words}`;
        return Effect.andThen(Console.error(words), slow(neighbour, choice, told));
      }),
    );
  return source;
});

/** Writes as fast as the reader reads, and holds no more than a page. */
const write = (lines: readonly string[]): Effect.Effect<void> =>
  Effect.promise(async () => {
    if (lines.length === 0 || process.stdout.write(`${lines.join("\n")}\n`)) return;
    await new Promise((resolve) => process.stdout.once("drain", resolve));
  });

/** Rows of all neighbours that were asked for, one after the other. */
const each = (
  { numbers, status, choice, source }: Printing,
  told: (rows: readonly PlainRow[], owner: HistoryOwner) => Effect.Effect<void>,
) =>
  Effect.forEach(
    numbers,
    (number) => {
      const id = status.neighbours[number]?.id ?? "";
      const owner = { name: nameOf(id, status), id };
      return source(number, choice, (rows) => told(rows, owner));
    },
    { discard: true },
  );

const printCsv = (printing: Printing) =>
  Effect.andThen(
    write([csvColumns.join(",")]),
    each(printing, (rows, owner) => write(rows.map((row) => csvLine(row, owner)))),
  );

const printJson = Effect.fnUntraced(function* (printing: Printing) {
  let first = true;
  yield* write(["["]);
  yield* each(printing, (rows, owner) => {
    const lines = rows.map((row, i) => `${first && i === 0 ? " " : ","}${jsonLine(row, owner)}`);
    first &&= rows.length === 0;
    return write(lines);
  });
  yield* write(["]"]);
});

const printTable = Effect.fnUntraced(function* (printing: Printing) {
  const { config, numbers, status } = printing;
  if (numbers.length === 0) return yield* Console.log("no neighbours yet");
  for (const number of numbers) {
    const sums = historySums();
    const id = status.neighbours[number]?.id ?? "";
    yield* write([`${nameOf(id, status)} (${id})`]);
    let rows = 0;
    yield* each({ ...printing, numbers: [number] }, (some) => {
      rows += some.length;
      for (const row of some) sums.add(row);
      return write(some.map((row) => `  ${rowLine(row, config)}`));
    });
    yield* write(rows === 0 ? ["  nothing"] : sums.lines(config).map((line) => `  ${line}`));
  }
});
