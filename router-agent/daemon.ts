import { parseArgs } from "node:util";
import * as NodeRuntime from "@effect/platform-node-shared/NodeRuntime";
import * as Cause from "effect/Cause";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import { runAgent } from "#agent/agent/run.ts";
import { readConfig } from "#agent/config/config-file.ts";

/**
 * `run` alone, for the init script of a small router: `daemon.ts --config FILE [--keep-tunnels]`.
 * Without the command line, which takes 5 MB and is needed by people only: they use `main.ts`, which
 * asks this agent over its control socket. Ends with 0 when it was told to, else with 3. With `--check`
 * it only says whether it could run with that configuration: nothing, or what is wrong.
 */
const refused = 3;

const program = Effect.gen(function* () {
  const { values } = yield* Effect.try({
    try: () =>
      parseArgs({
        options: {
          config: { type: "string", short: "c" },
          "keep-tunnels": { type: "boolean" },
          check: { type: "boolean" },
        },
      }),
    catch: (error) => (error instanceof Error ? error : new Error(String(error))),
  });
  const { config: path, "keep-tunnels": keepTunnels = false, check = false } = values;
  if (path === undefined) {
    return yield* Effect.fail(new Error("usage: daemon --config FILE [--keep-tunnels | --check]"));
  }
  const reload = readConfig(path);
  if (check) return yield* Effect.asVoid(reload);
  const onStarted = () => Effect.void;
  yield* runAgent(yield* reload, { keepTunnels, reload, onStarted });
});

program.pipe(
  Effect.tapError((error) => Effect.sync(() => console.error(error.message))),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    teardown: (exit, onExit) => {
      const told = Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause);
      if (Exit.isFailure(exit) && Cause.hasDies(exit.cause))
        console.error(Cause.pretty(exit.cause));
      onExit(told ? 0 : refused);
    },
  }),
);
