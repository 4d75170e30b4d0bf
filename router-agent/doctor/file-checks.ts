import { existsSync } from "node:fs";
import * as Effect from "effect/Effect";
import { ledgerOnDisk } from "#agent/cli/ledger-source.ts";
import { ownKeys } from "#agent/cli/own-keys.ts";
import type { Config } from "#agent/config/config.ts";
import { passwordIn } from "#agent/status-page/password-file.ts";
import { type Diagnosis, fine, notice, wrong } from "./diagnosis.ts";

/** Keys, journal and password: whether they can be used. Makes none of them. */
export const fileChecks = Effect.fnUntraced(function* (config: Config, running: boolean) {
  const checks: Diagnosis[] = [yield* keysCheck(config)];
  if (!running) checks.push(yield* journalCheck(config));
  const { tokenFile } = config.status;
  if (tokenFile !== undefined) checks.push(yield* passwordCheck(tokenFile));
  return checks;
});

const keysCheck = (config: Config): Effect.Effect<Diagnosis> => {
  if (!existsSync(config.keysFile)) {
    const advice =
      "they are made on the first run; if there were some, bring them back from a copy";
    return Effect.succeed(notice("keys", `there are none at ${config.keysFile} yet`, advice));
  }
  return ownKeys(config).pipe(
    Effect.map(({ nodeId }) => fine("keys", `node ${nodeId}`)),
    Effect.catch(({ message }) =>
      Effect.succeed(wrong("keys", message, "the agent does not start without its keys")),
    ),
  );
};

const journalCheck = (config: Config): Effect.Effect<Diagnosis> => {
  const { directory } = config.journal;
  if (!existsSync(directory)) {
    const advice = "it is made on the first run; if there was one, see that its disk is mounted";
    return Effect.succeed(notice("journal", `there is none at ${directory} yet`, advice));
  }
  return ledgerOnDisk(directory).pipe(
    Effect.map(({ ledger }) =>
      fine("journal", `read whole: ${ledger.neighbours.length} neighbour(s)`),
    ),
    Effect.catch(({ message }) =>
      Effect.succeed(wrong("journal", message, "keep the directory; `journal verify` says more")),
    ),
  );
};

const passwordCheck = (path: string): Effect.Effect<Diagnosis> =>
  passwordIn(path).pipe(
    Effect.as(fine("status password", path)),
    Effect.catch(({ message }) =>
      Effect.succeed(wrong("status password", message, "without it there is no status page")),
    ),
  );
