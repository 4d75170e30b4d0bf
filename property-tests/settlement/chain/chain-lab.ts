import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Scope from "effect/Scope";
import { keysFromSeed } from "#adapters/keys/seeded-keys.ts";
import type { ChainPlace } from "#adapters/settlement/chain/chain-place.ts";
import { coin } from "#adapters/settlement/chain/chain-place.ts";
import { type ChainSession, chainSession } from "#adapters/settlement/chain/chain-session.ts";
import * as tools from "#adapters/settlement/chain/chain-tools.ts";
import { deployCode } from "#adapters/settlement/chain/deployment.ts";
import { memoryOutbox, type OutboxFile } from "#adapters/settlement/chain/outbox-file.ts";
import { quorum } from "#adapters/settlement/chain/quorum.ts";
import { type RpcEndpoint, rpcEndpoint } from "#adapters/settlement/chain/rpc-endpoint.ts";
import {
  demoTokenConstructorCode,
  demoTokenRuntimeCode,
} from "#adapters/settlement/contract/demo-token.ts";
import {
  meshChannelsConstructorCode,
  meshChannelsRuntimeCode,
} from "#adapters/settlement/contract/mesh-channels.ts";
import { type DevChainOptions, devChain } from "#adapters/settlement/dev-chain.ts";
import { playMoney } from "#adapters/settlement/play-money.ts";
import type { Signer } from "#core/identity/signature.ts";
import { addressOf } from "#core/settlement/address.ts";
import type { ChannelStep } from "#core/settlement/plan.ts";
import { voucherDigest } from "#core/settlement/typed-data.ts";
import type { Voucher } from "#core/settlement/voucher.ts";
import { type Money, type TokenUnits, tokenUnits } from "#core/units/money.ts";

/** A real chain with the contract, and two neighbours who settle on it through the shipped adapter. */
export interface ChainLab {
  readonly url: string;
  readonly place: ChainPlace;
  readonly a: Signer;
  readonly b: Signer;
  readonly rpc: (method: string, ...params: readonly unknown[]) => Promise<unknown>;
  readonly mine: (blocks?: number) => Promise<void>;
  readonly balance: (signer: Signer) => Promise<bigint>;
  /** What the contract holds in the chain's coin. */
  readonly held: () => Promise<bigint>;
  /** Deploys play money and gives some to accounts (40 digits each); the token's address. */
  readonly mintTo: (accounts: readonly string[], amount: bigint) => Promise<string>;
  readonly tokens: (token: string, owner: string) => Promise<bigint>;
  readonly session: (signer: Signer, parts?: SessionChanges) => ChainSession;
  /** Stops the process of the chain, as an outage does, and lets it go on. */
  readonly pause: () => void;
  readonly resume: () => void;
  readonly close: () => Promise<void>;
}

/** What a test wants otherwise. */
export interface SessionChanges {
  readonly endpoints?: readonly RpcEndpoint[];
  readonly file?: OutboxFile;
  readonly place?: Partial<ChainPlace>;
}

/** Enough of the chain's coin for every test. */
export const riches = 10n ** 20n;

/** The rich account that a development chain begins with. */
const deployer = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266";

/** Starts a chain of which the block before the last but one is final, and deploys the contract. */
export async function openChainLab(options: DevChainOptions = {}): Promise<ChainLab> {
  const scope = Effect.runSync(Scope.make());
  const chain = devChain({ slotsInEpoch: 1, ...options });
  const { url, pid } = await Effect.runPromise(Scope.provide(chain, scope));
  const endpoint = rpcEndpoint(url);
  const rpc: ChainLab["rpc"] = (method, ...params) => endpoint.call(method, params);
  const mine = async (blocks = 1): Promise<void> => {
    for (let i = 0; i < blocks; i++) await rpc("evm_mine");
  };
  const [a, b] = [keysFromSeed("chain lab: a").signer, keysFromSeed("chain lab: b").signer];
  for (const { id } of [a, b]) {
    await rpc("anvil_setBalance", `0x${addressOf(id)}`, `0x${riches.toString(16)}`);
  }
  const code = `${meshChannelsConstructorCode}${meshChannelsRuntimeCode}`;
  const contract = await deployCode(endpoint.call, deployer, code);
  const place: ChainPlace = {
    chainId: BigInt(String(await rpc("eth_chainId"))),
    contract,
    token: coin,
    decimals: 18,
    grainsPerUnit: 1000n,
    notice: 600n,
    finality: "finalized",
    fromBlock: 0n,
    feeCap: 100_000_000_000n,
    pollInterval: 50,
  };
  await mine(3);
  return {
    url,
    place,
    a,
    b,
    rpc,
    mine,
    balance: async ({ id }) =>
      BigInt(String(await rpc("eth_getBalance", `0x${addressOf(id)}`, "latest"))),
    held: async () => BigInt(String(await rpc("eth_getBalance", `0x${contract}`, "latest"))),
    mintTo: async (accounts, amount) => {
      const token = await deployCode(
        endpoint.call,
        deployer,
        demoTokenConstructorCode + demoTokenRuntimeCode,
      );
      for (const account of accounts) {
        const data = playMoney.mint(account, amount);
        await rpc("eth_sendTransaction", { from: deployer, to: `0x${token}`, data });
      }
      await mine();
      return token;
    },
    tokens: async (token, owner) =>
      BigInt(
        String(
          await rpc("eth_call", { to: `0x${token}`, data: playMoney.balance(owner) }, "latest"),
        ),
      ),
    session: (signer, changes = {}) => {
      const changed = { ...place, ...changes.place };
      const several = quorum(changes.endpoints ?? [endpoint], changed.finality);
      const file = changes.file ?? memoryOutbox();
      return chainSession({ tools, place: changed, quorum: several, signer, file });
    },
    pause: () => process.kill(pid, "SIGSTOP"),
    resume: () => process.kill(pid, "SIGCONT"),
    close: () => Effect.runPromise(Scope.close(scope, Exit.void)),
  };
}

/** A step with so much at stake that no fee is too much. */
export function step(words: Unstaked, urgent = false): ChannelStep {
  return { ...words, atStake: tokenUnits(riches), urgent };
}

type Unstaked = ChannelStep extends infer One
  ? One extends ChannelStep
    ? Omit<One, "atStake" | "urgent">
    : never
  : never;

/** A voucher of a signer for so much in all on a channel. */
export function voucher(
  place: ChainPlace,
  signer: Signer,
  channelId: string,
  cumulative: TokenUnits,
): Voucher {
  const { chainId, contract, grainsPerUnit } = place;
  const signature = signer.sign(voucherDigest({ channelId, chainId, contract }, cumulative));
  return { totals: [(cumulative * grainsPerUnit) as Money], cumulative, signature };
}
