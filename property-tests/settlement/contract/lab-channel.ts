import { type Address, type Hex, zeroAddress } from "viem";
import type { PrivateKeyAccount } from "viem/accounts";
import { meshChannelsAbi } from "#adapters/settlement/contract/mesh-channels.ts";
import { type Along, type ContractLab, idOf, newTerms, type Outcome } from "./contract-lab.ts";
import { signedFinal, signedVoucher, signedWithdraw } from "./signed-text.ts";

/** One of the lab's two parties. */
export type Party = "a" | "b";

/** What both have deposited, or are paid. */
export interface Amounts {
  readonly a: bigint;
  readonly b: bigint;
}

/** One channel of the lab. Each call is signed by whoever has to, and brought by `by`. */
export interface LabChannel {
  readonly id: Hex;
  readonly token: Address;
  /** How the two calls that opened it ended; the second is missing where b deposits nothing. */
  readonly opening: readonly Outcome[];
  readonly deposit: (party: Party, total: bigint, value: bigint) => Promise<Outcome>;
  /** Makes the payer's voucher count; `by` is its payee unless said. */
  readonly register: (payer: Party, cumulative: bigint, by?: Party) => Promise<Outcome>;
  /** Takes out what the party's peer permitted; `by` is that peer unless said. */
  readonly withdraw: (
    party: Party,
    totalOut: bigint,
    by?: Party,
    along?: Along,
  ) => Promise<Outcome>;
  readonly startClose: (by: Party) => Promise<Outcome>;
  readonly finish: (by: Party, along?: Along) => Promise<Outcome>;
  /** startClose by a, the notice, finish by a. */
  readonly dispute: (along?: Along) => Promise<Outcome>;
  readonly closeTogether: (cumAB: bigint, cumBA: bigint, along?: Along) => Promise<Outcome>;
  /** 0 none, 1 open, 2 closing, 3 closed. */
  readonly status: () => Promise<number>;
}

/** The other one of the two. */
export const peerOf: Readonly<Record<Party, Party>> = { a: "b", b: "a" };

/** Opens a channel between the lab's parties with what both deposit. Refusals are in `opening`. */
export async function openChannel(
  lab: ContractLab,
  deposits: Amounts,
  token: Address = zeroAddress,
): Promise<LabChannel> {
  const terms = newTerms(token);
  const id = await idOf(lab, terms);
  const value = (amount: bigint) => (token === zeroAddress ? amount : 0n);
  const words = [lab.b.address, token, terms.notice, terms.salt, deposits.a] as const;
  const opening = [await lab.send(lab.a.address, "open", words, { value: value(deposits.a) })];
  const channel = labChannel(lab, id, token);
  if (deposits.b > 0n) opening.push(await channel.deposit("b", deposits.b, value(deposits.b)));
  return { ...channel, opening };
}

function labChannel(lab: ContractLab, id: Hex, token: Address): Omit<LabChannel, "opening"> {
  const account = (party: Party): PrivateKeyAccount => lab[party];
  const startClose = (by: Party) => lab.send(lab[by].address, "startClose", [id]);
  const finish = (by: Party, along?: Along) => lab.send(lab[by].address, "finish", [id], along);
  return {
    id,
    token,
    deposit: (party, total, value) =>
      lab.send(lab[party].address, "setDeposit", [id, total], { value }),
    register: async (payer, cumulative, by = peerOf[payer]) => {
      const voucher = { channelId: id, cumulative };
      const signature = await signedVoucher(account(payer), lab, voucher);
      return lab.send(lab[by].address, "register", [id, cumulative, ...signature]);
    },
    withdraw: async (party, totalOut, by = peerOf[party], along = {}) => {
      const to = lab[party].address;
      const permit = { channelId: id, party: to, totalOut };
      const signature = await signedWithdraw(account(peerOf[party]), lab, permit);
      return lab.send(lab[by].address, "withdraw", [id, to, totalOut, ...signature], along);
    },
    startClose,
    finish,
    dispute: async (along) => {
      await startClose("a");
      await lab.pass(60);
      return finish("a", along);
    },
    closeTogether: async (cumAB, cumBA, along) => {
      const last = { channelId: id, cumAB, cumBA };
      const [rA, vsA] = await signedFinal(lab.a, lab, last);
      const [rB, vsB] = await signedFinal(lab.b, lab, last);
      const words = [id, cumAB, cumBA, rA, vsA, rB, vsB] as const;
      return lab.send(lab.a.address, "closeTogether", words, along);
    },
    status: async () => {
      const stored = await lab.read(lab.contract, meshChannelsAbi, "channel", [id]);
      return (stored as { readonly status: number }).status;
    },
  };
}

/** What the contract owes somebody whom it could not pay. */
export async function creditOf(lab: ContractLab, token: Address, owner: Address): Promise<bigint> {
  return (await lab.read(lab.contract, meshChannelsAbi, "credit", [token, owner])) as bigint;
}
