import { chmod } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Scope from "effect/Scope";
import { deployCode } from "#adapters/settlement/chain/deployment.ts";
import { rpcEndpoint } from "#adapters/settlement/chain/rpc-endpoint.ts";
import { devChain } from "#adapters/settlement/dev-chain.ts";
import { addressOf } from "#core/settlement/address.ts";
import { nodeId } from "#core/units/node-id.ts";

/** A chain beside the demo, on which the routers' channels lie: a real one, that lasts as long. */
export interface DemoChain {
  /** What a configuration says of it; the endpoint is a socket if one is given, for namespaces. */
  readonly settings: (
    socket: string | undefined,
  ) => Readonly<Record<string, string | readonly string[]>>;
  /** Lets whoever reaches the socket ask the chain: files are seen from every network namespace. */
  readonly listenAt: (socket: string) => Promise<void>;
  /** Gives the routers' accounts play money, and coin for fees. */
  readonly fund: (ids: readonly string[]) => Promise<void>;
  /** What an account has, in the token's smallest units. */
  readonly balance: (id: string) => Promise<bigint>;
  /** What the contract still holds of the token. */
  readonly held: () => Promise<bigint>;
  readonly close: () => Promise<void>;
}

/** What each router begins with: 100 of the token. */
export const purse = 100_000_000n;

/** Milliseconds between blocks. */
const blockTime = 250;

/** The account that a development chain begins with. Its key is public: it is worth nothing. */
const rich = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266";

/** Starts the chain, with the contract and a token on it. */
export async function openDemoChain(): Promise<DemoChain> {
  const scope = Effect.runSync(Scope.make());
  const close = (): Promise<void> => Effect.runPromise(Scope.close(scope, Exit.void));
  try {
    const options = { slotsInEpoch: 1 } as const;
    const { url } = await Effect.runPromise(Scope.provide(devChain(options), scope));
    return await furnished(url, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function furnished(url: string, end: () => Promise<void>): Promise<DemoChain> {
  const { call } = rpcEndpoint(url);
  const mesh = await import("#adapters/settlement/contract/mesh-channels.ts");
  const money = await import("#adapters/settlement/contract/demo-token.ts");
  const { playMoney } = await import("#adapters/settlement/play-money.ts");
  const deploy = (code: string) => deployCode(call, rich, code);
  const contract = await deploy(mesh.meshChannelsConstructorCode + mesh.meshChannelsRuntimeCode);
  const token = await deploy(money.demoTokenConstructorCode + money.demoTokenRuntimeCode);
  const chainId = BigInt(String(await call("eth_chainId", [])));
  const blocks = setInterval(() => void call("evm_mine", []).catch(() => undefined), blockTime);
  const servers: Server[] = [];
  const accountOf = (id: string): string => addressOf(nodeId(id)) ?? "";
  const balanceOf = async (owner: string): Promise<bigint> => {
    const words = { to: `0x${token}`, data: playMoney.balance(owner) };
    return BigInt(String(await call("eth_call", [words, "latest"])));
  };
  return {
    settings: (socket) => ({
      chain_id: `${chainId}`,
      contract,
      token_address: token,
      rpc: [socket === undefined ? url : `unix:${socket}`],
      chain_interval: `${blockTime}`,
    }),
    listenAt: async (socket) => void servers.push(await proxy(url, socket)),
    fund: async (ids) => {
      for (const id of ids) {
        await call("anvil_setBalance", [`0x${accountOf(id)}`, "0x56bc75e2d63100000"]); // 100 coins
        const data = playMoney.mint(accountOf(id), purse);
        await call("eth_sendTransaction", [{ from: rich, to: `0x${token}`, data }]);
      }
    },
    balance: (id) => balanceOf(accountOf(id)),
    held: () => balanceOf(contract),
    close: async () => {
      clearInterval(blocks);
      for (const server of servers) server.close();
      await end();
    },
  };
}

/** A socket in the file system that leads to the chain's port. */
async function proxy(url: string, socket: string): Promise<Server> {
  const { hostname, port } = new URL(url);
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    near.on("error", () => far.destroy());
    far.on("error", () => near.destroy());
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve, reject) => {
    server.on("error", reject);
    server.listen(socket, resolve);
  });
  await chmod(socket, 0o600);
  return server;
}
