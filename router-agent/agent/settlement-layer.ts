import { join } from "node:path";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import type { ChainPlace } from "#adapters/settlement/chain/chain-place.ts";
import type { OutboxFile } from "#adapters/settlement/chain/outbox-file.ts";
import { configuredSettlement } from "#adapters/settlement/configured-settlement.ts";
import type { Settlement } from "#adapters/settlement/settlement.ts";
import type { Config } from "#agent/config/config.ts";
import type { Signer } from "#core/identity/signature.ts";

/**
 * The settlement that a configuration names: on a chain where it has endpoints, else on trust. What
 * speaks to a chain is loaded only where there is one: node:http alone is a router's megabyte.
 * @param outbox where what is on its way is kept; beside the journal unless said.
 */
export function settlementLayer(
  signer: Signer,
  config: Config,
  outbox?: OutboxFile,
): Layer.Layer<Settlement> {
  const { settlement, neighbours, token, journal } = config;
  if (settlement.endpoints.length > 0) {
    const path = outboxPath(journal.directory, settlement);
    const onChain = Effect.promise(() => import("./chain-layers.ts")).pipe(
      Effect.map(({ chainSettlement, outboxFile }) =>
        chainSettlement({
          place: chainPlace(config),
          endpoints: settlement.endpoints,
          signer,
          peers: neighbours.map(({ id }) => id),
          outbox: outbox ?? outboxFile(path),
        }),
      ),
    );
    return Layer.unwrap(onChain);
  }
  const { chainId, contract } = settlement;
  const place = { chainId, contract, grainsPerUnit: token.grainsPerUnit };
  const channels = neighbours.map(({ id, depositIn, depositOut }) => ({
    peer: id,
    depositIn,
    depositOut,
  }));
  return configuredSettlement(signer.id, place, channels);
}

/** Beside the journal: a file for each chain and contract. */
export function outboxPath(directory: string, { chainId, contract }: Config["settlement"]): string {
  return join(directory, `outbox-${chainId}-${contract}.json`);
}

/** Where channels lie by the configuration. */
export function chainPlace({ settlement, token }: Config): ChainPlace {
  const { chainId, contract, notice, finality, fromBlock, feeCap, interval } = settlement;
  return {
    chainId,
    contract,
    token: settlement.token,
    decimals: token.decimals,
    grainsPerUnit: token.grainsPerUnit,
    notice,
    finality,
    fromBlock,
    feeCap,
    pollInterval: interval,
  };
}
