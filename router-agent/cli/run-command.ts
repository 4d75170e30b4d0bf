import * as Console from "effect/Console";
import * as Command from "effect/cli/Command";
import * as Flag from "effect/cli/Flag";
import * as Effect from "effect/Effect";
import * as Option from "effect/Option";
import { fileKeys, rotateTunnelKey, sealKeys } from "#adapters/keys/file-keys.ts";
import { Keys } from "#adapters/keys/keys.ts";
import { toJson } from "#agent/agent/facts.ts";
import { runAgent } from "#agent/agent/run.ts";
import type { Config } from "#agent/config/config.ts";
import { readConfig } from "#agent/config/config-file.ts";
import { configFlag, jsonFlag } from "./config-source.ts";
import { defaultConfig } from "./default-config.ts";
import { exitCodes } from "./exit-code.ts";
import { ownKeys } from "./own-keys.ts";

/** `run`: the agent itself, in the foreground, until it is told to stop. */
export const runCommand = Command.make(
  "run",
  {
    config: configFlag,
    defaults: Flag.Boolean("defaults").pipe(
      Flag.withDescription("Run with the embedded defaults: own journal, own keys, no neighbours"),
      Flag.withDefault(false),
    ),
    keepTunnels: Flag.Boolean("keep-tunnels").pipe(
      Flag.withDescription("At the end leave tunnels and rules as they are: counters survive"),
      Flag.withDefault(false),
    ),
  },
  Effect.fn(function* ({ config: path, defaults, keepTunnels }) {
    if (Option.isNone(path) && !defaults) {
      yield* Console.error(
        "Say which configuration: run --config FILE, or run --defaults to try it without one.",
      );
      process.exitCode = exitCodes.refused;
      return;
    }
    const reload = Option.isSome(path) ? readConfig(path.value) : undefined;
    const config = reload === undefined ? defaultConfig() : yield* reload;
    // A signal is how a run ends, not a failure: it settles, cleans up and leaves with 0.
    yield* runAgent(config, {
      keepTunnels,
      reload,
      onStarted: () => welcome(config, reload === undefined),
    }).pipe(
      Effect.onInterrupt(() =>
        Effect.sync(() => {
          process.exitCode = exitCodes.done;
        }),
      ),
    );
  }),
).pipe(
  Command.withDescription("Run the agent in the foreground; Ctrl-C settles, cleans up and ends it"),
);

const welcome = (config: Config, withDefaults: boolean) =>
  Effect.gen(function* () {
    const keys = yield* Keys;
    yield* Console.log(`node id     ${keys.nodeId}`);
    yield* Console.log(`tunnel key  ${keys.tunnelPublicKey}`);
    yield* Console.log(`journal     ${config.journal.directory}`);
    yield* Console.log(`neighbours  ${config.neighbours.length}`);
    if (!withDefaults) return;
    yield* Console.log(
      [
        "",
        "The agent runs, with nobody to bill yet. What to do next:",
        "  1. Give node id and tunnel key to a neighbour, and ask for theirs.",
        "  2. npm run --silent agent -- config example > meshtoll.conf    and fill in the neighbour",
        "  3. npm run --silent agent -- config check --config meshtoll.conf",
        "  4. npm run --silent agent -- run --config meshtoll.conf        (as root: it makes tunnels)",
        "To watch three routers do all of this on this machine: npm run demo",
        "Ctrl-C ends the agent.",
      ].join("\n"),
    );
  }).pipe(Effect.provide(fileKeys(config.keysFile, config.passphraseFile)), Effect.orDie);

const passphraseOf = ({ passphraseFile }: Config) =>
  passphraseFile === undefined
    ? Effect.fail(new Error("name the file of a passphrase in keys_passphrase first"))
    : Effect.succeed(passphraseFile);

const rotated = [
  "The tunnel key is another one from the agent's next start on: stop --keep-tunnels, then run.",
  "Neighbours on a discovery_interface learn it by themselves, signed by the node key. Any other one",
  "writes it as tunnel_key into its configuration and reloads; until then its tunnels are silent.",
].join("\n");

/** `keys`: what a neighbour needs to know of this node. */
export const keysCommand = Command.make(
  "keys",
  {
    config: configFlag,
    json: jsonFlag,
    seal: Flag.Boolean("seal").pipe(
      Flag.withDescription("Seal the key file with the passphrase that the configuration names"),
      Flag.withDefault(false),
    ),
    rotateTunnel: Flag.Boolean("rotate-tunnel").pipe(
      Flag.withDescription("Put a new tunnel key in place of the old one; the node id stays"),
      Flag.withDefault(false),
    ),
  },
  Effect.fn(function* ({ config: path, json, seal, rotateTunnel }) {
    const config = Option.isSome(path) ? yield* readConfig(path.value) : defaultConfig();
    if (seal) yield* sealKeys(config.keysFile, yield* passphraseOf(config));
    if (rotateTunnel) {
      yield* rotateTunnelKey(config.keysFile, config.passphraseFile);
      yield* Console.error(rotated);
    }
    const { nodeId, tunnelPublicKey } = yield* ownKeys(config);
    yield* Console.log(
      json
        ? toJson({ nodeId, tunnelKey: tunnelPublicKey })
        : `node id     ${nodeId}\ntunnel key  ${tunnelPublicKey}`,
    );
  }),
).pipe(Command.withDescription("Print node id and tunnel key, to give to a neighbour"));
