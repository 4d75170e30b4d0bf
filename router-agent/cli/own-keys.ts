import * as Effect from "effect/Effect";
import { fileKeys } from "#adapters/keys/file-keys.ts";
import { Keys } from "#adapters/keys/keys.ts";
import type { Config } from "#agent/config/config.ts";

/** The keys of the node that a configuration is about, for commands that work without an agent. */
export const ownKeys = ({ keysFile, passphraseFile }: Config) =>
  Effect.gen(function* () {
    return yield* Keys;
  }).pipe(Effect.provide(fileKeys(keysFile, passphraseFile)), Effect.scoped);
