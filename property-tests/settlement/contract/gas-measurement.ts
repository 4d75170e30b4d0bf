import { type Address, type Hex, maxUint256, zeroAddress } from "viem";
import { type ContractLab, idOf, newTerms, type Outcome } from "./contract-lab.ts";
import { plainTokenAbi, plainTokenConstructorCode, plainTokenRuntimeCode } from "./plain-token.ts";
import { signedFinal, signedVoucher, signedWithdraw } from "./signed-text.ts";

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
  const { id, gas: open } = await opened(lab, token);
  const last = { channelId: id, cumAB: unit / 5n, cumBA: unit / 10n };
  const signatures = [
    ...(await signedFinal(lab.a, lab, last)),
    ...(await signedFinal(lab.b, lab, last)),
  ] as [Hex, Hex, Hex, Hex];
  const args = [id, last.cumAB, last.cumBA, ...signatures] as const;
  const closeTogether = gasOf(await lab.send(lab.a.address, "closeTogether", args));
  return { open, closeTogether };
}

async function measureDispute(lab: ContractLab, token: Address) {
  const { id } = await opened(lab, token);
  const register = async (cumulative: bigint) => {
    const [r, vs] = await signedVoucher(lab.a, lab, { channelId: id, cumulative });
    return gasOf(await lab.send(lab.b.address, "register", [id, cumulative, r, vs]));
  };
  const withdraw = async (totalOut: bigint) => {
    const permit = { channelId: id, party: lab.a.address, totalOut };
    const [r, vs] = await signedWithdraw(lab.b, lab, permit);
    return gasOf(await lab.send(lab.a.address, "withdraw", [id, lab.a.address, totalOut, r, vs]));
  };
  return {
    setDeposit: gasOf(await deposited(lab, token, id)),
    firstRegister: await register(unit / 10n),
    laterRegister: await register(unit / 5n),
    staleRegister: await register(unit / 10n),
    firstWithdraw: await withdraw(unit / 4n),
    laterWithdraw: await withdraw(unit / 2n),
    startClose: gasOf(await lab.send(lab.b.address, "startClose", [id])),
    finish: await lab
      .pass(60)
      .then(async () => gasOf(await lab.send(lab.b.address, "finish", [id]))),
  };
}

function deposited(lab: ContractLab, token: Address, id: Hex): Promise<Outcome> {
  const value = token === zeroAddress ? unit : 0n;
  return lab.send(lab.b.address, "setDeposit", [id, unit], { value });
}

async function opened(lab: ContractLab, token: Address) {
  const terms = newTerms(token);
  const value = token === zeroAddress ? unit : 0n;
  const args = [lab.b.address, token, terms.notice, terms.salt, unit] as const;
  const gas = gasOf(await lab.send(lab.a.address, "open", args, { value }));
  return { id: await idOf(lab, terms), gas };
}

function gasOf(outcome: Outcome): bigint {
  if (!outcome.done) throw new Error(`refused: ${outcome.error}`);
  return outcome.gas;
}
