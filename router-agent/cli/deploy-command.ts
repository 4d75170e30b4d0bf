import * as Console from "effect/Console";
import * as Command from "effect/cli/Command";
import * as Flag from "effect/cli/Flag";
import * as Effect from "effect/Effect";
import { partyOf } from "#adapters/settlement/chain/chain-session.ts";
import { deployer } from "#adapters/settlement/chain/deployment.ts";
import { outboxFile } from "#adapters/settlement/chain/outbox-file.ts";
import { quorum } from "#adapters/settlement/chain/quorum.ts";
import { rpcEndpoint } from "#adapters/settlement/chain/rpc-endpoint.ts";
import { ChainRefused } from "#adapters/settlement/settlement-error.ts";
import { toJson } from "#agent/agent/facts.ts";
import { outboxPath } from "#agent/agent/settlement-layer.ts";
import { configFlag, jsonFlag, loadConfig } from "./config-source.ts";
import { ownKeys } from "./own-keys.ts";

/** `channel deploy`: puts the contract on a chain, for everybody there: it needs to be done once. */
export const deployCommand = Command.make(
  "deploy",
  {
    config: configFlag,
    json: jsonFlag,
    rpc: Flag.String("rpc").pipe(
      Flag.withDescription(
        "Where the chain answers JSON-RPC; the configuration may name no contract yet",
      ),
    ),
    dryRun: Flag.Boolean("dry-run").pipe(
      Flag.withDescription("Say what it would cost, and send nothing"),
      Flag.withDefault(false),
    ),
  },
  Effect.fn(function* ({ config: path, json, rpc, dryRun }) {
    const config = yield* loadConfig(path);
    const { signer } = yield* ownKeys(config);
    const { feeCap, finality, interval } = config.settlement;
    const found = yield* Effect.tryPromise({
      try: async () => {
        const tools = await import("#adapters/settlement/chain/chain-tools.ts");
        const endpoint = rpcEndpoint(rpc);
        const chainId = BigInt(String(await endpoint.call("eth_chainId", [])));
        const account = { chainId, address: partyOf(signer.id), signer, feeCap };
        const settlement = { ...config.settlement, chainId, contract: "00".repeat(20) };
        const file = outboxFile(outboxPath(config.journal.directory, settlement));
        const work = deployer(tools, quorum([endpoint], finality), account, file);
        if (dryRun) {
          const { gas, fees, most } = await work.rehearse();
          return { account: `0x${account.address}`, chainId, gas, feeCap: fees.cap, most };
        }
        const wait = () => new Promise<void>((resolve) => setTimeout(resolve, interval));
        return { chainId, ...(await work.deploy(wait)) };
      },
      catch: (error) =>
        new ChainRefused({
          problem: "deployment",
          words: error instanceof Error ? error.message : String(error),
        }),
    });
    if (json || !("contract" in found)) return yield* Console.log(toJson(found));
    yield* Console.log(
      [
        `deployed in ${found.hash}; for the configuration of everybody on this chain:`,
        `\toption chain_id '${found.chainId}'`,
        `\toption contract '${found.contract}'`,
        `\toption contract_block '${found.block}'`,
      ].join("\n"),
    );
  }),
).pipe(Command.withDescription("Put the contract on a chain, once for everybody there"));
