import * as Console from "effect/Console";
import * as Command from "effect/cli/Command";
import * as Flag from "effect/cli/Flag";
import * as Effect from "effect/Effect";
import * as Option from "effect/Option";
import { directoryDisk } from "#adapters/journal/directory-disk.ts";
import { journalNumbers } from "#adapters/journal/journal-numbers.ts";
import { openJournal } from "#adapters/journal/open-journal.ts";
import {
  type CopiedSegments,
  exportSegments,
  importSegments,
} from "#adapters/journal/segment-copies.ts";
import { toJson } from "#agent/agent/facts.ts";
import { configFlag, jsonFlag, loadConfig } from "./config-source.ts";
import { journalErrorOf } from "./ledger-source.ts";

/** Which journal a command works on. */
const journalFlag = Flag.String("journal").pipe(
  Flag.withDescription("Journal directory; without it the configured one"),
  Flag.optional,
);

const directoryOf = (path: Option.Option<string>, journal: Option.Option<string>) =>
  Effect.gen(function* () {
    if (Option.isSome(journal)) return journal.value;
    return (yield* loadConfig(path)).journal.directory;
  });

/** A line for each segment, to people who watch. */
function progress(): (number: number) => void {
  if (!process.stderr.isTTY) return () => undefined;
  return (number) => void process.stderr.write(`\rsegment ${number}\x1b[K`);
}

const told = (json: boolean, to: string, result: CopiedSegments) =>
  json
    ? Console.log(toJson({ directory: to, ...result }))
    : Console.log(
        `${to}: ${result.copied.length} segment(s) copied, ${result.present.length} there already`,
      );

/** `journal export`: complete segments, off the router. */
export const exportCommand = Command.make(
  "export",
  {
    config: configFlag,
    json: jsonFlag,
    journal: journalFlag,
    to: Flag.String("to").pipe(Flag.withDescription("Directory to copy complete segments into")),
  },
  Effect.fn(function* ({ config, json, journal, to }) {
    const from = yield* directoryOf(config, journal);
    const result = yield* Effect.tryPromise({
      try: () => exportSegments(from, to, progress()),
      catch: journalErrorOf(from),
    });
    yield* told(json, to, result);
  }),
).pipe(Command.withDescription("Copy complete segments elsewhere; run it as often as you like"));

/** `journal import`: a journal from a copy. */
export const importCommand = Command.make(
  "import",
  {
    config: configFlag,
    json: jsonFlag,
    journal: journalFlag,
    from: Flag.String("from").pipe(Flag.withDescription("Directory with the segments to take")),
  },
  Effect.fn(function* ({ config, json, journal, from }) {
    const to = yield* directoryOf(config, journal);
    const result = yield* Effect.tryPromise({
      try: () => importSegments(from, to, progress()),
      catch: journalErrorOf(from),
    });
    yield* told(json, to, result);
  }),
).pipe(
  Command.withDescription("Take a journal from a copy, checked from end to end; never overwrites"),
);

/** `journal repair`: what a start of the agent would do, without the agent. */
export const repairCommand = Command.make(
  "repair",
  { config: configFlag, json: jsonFlag, journal: journalFlag },
  Effect.fn(function* ({ config, json, journal }) {
    const directory = yield* directoryOf(config, journal);
    const stat = yield* Effect.tryPromise({
      try: async () => {
        const open = await openJournal(directoryDisk(directory), {});
        const found = open.stat();
        await open.close();
        return found;
      },
      catch: journalErrorOf(directory),
    });
    if (json) return yield* Console.log(toJson({ directory, ...stat }));
    yield* Console.log(
      `${directory}: ${stat.repaired} flipped bit(s) put right, ${stat.cut} bytes of an unacknowledged commit cut off`,
    );
  }),
).pipe(
  Command.withDescription(
    "Put single flipped bits right and cut a torn tail, as a start does; refuses anything worse",
  ),
);

/** `journal stat`: a journal in numbers. */
export const statCommand = Command.make(
  "stat",
  { config: configFlag, json: jsonFlag, journal: journalFlag },
  Effect.fn(function* ({ config, json, journal }) {
    const directory = yield* directoryOf(config, journal);
    const stat = yield* Effect.try({
      try: () => journalNumbers(directory),
      catch: journalErrorOf(directory),
    });
    if (json) return yield* Console.log(toJson({ directory, ...stat }));
    yield* Console.log(
      [
        `${directory}: commits ${stat.first} to ${stat.last} in ${stat.segments} segment(s), ${stat.bytes} bytes`,
        `  ${stat.sealed} complete segment(s) that \`journal export\` copies`,
        ...(stat.first > 1n ? ["  it began anew: what was before is not here"] : []),
      ].join("\n"),
    );
  }),
).pipe(Command.withDescription("A journal in numbers; works while an agent runs"));
