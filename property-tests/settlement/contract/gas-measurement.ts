import { type Address, type Hex, maxUint256 } from "viem";
import type { ContractLab, Outcome } from "./contract-lab.ts";
import { openChannel } from "./lab-channel.ts";
import { plainTokenAbi, plainTokenConstructorCode, plainTokenRuntimeCode } from "./plain-token.ts";

/** Units of gas for each thing a node does on the chain, the transaction itself included. */
export interface GasTable {
  /** With the first deposit. */
  readonly open: bigint;
  /** The other party's deposit; raising one costs the same. */
  readonly setDeposit: bigint;
  readonly firstRegister: bigint;
  readonly laterRegister: bigint;
  readonly staleRegister: bigint;
  readonly firstWithdraw: bigint;
  readonly laterWithdraw: bigint;
  readonly startClose: bigint;
  /** Paying out to both. */
  readonly finish: bigint;
  /** With both signatures, paying out to both, nothing registered before. */
  readonly closeTogether: bigint;
  /** open, one register, startClose, finish. */
  readonly disputeInAll: bigint;
  /** open, closeTogether. */
  readonly friendlyInAll: bigint;
}

/** What nodes move here: one unit of a token with 18 decimals. */
const unit = 10n ** 18n;

/**
 * An honest token of which both parties have some, and may deposit all. Other channels hold some
 * already: the very first deposit of a token costs 17 100 more, once.
 */
export async function deployToken(lab: ContractLab): Promise<Address> {
  const code: Hex = `${plainTokenConstructorCode}${plainTokenRuntimeCode}`;
  const token = await lab.deploy(plainTokenAbi, code);
  await lab.sendTo(token, plainTokenAbi, lab.a.address, "mint", [lab.contract, unit]);
  for (const { address } of [lab.a, lab.b]) {
    await lab.sendTo(token, plainTokenAbi, address, "mint", [address, 1000n * unit]);
    const approval = [lab.contract, maxUint256];
    await lab.sendTo(token, plainTokenAbi, address, "approve", approval);
  }
  return token;
}

/**
 * Measures every function by the receipts of real transactions between two ordinary accounts that
 * hold some of the token already.
 */
export async function measureGas(lab: ContractLab, token: Address): Promise<GasTable> {
  const dispute = await measureDispute(lab, token);
  const { open, closeTogether } = await measureFriendly(lab, token);
  const { firstRegister, startClose, finish } = dispute;
  return {
    open,
    ...dispute,
    closeTogether,
    disputeInAll: open + firstRegister + startClose + finish,
    friendlyInAll: open + closeTogether,
  };
}

async function measureFriendly(lab: ContractLab, token: Address) {
  const channel = await openChannel(lab, { a: unit, b: 0n }, token);
  const closeTogether = gasOf(await channel.closeTogether(unit / 5n, unit / 10n));
  return { open: gasOf(channel.opening[0]), closeTogether };
}

async function measureDispute(lab: ContractLab, token: Address) {
  const channel = await openChannel(lab, { a: unit, b: unit }, token);
  return {
    setDeposit: gasOf(channel.opening[1]),
    firstRegister: gasOf(await channel.register("a", unit / 10n)),
    laterRegister: gasOf(await channel.register("a", unit / 5n)),
    staleRegister: gasOf(await channel.register("a", unit / 10n)),
    firstWithdraw: gasOf(await channel.withdraw("a", unit / 4n, "a")),
    laterWithdraw: gasOf(await channel.withdraw("a", unit / 2n, "a")),
    startClose: gasOf(await channel.startClose("b")),
    finish: gasOf(await lab.pass(60).then(() => channel.finish("b"))),
  };
}

function gasOf(outcome: Outcome | undefined): bigint {
  if (outcome?.done !== true) throw new Error(`refused: ${outcome?.error}`);
  return outcome.gas;
}
