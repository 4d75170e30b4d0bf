import { encodeFunctionData, type Hex, keccak256, toHex, zeroAddress } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { meshChannelsAbi } from "#adapters/settlement/contract/mesh-channels.ts";
import { call, unopened } from "#core/settlement/channel-contract.ts";
import { type ContractLab, idOf, newTerms, openContractLab } from "./contract-lab.ts";
import { openChannel } from "./lab-channel.ts";
import { signedFinal, signedVoucher, signedWithdraw } from "./signed-text.ts";

let lab: ContractLab;
beforeAll(async () => {
  lab = await openContractLab();
});
afterAll(() => lab.close());

const most = 2n ** 128n - 1n;

describe("open refuses", () => {
  test("a notice of nothing, and one longer than the limit", async () => {
    for (const [notice, done] of [
      [0, false],
      [1, true],
      [30 * 86_400, true],
      [30 * 86_400 + 1, false],
    ] as const) {
      const { token, salt } = newTerms();
      const words = [lab.b.address, token, notice, salt, 0n] as const;
      expect(await lab.send(lab.a.address, "open", words)).toMatchObject(
        done ? { done } : { error: "NoticeOutOfRange", args: [notice, 30 * 86_400] },
      );
    }
  });

  test("a channel that was opened before, by either party, even after it was closed", async () => {
    const { token, notice, salt } = newTerms();
    const open = (from: "a" | "b") => {
      const peer = lab[from === "a" ? "b" : "a"].address;
      return lab.send(lab[from].address, "open", [peer, token, notice, salt, 0n]);
    };
    expect(await open("b")).toMatchObject({ done: true, events: [{ args: { a: lab.a.address } }] });
    expect(await open("a")).toMatchObject({ error: "WrongStatus", args: [1] });
    const id = await idOf(lab, { token, notice, salt });
    const last = { channelId: id, cumAB: 0n, cumBA: 0n };
    const both = [
      ...(await signedFinal(lab.a, lab, last)),
      ...(await signedFinal(lab.b, lab, last)),
    ];
    await lab.send(lab.stranger.address, "closeTogether", [
      id,
      0n,
      0n,
      ...(both as [Hex, Hex, Hex, Hex]),
    ]);
    expect(await open("a")).toMatchObject({ error: "WrongStatus", args: [3] });
    expect(await open("b")).toMatchObject({ error: "WrongStatus", args: [3] });
  });

  test("more ether than was said, or less, or some where nothing was said", async () => {
    for (const [total, value] of [
      [5n, 6n],
      [5n, 4n],
      [0n, 1n],
    ] as const) {
      const { token, notice, salt } = newTerms();
      const words = [lab.b.address, token, notice, salt, total] as const;
      const refused = await lab.send(lab.a.address, "open", words, { value });
      expect(refused).toMatchObject({ error: "WrongValue", args: [value, total] });
    }
  });
});

describe("a deposit", () => {
  test("sent twice pays once, and its ether comes back", async () => {
    const channel = await openChannel(lab, { a: 100n, b: 0n });
    const before = await lab.balance(lab.contract);
    expect(await channel.deposit("a", 150n, 50n)).toMatchObject({ done: true });
    for (const stale of [150n, 149n, 0n]) {
      expect(await channel.deposit("a", stale, 50n)).toMatchObject({
        error: "DepositNotAbove",
        args: [stale, 150n],
      });
    }
    expect((await lab.balance(lab.contract)) - before).toBe(50n);
  });

  test("is refused from strangers, and once a close has begun", async () => {
    const { id, startClose, deposit } = await openChannel(lab, { a: 100n, b: 0n });
    expect(
      await lab.send(lab.stranger.address, "setDeposit", [id, 5n], { value: 5n }),
    ).toMatchObject({
      error: "NotAParty",
      args: [lab.stranger.address],
    });
    await startClose("b");
    expect(await deposit("a", 150n, 50n)).toMatchObject({ error: "WrongStatus", args: [2] });
  });
});

describe("a voucher", () => {
  test("that is stale or comes twice changes nothing, and costs nobody more than gas", async () => {
    const channel = await openChannel(lab, { a: 100n, b: 100n });
    await channel.register("a", 50n);
    for (const cumulative of [50n, 49n, 0n]) {
      expect(await channel.register("a", cumulative)).toMatchObject({ done: true, events: [] });
    }
    expect(await channel.register("b", most)).toMatchObject({ done: true });
    expect(await channel.register("a", most)).toMatchObject({ done: true });
    expect(await channel.closeTogether(0n, 0n)).toMatchObject({
      events: [{ args: { cumAB: most, cumBA: most, paidA: 100n, paidB: 100n } }],
    });
  });

  test("counts for the channel, contract and chain it names, and no other", async () => {
    const [channel, other] = [
      await openChannel(lab, { a: 9n, b: 0n }),
      await openChannel(lab, { a: 9n, b: 0n }),
    ];
    const message = { channelId: other.id, cumulative: 5n };
    const places = [
      [lab, message],
      [
        { ...lab, chainId: 1 },
        { ...message, channelId: channel.id },
      ],
      [
        { ...lab, contract: zeroAddress },
        { ...message, channelId: channel.id },
      ],
    ] as const;
    for (const [place, text] of places) {
      const [r, vs] = await signedVoucher(lab.a, place, text);
      expect(await lab.send(lab.b.address, "register", [channel.id, 5n, r, vs])).toMatchObject({
        error: "NotAParty",
      });
    }
  });

  test("of a lab.stranger, of nobody, or in its other form is refused", async () => {
    const { id } = await openChannel(lab, { a: 9n, b: 0n });
    const register = (r: Hex, vs: Hex) => lab.send(lab.b.address, "register", [id, 5n, r, vs]);
    const message = { channelId: id, cumulative: 5n };
    expect(await register(...(await signedVoucher(lab.stranger, lab, message)))).toMatchObject({
      error: "NotAParty",
      args: [lab.stranger.address],
    });
    const zero = toHex(0n, { size: 32 });
    expect(await register(zero, zero)).toMatchObject({ error: "ECDSAInvalidSignature" });
    // EIP-2098 has no bit left to say which half s lies in: the upper half is the parity's.
    const [r, vs] = await signedVoucher(lab.a, lab, message);
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const s = BigInt(vs) & (2n ** 255n - 1n);
    const upper = toHex(order - s, { size: 32 });
    expect(await register(r, upper)).not.toMatchObject({ done: true });
  });

  test("comes too late once the channel is closed, and too early before it is opened", async () => {
    const channel = await openChannel(lab, { a: 9n, b: 0n });
    await channel.closeTogether(0n, 0n);
    expect(await channel.register("a", 5n)).toMatchObject({ error: "WrongStatus", args: [3] });
    const never = keccak256("0x00");
    const [r, vs] = await signedVoucher(lab.a, lab, { channelId: never, cumulative: 5n });
    expect(await lab.send(lab.b.address, "register", [never, 5n, r, vs])).toMatchObject({
      error: "WrongStatus",
      args: [0],
    });
  });
});

describe("money leaves", () => {
  test("by the peer's permit alone: not by one's own, not by one for somebody else", async () => {
    const { id } = await openChannel(lab, { a: 100n, b: 0n });
    const take = async (signer: "a" | "b", named: Hex, party: Hex) => {
      const permit = { channelId: id, party: named, totalOut: 5n };
      const signature = await signedWithdraw(lab[signer], lab, permit);
      return lab.send(lab.a.address, "withdraw", [id, party, 5n, ...signature]);
    };
    expect(await take("a", lab.a.address, lab.a.address)).toMatchObject({ error: "WrongSigner" });
    expect(await take("b", lab.b.address, lab.a.address)).toMatchObject({ error: "WrongSigner" });
    expect(await take("b", lab.stranger.address, lab.stranger.address)).toMatchObject({
      error: "NotAParty",
    });
  });

  test("by two different signatures under the same totals, each in its place", async () => {
    const { id } = await openChannel(lab, { a: 100n, b: 0n });
    const last = { channelId: id, cumAB: 1n, cumBA: 0n };
    const [ofA, ofB] = [await signedFinal(lab.a, lab, last), await signedFinal(lab.b, lab, last)];
    const other = await signedFinal(lab.b, lab, { ...last, cumAB: 2n });
    for (const [first, second] of [
      [ofA, ofA],
      [ofB, ofA],
      [ofA, other],
    ] as const) {
      const words = [id, 1n, 0n, ...first, ...second] as const;
      expect(await lab.send(lab.a.address, "closeTogether", words)).toMatchObject({
        error: "WrongSigner",
      });
    }
  });

  test("once: a notice is given once, by a party, and a channel is finished once", async () => {
    const channel = await openChannel(lab, { a: 100n, b: 0n });
    expect(await channel.finish("a")).toMatchObject({ error: "WrongStatus", args: [1] });
    expect(await lab.send(lab.stranger.address, "startClose", [channel.id])).toMatchObject({
      error: "NotAParty",
    });
    await channel.startClose("a");
    expect(await channel.startClose("b")).toMatchObject({ error: "WrongStatus", args: [2] });
    await lab.pass(60);
    expect(await channel.finish("b")).toMatchObject({ done: true });
    expect(await channel.finish("b")).toMatchObject({ error: "WrongStatus", args: [3] });
    expect(await channel.withdraw("a", 5n)).toMatchObject({ error: "WrongStatus", args: [3] });
    expect(await channel.closeTogether(0n, 0n)).toMatchObject({ error: "WrongStatus", args: [3] });
  });

  test("not a second before the notice is over, and from that second on", async () => {
    const { id, startClose } = await openChannel(lab, { a: 100n, b: 0n });
    await startClose("a");
    const stored = await lab.read(lab.contract, meshChannelsAbi, "channel", [id]);
    const { closeAt } = stored as { readonly closeAt: number };
    const data = encodeFunctionData({ abi: meshChannelsAbi, functionName: "finish", args: [id] });
    const finishAt = async (time: number): Promise<unknown> => {
      await lab.rpc("evm_setNextBlockTimestamp", time);
      // Not asked first: a question would be answered for the block before.
      const words = { from: lab.stranger.address, to: lab.contract, data, gas: toHex(500_000) };
      return lab.rpc("eth_sendTransactionSync", words);
    };
    expect(await finishAt(closeAt - 1)).toMatchObject({ status: "0x0" });
    expect(await finishAt(closeAt)).toMatchObject({ status: "0x1" });
    const closing = {
      ...unopened(60n, true),
      status: "closing",
      closeAt: BigInt(closeAt),
    } as const;
    const modelled = (time: number) => call(closing, { type: "finish" }, BigInt(time));
    expect(modelled(closeAt - 1)).toMatchObject({ error: "TooEarly", closeAt: BigInt(closeAt) });
    expect(modelled(closeAt)).toMatchObject({ events: [{ type: "Closed" }] });
  });

  test("to nobody who is owed nothing", async () => {
    const claim = await lab.send(lab.stranger.address, "claimCredit", [
      zeroAddress,
      lab.stranger.address,
    ]);
    expect(claim).toMatchObject({ done: true, events: [] });
  });
});
