#!/usr/bin/env node
import * as NodeRuntime from "@effect/platform-node-shared/NodeRuntime";
import * as Console from "effect/Console";
import * as Command from "effect/cli/Command";
import * as Effect from "effect/Effect";
import { configCommand } from "./cli/config-command.ts";
import { demoCommand } from "./cli/demo-command.ts";
import { journalCommand } from "./cli/journal-command.ts";
import { keysCommand, runCommand } from "./cli/run-command.ts";
import {
  explainCommand,
  ledgerCommand,
  peersCommand,
  statusCommand,
} from "./cli/status-command.ts";
import { nodeServices } from "./node-services.ts";

const meshtoll = Command.make("meshtoll").pipe(
  Command.withDescription("Routers of neighbours bill each other for kernel traffic"),
  Command.withSubcommands([
    runCommand,
    demoCommand,
    statusCommand,
    peersCommand,
    ledgerCommand,
    explainCommand,
    journalCommand,
    configCommand,
    keysCommand,
  ]),
);

/** Errors of ours carry words for people; what was not foreseen is shown whole. */
const explained = (error: unknown) =>
  Effect.gen(function* () {
    const words = error instanceof Error ? error.message : String(error);
    if (words !== "") yield* Console.error(words);
    yield* Effect.sync(() => {
      process.exitCode = 3;
    });
  });

meshtoll.pipe(
  Command.run({ version: "0.1.0" }),
  Effect.catch(explained),
  Effect.provide(nodeServices),
  NodeRuntime.runMain,
);
