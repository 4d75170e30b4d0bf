import * as Effect from "effect/Effect";
import { type ChainSession, chainSession } from "#adapters/settlement/chain/chain-session.ts";
import { outboxFile } from "#adapters/settlement/chain/outbox-file.ts";
import { quorum } from "#adapters/settlement/chain/quorum.ts";
import { rpcEndpoint } from "#adapters/settlement/chain/rpc-endpoint.ts";
import { ChainRefused } from "#adapters/settlement/settlement-error.ts";
import { chainPlace, outboxPath } from "#agent/agent/settlement-layer.ts";
import type { Config } from "#agent/config/config.ts";
import type { Signer } from "#core/identity/signature.ts";

/** A session with the configuration's chain, for commands that work without an agent. */
export const chainSessionOf = (
  config: Config,
  signer: Signer,
): Effect.Effect<ChainSession, ChainRefused> =>
  Effect.tryPromise({
    try: async () => {
      const { settlement, journal } = config;
      const tools = await import("#adapters/settlement/chain/chain-tools.ts");
      const endpoints = settlement.endpoints.map((url) => rpcEndpoint(url));
      return chainSession({
        tools,
        place: chainPlace(config),
        quorum: quorum(endpoints, settlement.finality),
        signer,
        file: outboxFile(outboxPath(journal.directory, settlement)),
      });
    },
    catch: (error) =>
      new ChainRefused({
        problem: "chain",
        words: error instanceof Error ? error.message : String(error),
      }),
  });
