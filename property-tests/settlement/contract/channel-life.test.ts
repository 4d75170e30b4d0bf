import { zeroAddress } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ContractLab, newTerms, openContractLab } from "./contract-lab.ts";
import { openChannel } from "./lab-channel.ts";
import { signedVoucher } from "./signed-text.ts";

let lab: ContractLab;
beforeAll(async () => {
  lab = await openContractLab();
});
afterAll(() => lab.close());

describe("a channel", () => {
  test("pays both parties after the notice what vouchers say", async () => {
    const channel = await openChannel(lab, { a: 1000n, b: 500n });
    expect(await channel.register("a", 300n)).toMatchObject({
      done: true,
      events: [{ eventName: "Registered", args: { payer: lab.a.address, cumulative: 300n } }],
    });
    expect(await channel.startClose("b")).toMatchObject({ done: true });
    expect(await channel.finish("a")).toMatchObject({ error: "TooEarly" });
    await lab.pass(60);
    expect(await channel.finish("a")).toMatchObject({
      done: true,
      events: [{ eventName: "Closed", args: { cumAB: 300n, cumBA: 0n, paidA: 700n, paidB: 800n } }],
    });
    expect(await lab.balance(lab.contract)).toBe(0n);
    expect(await channel.status()).toBe(3);
  });

  test("closes at once where both signed", async () => {
    const channel = await openChannel(lab, { a: 1000n, b: 0n });
    expect(await channel.closeTogether(400n, 100n)).toMatchObject({
      done: true,
      events: [{ args: { cumAB: 400n, cumBA: 100n, paidA: 700n, paidB: 300n } }],
    });
  });

  test("closes together by what was registered, where that is more than what was signed", async () => {
    const channel = await openChannel(lab, { a: 1000n, b: 0n });
    await channel.register("a", 600n);
    expect(await channel.closeTogether(400n, 100n)).toMatchObject({
      done: true,
      events: [{ args: { cumAB: 600n, cumBA: 100n, paidA: 500n, paidB: 500n } }],
    });
  });

  test("pays no more than it holds, and tells no more as settled, whatever is promised", async () => {
    const most = 2n ** 128n - 1n;
    const channel = await openChannel(lab, { a: 1000n, b: 500n });
    await channel.register("a", 200n);
    await channel.register("b", most);
    expect(await channel.dispute()).toMatchObject({
      events: [{ args: { cumAB: 200n, cumBA: 700n, paidA: 1500n, paidB: 0n } }],
    });
    const other = await openChannel(lab, { a: 1000n, b: 500n });
    await other.withdraw("a", 300n);
    expect(await other.closeTogether(most, 200n)).toMatchObject({
      events: [{ args: { cumAB: 900n, cumBA: 200n, paidA: 0n, paidB: 1200n } }],
    });
    const empty = await openChannel(lab, { a: 0n, b: 0n });
    expect(await empty.closeTogether(0n, most)).toMatchObject({
      events: [{ args: { cumAB: 0n, cumBA: 0n, paidA: 0n, paidB: 0n } }],
    });
  });

  test("takes vouchers from anybody until it is closed, in either direction", async () => {
    const channel = await openChannel(lab, { a: 1000n, b: 500n });
    const [r, vs] = await signedVoucher(lab.b, lab, { channelId: channel.id, cumulative: 50n });
    await channel.startClose("a");
    expect(
      await lab.send(lab.stranger.address, "register", [channel.id, 50n, r, vs]),
    ).toMatchObject({
      events: [{ args: { payer: lab.b.address, cumulative: 50n } }],
    });
    await lab.pass(60);
    expect(await lab.send(lab.stranger.address, "finish", [channel.id])).toMatchObject({
      events: [{ args: { paidA: 1050n, paidB: 450n } }],
    });
  });

  test("lets a party take out what its peer permits, once", async () => {
    const channel = await openChannel(lab, { a: 1000n, b: 0n });
    const before = await lab.balance(lab.a.address);
    expect(await channel.withdraw("a", 250n)).toMatchObject({
      events: [{ args: { totalOut: 250n } }],
    });
    expect(await channel.withdraw("a", 250n)).toMatchObject({ done: true, events: [] });
    expect((await lab.balance(lab.a.address)) - before).toBe(250n);
    expect(await channel.withdraw("a", 1001n)).toMatchObject({
      error: "BeyondBalance",
      args: [751n, 750n],
    });
  });

  test("is not opened between a node and itself or nobody", async () => {
    for (const peer of [lab.a.address, zeroAddress]) {
      const { token, notice, salt } = newTerms();
      const refused = await lab.send(lab.a.address, "open", [peer, token, notice, salt, 0n]);
      expect(refused).toMatchObject({ done: false, error: "NoPair" });
    }
  });
});
