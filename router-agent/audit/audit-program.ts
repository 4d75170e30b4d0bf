import * as ChildProcess from "@effect/platform-node-shared/NodeChildProcessSpawner";
import * as FileSystem from "@effect/platform-node-shared/NodeFileSystem";
import * as Path from "@effect/platform-node-shared/NodePath";
import * as NodeRuntime from "@effect/platform-node-shared/NodeRuntime";
import * as Stdio from "@effect/platform-node-shared/NodeStdio";
import * as Terminal from "@effect/platform-node-shared/NodeTerminal";
import * as Console from "effect/Console";
import { ShowHelp } from "effect/cli/CliError";
import * as Command from "effect/cli/Command";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { balancesCommand } from "./balances-command.ts";
import { compareCommand } from "./compare-command.ts";
import { evidenceCommand } from "./evidence-command.ts";
import { exitCodes } from "./exit-code.ts";
import { exportCommand } from "./export-command.ts";
import { afterLastWords } from "./last-words.ts";
import { replayCommand } from "./replay-command.ts";
import { reportCommand } from "./report-command.ts";
import { verifyCommand } from "./verify-command.ts";

/**
 * The audit program: offline, and apart from the agent, which it does not trust. It reads journals
 * and changes nothing. Exit codes: 0 agree, 1 disagree, 2 damaged, 3 usage.
 */
const journalAudit = Command.make("journal-audit").pipe(
  Command.withDescription(
    "Replay and compare the journals of routers (exit 0 agree, 1 disagree, 2 damaged, 3 usage)",
  ),
  Command.withSubcommands([
    verifyCommand,
    balancesCommand,
    replayCommand,
    compareCommand,
    evidenceCommand,
    reportCommand,
    exportCommand,
  ]),
);

const services = ChildProcess.layer.pipe(
  Layer.provideMerge(Layer.mergeAll(FileSystem.layer, Path.layer, Stdio.layer, Terminal.layer)),
);

/** Errors of ours carry words for people; usage errors have been shown with the help already. */
const explained = (error: unknown) =>
  Effect.suspend(() => {
    process.exitCode = exitCodes.usage;
    if (error instanceof ShowHelp) {
      if (error.errors.length === 0) process.exitCode = exitCodes.agree;
      return Effect.void;
    }
    return Console.error(error instanceof Error ? error.message : String(error));
  });

/** Runs what the command line asks for, and leaves with the exit code that it found. */
export function runAudit(): void {
  journalAudit.pipe(
    Command.run({ version: "0.1.0" }),
    Effect.catch(explained),
    Effect.provide(services),
    NodeRuntime.runMain({
      teardown: (_, onExit) => afterLastWords(onExit)(Number(process.exitCode ?? exitCodes.agree)),
    }),
  );
}
