import { type Address, zeroAddress } from "viem";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { gasLimits } from "#adapters/settlement/chain/contract-call.ts";
import { type ContractLab, openContractLab } from "./contract-lab.ts";
import { deployTrickyToken, held, playToken, type TokenTrick } from "./hostile-lab.ts";
import { creditOf, type LabChannel, openChannel } from "./lab-channel.ts";

let lab: ContractLab;
let token: Address;
beforeAll(async () => {
  lab = await openContractLab();
});
beforeEach(async () => {
  token = await deployTrickyToken(lab);
});
afterAll(() => lab.close());

const inToken = () => openChannel(lab, { a: 600n, b: 400n }, token);
const play = (party: Address, trick: TokenTrick) => playToken(lab, token, party, trick);
const claim = () => lab.send(lab.a.address, "claimCredit", [token, lab.b.address]);
const has = (owner: Address) => held(lab, token, owner);

describe("a deposit", () => {
  const refusals = {
    Fee: { error: "WrongReceipt", args: [396n, 400n] },
    False: { error: "SafeERC20FailedOperation" },
    FalseAfterAll: { error: "SafeERC20FailedOperation" },
    SaysTwo: { error: "SafeERC20FailedOperation" },
    Shouts: { done: false },
    Refuses: { done: false },
    Burns: { done: false },
  } as const;

  test.each(Object.entries(refusals))(
    "that meets %s is refused, and nothing moves",
    async (trick, refusal) => {
      await play(lab.b.address, trick as TokenTrick);
      const { opening, status } = await inToken();
      expect(opening).toMatchObject([{ done: true }, refusal]);
      expect([await has(lab.b.address), await has(lab.contract)]).toEqual([1000n, 600n]);
      expect(await status()).toBe(1);
    },
  );

  test("of a token that says nothing, as some do, counts", async () => {
    await play(lab.b.address, "Silent");
    const { opening } = await inToken();
    expect(opening).toMatchObject([{ done: true }, { done: true }]);
    expect(await has(lab.contract)).toBe(1000n);
  });

  test("of a token that takes more from its owner counts as what arrived", async () => {
    await play(lab.b.address, "Surcharge");
    const { opening } = await inToken();
    expect(opening).toMatchObject([{ done: true }, { done: true }]);
    expect([await has(lab.b.address), await has(lab.contract)]).toEqual([596n, 1000n]);
  });

  test("of what is no token is refused, and ether with a token too", async () => {
    const nothing = "0x00000000000000000000000000000000000000aa";
    expect((await openChannel(lab, { a: 1n, b: 0n }, nothing)).opening).toMatchObject([
      { done: false },
    ]);
    const channel = await inToken();
    expect(await channel.deposit("a", 700n, 100n)).toMatchObject({
      error: "WrongValue",
      args: [100n, 0n],
    });
  });

  test("beyond what was allowed is refused by the token", async () => {
    const channel = await inToken();
    expect(await channel.deposit("a", 1001n, 0n)).toMatchObject({ done: false });
    expect(await has(lab.contract)).toBe(1000n);
  });
});

describe("a payout", () => {
  const failures = ["False", "Refuses", "Burns", "Shouts"] as const;

  test.each(failures)(
    "that meets %s becomes credit, and the other party is paid",
    async (trick) => {
      const channel = await inToken();
      await play(lab.b.address, trick);
      await channel.register("a", 100n);
      expect(await channel.dispute()).toMatchObject({
        done: true,
        events: [
          { eventName: "Closed", args: { paidA: 500n, paidB: 500n } },
          { eventName: "CreditChanged", args: { owner: lab.b.address, amount: 500n } },
        ],
      });
      expect([await has(lab.a.address), await has(lab.b.address)]).toEqual([900n, 600n]);
      expect(await creditOf(lab, token, lab.b.address)).toBe(500n);
      expect(await claim()).toMatchObject({ done: false });
      expect(await creditOf(lab, token, lab.b.address)).toBe(500n);
      await play(lab.b.address, "Honest");
      expect(await claim()).toMatchObject({ done: true });
      expect(await claim()).toMatchObject({ done: true, events: [] });
      expect([await has(lab.b.address), await has(lab.contract)]).toEqual([1100n, 0n]);
    },
  );

  test("by withdrawal to a party on a black list becomes credit as well, once", async () => {
    const channel = await inToken();
    await play(lab.b.address, "Refuses");
    for (const owed of [150n, 150n, 250n]) {
      await channel.withdraw("b", owed);
      expect(await creditOf(lab, token, lab.b.address)).toBe(owed);
    }
    await channel.dispute();
    expect(await creditOf(lab, token, lab.b.address)).toBe(400n);
    expect(await has(lab.a.address)).toBe(1000n);
  });

  test("of which the token does not say yes counts as not done, as a deposit does", async () => {
    const channel = await inToken();
    await play(lab.b.address, "SaysTwo");
    await channel.closeTogether(0n, 0n);
    expect(await creditOf(lab, token, lab.b.address)).toBe(400n);
  });

  test("of a token that says nothing is done", async () => {
    const channel = await inToken();
    await play(lab.b.address, "Silent");
    await channel.closeTogether(0n, 0n);
    expect([await has(lab.b.address), await creditOf(lab, token, lab.b.address)]).toEqual([
      1000n,
      0n,
    ]);
  });

  test("from which the token keeps a part pays what it says, and takes from nobody else", async () => {
    const [channel, other] = [await inToken(), await openChannel(lab, { a: 300n, b: 0n }, token)];
    await play(lab.b.address, "Fee");
    await channel.dispute();
    expect(await has(lab.b.address)).toBe(996n);
    expect(await other.dispute()).toMatchObject({
      done: true,
      events: [{ args: { paidA: 300n } }],
    });
    expect(await has(lab.a.address)).toBe(1000n);
  });
});

describe("the gas that the agent sends along suffices where payouts burn all they are given:", () => {
  async function burning(): Promise<LabChannel> {
    const channel = await inToken();
    await channel.startClose("a");
    for (const party of [lab.a.address, lab.b.address]) await play(party, "Burns");
    return channel;
  }

  test("finish", async () => {
    const channel = await burning();
    await lab.pass(60);
    const credits = [{ args: { amount: 600n } }, { args: { amount: 400n } }];
    expect(await channel.finish("b", { gas: gasLimits.finish })).toMatchObject({
      events: [{ eventName: "Closed" }, ...credits],
    });
  });

  test("closeTogether", async () => {
    const channel = await burning();
    const along = { gas: gasLimits.closeTogether };
    expect(await channel.closeTogether(20n, 0n, along)).toMatchObject({
      events: [{}, { args: { amount: 580n } }, { args: { amount: 420n } }],
    });
  });

  test("withdraw", async () => {
    const channel = await burning();
    const along = { gas: gasLimits.withdraw };
    expect(await channel.withdraw("b", 30n, "a", along)).toMatchObject({
      events: [{}, { args: { amount: 30n } }],
    });
  });
});

test("a token that takes more from the contract than it pays out hurts no other token", async () => {
  const [bad, ether] = [await inToken(), await openChannel(lab, { a: 70n, b: 0n })];
  const good = await deployTrickyToken(lab);
  const neighbour = await openChannel(lab, { a: 50n, b: 0n }, good);
  await play(lab.contract, "Surcharge");
  expect(await bad.dispute()).toMatchObject({ done: true });
  // It is short of four by now: whoever is last waits as long as the token is.
  expect(await creditOf(lab, token, lab.b.address)).toBe(400n);
  expect(await ether.dispute()).toMatchObject({ events: [{ args: { paidA: 70n } }] });
  expect(await lab.balance(lab.contract)).toBe(0n);
  await neighbour.dispute();
  expect(await held(lab, good, lab.a.address)).toBe(1000n);
  expect(await creditOf(lab, zeroAddress, lab.a.address)).toBe(0n);
});
