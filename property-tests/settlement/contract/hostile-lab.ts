import { type Address, concat, type Hex, maxUint256 } from "viem";
import type { ContractLab, Outcome } from "./contract-lab.ts";
import {
  trickyPartyAbi,
  trickyPartyConstructorCode,
  trickyPartyRuntimeCode,
} from "./tricky-party.ts";
import {
  trickyTokenAbi,
  trickyTokenConstructorCode,
  trickyTokenRuntimeCode,
} from "./tricky-token.ts";

/** What TrickyToken can do to transfers, in the order of its enumeration. */
const tokenTricks = [
  "Honest",
  "Silent",
  "False",
  "FalseAfterAll",
  "Fee",
  "Surcharge",
  "Refuses",
  "Burns",
  "Shouts",
  "Calls",
  "SaysTwo",
] as const;

/** One of the things that tokens in the field do. */
export type TokenTrick = (typeof tokenTricks)[number];

/** What TrickyParty can do when it is paid, in the order of its enumeration. */
const partyTricks = ["Takes", "Reverts", "Burns", "Shouts", "Calls"] as const;

/** One of the things that a receiver can do. */
export type PartyTrick = (typeof partyTricks)[number];

/** A token of which both parties have 1000 units, and have allowed the contract to take all. */
export async function deployTrickyToken(lab: ContractLab): Promise<Address> {
  const token = await lab.deploy(
    trickyTokenAbi,
    `${trickyTokenConstructorCode}${trickyTokenRuntimeCode}`,
  );
  for (const { address } of [lab.a, lab.b]) {
    expectDone(await lab.sendTo(token, trickyTokenAbi, address, "mint", [address, 1000n]));
    const approval = [lab.contract, maxUint256];
    expectDone(await lab.sendTo(token, trickyTokenAbi, address, "approve", approval));
  }
  return token;
}

/** From now on the token does this to transfers from and to an address. */
export async function playToken(
  lab: ContractLab,
  token: Address,
  party: Address,
  trick: TokenTrick,
): Promise<void> {
  const words = [party, tokenTricks.indexOf(trick)];
  expectDone(await lab.sendTo(token, trickyTokenAbi, lab.a.address, "play", words));
}

/** How much of the token somebody has. */
export async function held(lab: ContractLab, token: Address, owner: Address): Promise<bigint> {
  return (await lab.read(token, trickyTokenAbi, "balanceOf", [owner])) as bigint;
}

/** Puts code at b's own address, as EIP-7702 lets everybody; it goes on signing with its key. */
export async function makeTricky(lab: ContractLab): Promise<void> {
  const code = await lab.deploy(
    trickyPartyAbi,
    `${trickyPartyConstructorCode}${trickyPartyRuntimeCode}`,
  );
  await lab.rpc("anvil_setCode", lab.b.address, concat(["0xef0100", code]));
}

/** From now on b does this when it is paid: with `Calls`, it calls the contract back. */
export async function playParty(
  lab: ContractLab,
  trick: PartyTrick,
  calls: readonly Hex[] = [],
): Promise<void> {
  const words = [partyTricks.indexOf(trick), lab.contract, calls];
  expectDone(await lab.sendTo(lab.b.address, trickyPartyAbi, lab.a.address, "play", words));
}

function expectDone(outcome: Outcome): void {
  if (!outcome.done) throw new Error(`refused: ${outcome.error}`);
}
