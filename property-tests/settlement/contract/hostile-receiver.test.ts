import {
  encodeFunctionData,
  type Hex,
  parseEventLogs,
  toFunctionSelector,
  zeroAddress,
} from "viem";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { meshChannelsAbi } from "#adapters/settlement/contract/mesh-channels.ts";
import { type ContractLab, openContractLab } from "./contract-lab.ts";
import { deployTrickyToken, held, makeTricky, playParty, playToken } from "./hostile-lab.ts";
import { creditOf, openChannel } from "./lab-channel.ts";
import { signedFinal, signedVoucher, signedWithdraw } from "./signed-text.ts";
import { trickyPartyAbi } from "./tricky-party.ts";

let lab: ContractLab;
beforeEach(async () => {
  lab = await openContractLab();
  await makeTricky(lab);
});
afterEach(() => lab.close());

const claim = () => lab.send(lab.a.address, "claimCredit", [zeroAddress, lab.b.address]);
const owed = () => creditOf(lab, zeroAddress, lab.b.address);

describe("a receiver of ether", () => {
  test.each(["Reverts", "Burns", "Shouts"] as const)(
    "that does %s gets credit, and the other party is paid at a bounded price",
    async (trick) => {
      const channel = await openChannel(lab, { a: 600n, b: 400n });
      await channel.startClose("a");
      await lab.pass(60);
      await playParty(lab, trick);
      const [a, b] = [await lab.balance(lab.a.address), await lab.balance(lab.b.address)];
      const outcome = await lab.send(lab.stranger.address, "finish", [channel.id]);
      expect(outcome).toMatchObject({
        events: [{ eventName: "Closed" }, { eventName: "CreditChanged", args: { amount: 400n } }],
      });
      // A plain finish, the gas given to the receiver, and a credit in a slot that was never used.
      expect(outcome.done && outcome.gas).toBeLessThan(60_000n + 50_000n + 30_000n);
      expect((await lab.balance(lab.a.address)) - a).toBe(600n);
      expect((await lab.balance(lab.b.address)) - b).toBe(0n);
      expect(await claim()).toMatchObject({ error: "CreditNotPaid" });
      expect(await owed()).toBe(400n);
      await playParty(lab, "Takes");
      expect(await claim()).toMatchObject({ done: true });
      expect((await lab.balance(lab.b.address)) - b).toBe(400n);
      expect(await lab.balance(lab.contract)).toBe(0n);
    },
  );

  test("is never starved into credit by whoever pays for the transaction", async () => {
    const channel = await openChannel(lab, { a: 600n, b: 400n });
    await channel.startClose("a");
    await lab.pass(60);
    // It needs most of the gas that it is promised.
    await playParty(lab, "Calls", Array(3).fill(claimCall(lab.a.address)));
    const endings = new Set<boolean>();
    for (let gas = 70_000n; gas < 160_000n; gas += 1000n) {
      const before = await lab.rpc("evm_snapshot");
      const outcome = await lab.send(lab.stranger.address, "finish", [channel.id], { gas });
      endings.add(outcome.done);
      expect(await owed()).toBe(0n);
      expect(await channel.status()).toBe(outcome.done ? 3 : 2);
      await lab.rpc("evm_revert", before);
    }
    expect(endings).toEqual(new Set([false, true]));
  });
});

describe("a party that is paid and calls back", () => {
  const guard = toFunctionSelector("ReentrancyGuardReentrantCall()");
  const wrongStatus = toFunctionSelector("WrongStatus(uint8)");

  /** Every function of the contract, as useful to b as it can be. */
  async function everything(id: Hex): Promise<Readonly<Record<string, Hex>>> {
    const voucher = await signedVoucher(lab.a, lab, { channelId: id, cumulative: 150n });
    const permit = { channelId: id, party: lab.b.address, totalOut: 200n };
    const withdraw = await signedWithdraw(lab.a, lab, permit);
    const last = { channelId: id, cumAB: 150n, cumBA: 0n };
    const [rA, vsA] = await signedFinal(lab.a, lab, last);
    const [rB, vsB] = await signedFinal(lab.b, lab, last);
    const abi = meshChannelsAbi;
    const open = [lab.a.address, zeroAddress, 60, id, 0n] as const;
    const both = [id, 150n, 0n, rA, vsA, rB, vsB] as const;
    return {
      open: encodeFunctionData({ abi, functionName: "open", args: open }),
      setDeposit: encodeFunctionData({ abi, functionName: "setDeposit", args: [id, 500n] }),
      withdraw: encodeFunctionData({
        abi,
        functionName: "withdraw",
        args: [id, lab.b.address, 200n, ...withdraw],
      }),
      finish: encodeFunctionData({ abi, functionName: "finish", args: [id] }),
      closeTogether: encodeFunctionData({ abi, functionName: "closeTogether", args: both }),
      claimCredit: claimCall(lab.b.address),
      register: encodeFunctionData({
        abi,
        functionName: "register",
        args: [id, 150n, ...voucher],
      }),
      startClose: encodeFunctionData({ abi, functionName: "startClose", args: [id] }),
    };
  }

  /** What was tried since a block, and what the contract said to it. */
  async function tried(since: Hex): Promise<readonly (Hex | "done")[]> {
    const words = { address: lab.b.address, fromBlock: since, toBlock: "latest" };
    const logs = (await lab.rpc("eth_getLogs", words)) as never[];
    return parseEventLogs({ abi: trickyPartyAbi, logs }).map(({ args }) =>
      args.done ? "done" : args.why,
    );
  }

  const guarded = ["open", "setDeposit", "withdraw", "finish", "closeTogether", "claimCredit"];

  test("is refused whatever moves money, and finds its channel closed for the rest", async () => {
    for (const name of [...guarded, "register", "startClose"]) {
      const channel = await openChannel(lab, { a: 600n, b: 400n });
      const call = (await everything(channel.id))[name] as Hex;
      await playParty(lab, "Calls", [call]);
      const before = await lab.balance(lab.b.address);
      const since = (await lab.rpc("eth_blockNumber")) as Hex;
      expect(await channel.closeTogether(0n, 0n)).toMatchObject({ done: true });
      expect(await tried(since)).toEqual([guarded.includes(name) ? guard : wrongStatus]);
      expect((await lab.balance(lab.b.address)) - before).toBe(400n);
      expect(await lab.balance(lab.contract)).toBe(0n);
    }
  });

  test("in the middle of a withdrawal changes nothing that it could not change before it", async () => {
    for (const name of [...guarded, "register", "startClose"]) {
      const token = await deployTrickyToken(lab);
      await playToken(lab, token, lab.b.address, "Calls");
      await playParty(lab, "Takes");
      const channel = await openChannel(lab, { a: 600n, b: 400n }, token);
      await playParty(lab, "Calls", [(await everything(channel.id))[name] as Hex]);
      const since = (await lab.rpc("eth_blockNumber")) as Hex;
      await channel.withdraw("b", 100n);
      expect(await tried(since)).toEqual([guarded.includes(name) ? guard : "done"]);
      await playParty(lab, "Takes");
      await channel.register("a", 150n);
      expect(await channel.dispute()).toMatchObject({
        events: [{ args: { cumAB: 150n, paidA: 450n, paidB: 450n } }],
      });
      expect(await held(lab, token, lab.b.address)).toBe(1000n - 400n + 100n + 450n);
      expect(await held(lab, token, lab.contract)).toBe(0n);
    }
  });

  test("while it deposits pays in once what it says", async () => {
    const token = await deployTrickyToken(lab);
    const channel = await openChannel(lab, { a: 600n, b: 100n }, token);
    await playToken(lab, token, lab.b.address, "Calls");
    const { setDeposit, withdraw, startClose } = await everything(channel.id);
    await playParty(lab, "Calls", [setDeposit, withdraw, startClose] as Hex[]);
    const since = (await lab.rpc("eth_blockNumber")) as Hex;
    expect(await channel.deposit("b", 300n, 0n)).toMatchObject({ done: true });
    expect(await tried(since)).toEqual([guard, guard, "done"]);
    await playParty(lab, "Takes");
    await lab.pass(60);
    expect(await channel.finish("a")).toMatchObject({
      events: [{ args: { paidA: 600n, paidB: 300n } }],
    });
    expect(await held(lab, token, lab.b.address)).toBe(1000n);
  });

  test("while it claims a credit gets it once", async () => {
    const channel = await openChannel(lab, { a: 600n, b: 400n });
    await playParty(lab, "Reverts");
    await channel.closeTogether(0n, 0n);
    await playParty(lab, "Calls", [claimCall(lab.b.address), claimCall(lab.b.address)]);
    const [since, before] = [await lab.rpc("eth_blockNumber"), await lab.balance(lab.b.address)];
    expect(await claim()).toMatchObject({ done: true });
    expect(await tried(since as Hex)).toEqual([guard, guard]);
    expect((await lab.balance(lab.b.address)) - before).toBe(400n);
  });
});

function claimCall(owner: Hex): Hex {
  return encodeFunctionData({
    abi: meshChannelsAbi,
    functionName: "claimCredit",
    args: [zeroAddress, owner],
  });
}
