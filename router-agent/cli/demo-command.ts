import * as Argument from "effect/cli/Argument";
import * as Command from "effect/cli/Command";
import * as Flag from "effect/cli/Flag";
import * as Effect from "effect/Effect";
import * as Option from "effect/Option";
import { jsonFlag } from "./config-source.ts";

/** `demo`: three routers on this machine, with real tunnels where that is possible. */
export const demoCommand = Command.make(
  "demo",
  {
    json: jsonFlag,
    memory: Flag.Boolean("memory").pipe(
      Flag.withDescription("Tell the story in memory even where the kernel could be used"),
      Flag.withDefault(false),
    ),
    chain: Flag.Boolean("chain").pipe(
      Flag.withDescription("Lay channels on a real chain (anvil), and close them in the end"),
      Flag.withDefault(false),
    ),
    topology: Flag.Literals("topology", ["line", "diamond"]).pipe(
      Flag.withDescription(
        "line: three routers sell to each other; diamond: four choose the best buy (kernel only)",
      ),
      Flag.withDefault("line"),
    ),
    keep: Flag.String("keep").pipe(
      Flag.withDescription("Keep the three journals in this directory, for `journal-audit`"),
      Flag.optional,
    ),
  },
  Effect.fn(function* ({ json, memory, chain, topology, keep }) {
    if (topology === "diamond") {
      const { runDiamond } = yield* Effect.promise(() => import("#agent/demo/diamond-run.ts"));
      const done = yield* runDiamond(json);
      return yield* Effect.sync(() => {
        process.exitCode = done;
      });
    }
    const { runDemo } = yield* Effect.promise(() => import("#agent/demo/demo.ts"));
    const code = yield* runDemo({ json, memory, chain, keep: Option.getOrUndefined(keep) });
    yield* Effect.sync(() => {
      process.exitCode = code;
    });
  }),
).pipe(
  Command.withDescription(
    "Watch three routers sell bandwidth to each other, survive loss, crashes and a cheat",
  ),
);

/** `demo-traffic`: what the demo starts inside its namespaces. */
export const demoTrafficCommand = Command.make(
  "demo-traffic",
  {
    role: Argument.Literals("role", ["send", "answer"]),
    rest: Argument.String("rest").pipe(Argument.variadic()),
  },
  Effect.fn(function* ({ role, rest }) {
    const { runTraffic } = yield* Effect.promise(() => import("#agent/demo/traffic.ts"));
    runTraffic(role, rest);
    return yield* Effect.never;
  }),
).pipe(Command.withDescription("Traffic for the demo; started by the demo itself"));
