#!/usr/bin/env node
import * as NodeRuntime from "@effect/platform-node-shared/NodeRuntime";
import * as Cause from "effect/Cause";
import * as Console from "effect/Console";
import { ShowHelp } from "effect/cli/CliError";
import * as Command from "effect/cli/Command";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import type { Teardown } from "effect/Runtime";
import { afterLastWords } from "./audit/last-words.ts";
import { channelCommand } from "./cli/channel-command.ts";
import { configCommand } from "./cli/config-command.ts";
import { demoCommand, demoTrafficCommand } from "./cli/demo-command.ts";
import { discoveryCommands } from "./cli/discovered-command.ts";
import { doctorCommand } from "./cli/doctor-command.ts";
import { exitCodes } from "./cli/exit-code.ts";
import { exitsCommand } from "./cli/exits-command.ts";
import { explainCommand } from "./cli/explain-command.ts";
import { historyCommand } from "./cli/history-command.ts";
import { incidentsCommand } from "./cli/incidents-command.ts";
import { journalCommand } from "./cli/journal-command.ts";
import { marketCommand } from "./cli/market-command.ts";
import { operatorCommands } from "./cli/operator-command.ts";
import { policyCommand } from "./cli/policy-command.ts";
import { qualityCommand } from "./cli/quality-command.ts";
import { routesCommand } from "./cli/routes-command.ts";
import { keysCommand, runCommand } from "./cli/run-command.ts";
import { ledgerCommand, peersCommand, statusCommand } from "./cli/status-command.ts";
import { watchCommand } from "./cli/watch-command.ts";
import { nodeServices } from "./node-services.ts";

const meshtoll = Command.make("meshtoll").pipe(
  Command.withDescription("Routers of neighbours bill each other for kernel traffic"),
  Command.withSubcommands([
    runCommand,
    demoCommand,
    demoTrafficCommand,
    statusCommand,
    peersCommand,
    ledgerCommand,
    explainCommand,
    routesCommand,
    marketCommand,
    exitsCommand,
    qualityCommand,
    incidentsCommand,
    doctorCommand,
    historyCommand,
    journalCommand,
    channelCommand,
    watchCommand,
    configCommand,
    policyCommand,
    keysCommand,
    ...discoveryCommands,
    ...operatorCommands,
  ]),
);

/** Errors of ours carry words for people; usage errors have been shown with the help already. */
const explained = (error: unknown) =>
  Effect.suspend(() => {
    process.exitCode = exitCodes.refused;
    if (isShowHelp(error)) {
      if (error.errors.length === 0) process.exitCode = exitCodes.done;
      return Effect.void;
    }
    return Console.error(error instanceof Error ? error.message : String(error));
  });

function isShowHelp(error: unknown): error is ShowHelp {
  return error instanceof ShowHelp;
}

/** The exit code that was set counts, also when a signal ended the command. */
const teardown: Teardown = (exit, onExit) => {
  const end = afterLastWords(onExit);
  if (Exit.isSuccess(exit)) return end(Number(process.exitCode ?? exitCodes.done));
  const interrupted = Cause.hasInterruptsOnly(exit.cause);
  return end(interrupted ? Number(process.exitCode ?? exitCodes.interrupted) : exitCodes.refused);
};

process.stdout.on("error", () => process.exit()); // whoever read it has gone, as `head` does

meshtoll.pipe(
  Command.run({ version: "0.1.0" }),
  Effect.catch(explained),
  Effect.provide(nodeServices),
  NodeRuntime.runMain({ teardown }),
);
