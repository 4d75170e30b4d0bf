import { readFileSync } from "node:fs";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Scope from "effect/Scope";
import {
  type Abi,
  type Address,
  type ContractFunctionArgs,
  type ContractFunctionName,
  createClient,
  decodeErrorResult,
  decodeFunctionResult,
  type EncodeFunctionDataParameters,
  encodeDeployData,
  encodeFunctionData,
  type Hex,
  http,
  keccak256,
  type Log,
  numberToHex,
  parseEventLogs,
  stringToHex,
  toHex,
  zeroAddress,
} from "viem";
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import {
  meshChannelsAbi,
  meshChannelsConstructorCode,
  meshChannelsRuntimeCode,
} from "#adapters/settlement/contract/mesh-channels.ts";
import { devChain } from "#adapters/settlement/dev-chain.ts";

/** What the contract answered to a transaction: its events and gas, or the error it named. */
export type Outcome =
  | { readonly done: true; readonly gas: bigint; readonly events: readonly Told[] }
  | { readonly done: false; readonly error: string; readonly args: readonly unknown[] };

/** An event, as far as tests look at it. */
export interface Told {
  readonly eventName: string;
  readonly args: Readonly<Record<string, unknown>>;
}

type Written = "payable" | "nonpayable";
type MeshAbi = typeof meshChannelsAbi;

/** What goes with a transaction beside its arguments. */
export interface Along {
  readonly value?: bigint;
  /** The transaction's gas limit. */
  readonly gas?: bigint;
}

/** How long an answer may take, in milliseconds: a busy machine is waited for. */
const rpcLimit = 60_000;

/** Enough for every function with receivers that burn all they are given. */
const plentyOfGas = 3_000_000n;

/** A real chain with the contract on it, and two parties who can pay for gas. */
export interface ContractLab {
  readonly chainId: number;
  readonly contract: Address;
  /** The party with the lower address, and the other. */
  readonly a: PrivateKeyAccount;
  readonly b: PrivateKeyAccount;
  /** The key of a: everybody knows it. */
  readonly secretOfA: Hex;
  /** Somebody with a key, and ether for gas, who is neither. */
  readonly stranger: PrivateKeyAccount;
  readonly rpc: (method: string, ...params: readonly unknown[]) => Promise<unknown>;
  /** Calls a function of MeshChannels from any address, signed or not. */
  readonly send: <Name extends ContractFunctionName<MeshAbi, Written>>(
    from: Address,
    name: Name,
    args: ContractFunctionArgs<MeshAbi, Written, Name>,
    along?: Along,
  ) => Promise<Outcome>;
  /** The same for any other contract. */
  readonly sendTo: (
    to: Address,
    abi: Abi,
    from: Address,
    name: string,
    args: readonly unknown[],
    along?: Along,
  ) => Promise<Outcome>;
  readonly read: (
    to: Address,
    abi: Abi,
    name: string,
    args: readonly unknown[],
  ) => Promise<unknown>;
  readonly deploy: (abi: Abi, code: Hex, args?: readonly unknown[]) => Promise<Address>;
  readonly balance: (of: Address) => Promise<bigint>;
  readonly giveEther: (to: Address, amount: bigint) => Promise<void>;
  /** Lets so many seconds pass. */
  readonly pass: (seconds: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Starts a chain and deploys the committed contract on it. */
export async function openContractLab(): Promise<ContractLab> {
  const scope = Effect.runSync(Scope.make());
  const { url } = await Effect.runPromise(Scope.provide(devChain(), scope));
  const client = createClient({ transport: http(url, { retryCount: 0, timeout: rpcLimit }) });
  const rpc = (method: string, ...params: readonly unknown[]): Promise<unknown> =>
    client.request({ method, params } as never);
  // Contracts and addresses without a key act too: the chain takes their word.
  await rpc("anvil_autoImpersonateAccount", true);
  const giveEther = async (to: Address, amount: bigint): Promise<void> => {
    await rpc("anvil_setBalance", to, numberToHex(amount));
  };
  const secrets = secretsOfParties();
  const [a, b] = [privateKeyToAccount(secrets[0]), privateKeyToAccount(secrets[1])];
  const stranger = privateKeyToAccount(secret("stranger"));
  for (const { address } of [a, b, stranger]) await giveEther(address, 10n ** 24n);
  const deploy = async (abi: Abi, bytecode: Hex, args: readonly unknown[] = []) => {
    const data = encodeDeployData({ abi, bytecode, args });
    const receipt = await mined(rpc, { from: a.address, data, gas: numberToHex(plentyOfGas * 3n) });
    if (receipt.status !== "0x1") throw new Error("the deployment was reverted");
    return receipt.contractAddress;
  };
  const contract = await deploy(meshChannelsAbi, deployedCode());
  const sendTo: ContractLab["sendTo"] = (to, abi, from, name, args, along = {}) =>
    acted(rpc, abi, { from, to, data: callData(abi, name, args) }, along);
  return {
    chainId: Number(await rpc("eth_chainId")),
    contract,
    a,
    b,
    secretOfA: secrets[0],
    stranger,
    rpc,
    send: (from, name, args, along) =>
      sendTo(contract, meshChannelsAbi, from, name, args as readonly unknown[], along),
    sendTo,
    read: async (to, abi, functionName, args) => {
      const data = callData(abi, functionName, args);
      const answer = (await rpc("eth_call", { to, data }, "latest")) as Hex;
      return decodeFunctionResult({ abi, functionName, data: answer });
    },
    deploy,
    balance: async (of) => BigInt((await rpc("eth_getBalance", of, "latest")) as Hex),
    giveEther,
    pass: async (seconds) => {
      await rpc("evm_increaseTime", seconds);
      await rpc("evm_mine");
    },
    close: () => Effect.runPromise(Scope.close(scope, Exit.void)),
  };
}

/** The variable that names a file with other code than the committed one: with a seeded defect. */
export const codeVariable = "MESH_CHANNELS_CODE";

function deployedCode(): Hex {
  const file = process.env[codeVariable];
  if (file !== undefined) return readFileSync(file, "utf8") as Hex;
  return `${meshChannelsConstructorCode}${meshChannelsRuntimeCode}`;
}

/** The keys of two parties, in the order that the contract wants their addresses in. */
function secretsOfParties(): readonly [Hex, Hex] {
  const [one, other] = [secret("one"), secret("other")];
  const address = (key: Hex) => BigInt(privateKeyToAccount(key).address);
  return address(one) < address(other) ? [one, other] : [other, one];
}

/** A key that everybody can know: what it holds is worth nothing anywhere. */
function secret(name: string): Hex {
  return keccak256(stringToHex(`contract lab: ${name}`));
}

function callData(abi: Abi, functionName: string, args: readonly unknown[]): Hex {
  return encodeFunctionData({ abi, functionName, args } as EncodeFunctionDataParameters);
}

interface Transaction {
  readonly from: Address;
  readonly to: Address;
  readonly data: Hex;
}

interface Receipt {
  readonly status: Hex;
  readonly gasUsed: Hex;
  readonly contractAddress: Address;
  readonly logs: readonly Log[];
}

/**
 * Asks first, for a mined transaction does not tell why it was reverted. Both run in the same state:
 * nobody else is on this chain.
 */
async function acted(
  rpc: ContractLab["rpc"],
  abi: Abi,
  call: Transaction,
  { value = 0n, gas = plentyOfGas }: Along,
): Promise<Outcome> {
  const words = { ...call, value: numberToHex(value), gas: numberToHex(gas) };
  const refused = await rpc("eth_call", words, "latest").then(
    () => undefined,
    (error: unknown) => error,
  );
  const receipt = await mined(rpc, words);
  const reverted = receipt.status !== "0x1";
  if (reverted !== (refused !== undefined))
    throw new Error("asked and done differ", { cause: refused });
  if (reverted) return { done: false, ...errorIn(abi, refused) };
  const events = parseEventLogs({ abi, logs: receipt.logs as Log[] });
  return { done: true, gas: BigInt(receipt.gasUsed), events: events as unknown as readonly Told[] };
}

/** Waits for the block: even on a chain that mines at once, the hash is told before it is mined. */
async function mined(rpc: ContractLab["rpc"], words: object): Promise<Receipt> {
  return (await rpc("eth_sendTransactionSync", words)) as Receipt;
}

/** The contract's own error in whatever viem wrapped round the answer. */
function errorIn(abi: Abi, thrown: unknown): { error: string; args: readonly unknown[] } {
  const data = revertData(thrown);
  if (data === undefined) return { error: String(thrown).split("\n")[0] ?? "", args: [] };
  try {
    const { errorName, args } = decodeErrorResult({ abi, data });
    return { error: errorName, args: (args ?? []) as readonly unknown[] };
  } catch {
    return { error: data, args: [] };
  }
}

function revertData(thrown: unknown): Hex | undefined {
  if (typeof thrown !== "object" || thrown === null) return undefined;
  const { data, cause } = thrown as { readonly data?: unknown; readonly cause?: unknown };
  return typeof data === "string" ? (data as Hex) : revertData(cause);
}

/** The terms of a channel in these tests: a minute's notice, and a salt for each. */
export interface Terms {
  readonly token: Address;
  readonly notice: number;
  readonly salt: Hex;
}

let lastSalt = 0;

/** Terms that no channel of this process has had. */
export function newTerms(token: Address = zeroAddress): Terms {
  return { token, notice: 60, salt: toHex(++lastSalt, { size: 32 }) };
}

/** The id that the contract gives a channel between the lab's parties. */
export async function idOf(lab: ContractLab, terms: Terms): Promise<Hex> {
  const { token, notice, salt } = terms;
  const args = [lab.a.address, lab.b.address, token, notice, salt];
  return (await lab.read(lab.contract, meshChannelsAbi, "channelId", args)) as Hex;
}
