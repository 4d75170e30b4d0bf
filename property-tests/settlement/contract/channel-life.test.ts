import { type Hex, zeroAddress } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { meshChannelsAbi } from "#adapters/settlement/contract/mesh-channels.ts";
import { type ContractLab, idOf, newTerms, openContractLab } from "./contract-lab.ts";
import { signedFinal, signedVoucher, signedWithdraw } from "./signed-text.ts";

let lab: ContractLab;
beforeAll(async () => {
  lab = await openContractLab();
});
afterAll(() => lab.close());

/** An open channel in ether with what both deposited. */
async function opened(depositA: bigint, depositB: bigint): Promise<Hex> {
  const terms = newTerms();
  const { token, notice, salt } = terms;
  const value = depositA;
  expect(
    await lab.send(lab.a.address, "open", [lab.b.address, token, notice, salt, depositA], {
      value,
    }),
  ).toMatchObject({ done: true });
  const id = await idOf(lab, terms);
  if (depositB > 0n) {
    await lab.send(lab.b.address, "setDeposit", [id, depositB], { value: depositB });
  }
  return id;
}

async function status(id: Hex): Promise<number> {
  const stored = await lab.read(lab.contract, meshChannelsAbi, "channel", [id]);
  return (stored as { readonly status: number }).status;
}

describe("a channel", () => {
  test("pays both parties after the notice what vouchers say", async () => {
    const id = await opened(1000n, 500n);
    const [r, vs] = await signedVoucher(lab.a, lab, { channelId: id, cumulative: 300n });
    expect(await lab.send(lab.b.address, "register", [id, 300n, r, vs])).toMatchObject({
      done: true,
      events: [{ eventName: "Registered", args: { payer: lab.a.address, cumulative: 300n } }],
    });
    expect(await lab.send(lab.b.address, "startClose", [id])).toMatchObject({ done: true });
    expect(await lab.send(lab.a.address, "finish", [id])).toMatchObject({ error: "TooEarly" });
    await lab.pass(60);
    expect(await lab.send(lab.a.address, "finish", [id])).toMatchObject({
      done: true,
      events: [{ eventName: "Closed", args: { paidA: 700n, paidB: 800n } }],
    });
    expect(await lab.balance(lab.contract)).toBe(0n);
    expect(await status(id)).toBe(3);
  });

  test("closes at once where both signed", async () => {
    const id = await opened(1000n, 0n);
    const last = { channelId: id, cumAB: 400n, cumBA: 100n };
    const signatures = [
      ...(await signedFinal(lab.a, lab, last)),
      ...(await signedFinal(lab.b, lab, last)),
    ] as [Hex, Hex, Hex, Hex];
    expect(
      await lab.send(lab.a.address, "closeTogether", [id, 400n, 100n, ...signatures]),
    ).toMatchObject({ done: true, events: [{ args: { paidA: 700n, paidB: 300n } }] });
  });

  test("lets a party take out what its peer permits, once", async () => {
    const id = await opened(1000n, 0n);
    const permit = { channelId: id, party: lab.a.address, totalOut: 250n };
    const [r, vs] = await signedWithdraw(lab.b, lab, permit);
    const take = () => lab.send(lab.b.address, "withdraw", [id, lab.a.address, 250n, r, vs]);
    const before = await lab.balance(lab.a.address);
    expect(await take()).toMatchObject({ done: true, events: [{ args: { totalOut: 250n } }] });
    expect(await take()).toMatchObject({ done: true, events: [] });
    expect((await lab.balance(lab.a.address)) - before).toBe(250n);
  });

  test("is not opened between a node and itself or nobody", async () => {
    for (const peer of [lab.a.address, zeroAddress]) {
      const { token, notice, salt } = newTerms();
      const refused = await lab.send(lab.a.address, "open", [peer, token, notice, salt, 0n]);
      expect(refused).toMatchObject({ done: false, error: "NoPair" });
    }
  });
});
