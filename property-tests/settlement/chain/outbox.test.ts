import { parseTransaction } from "viem";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ChainSession } from "#adapters/settlement/chain/chain-session.ts";
import { memoryOutbox, type Pending } from "#adapters/settlement/chain/outbox-file.ts";
import { rpcEndpoint } from "#adapters/settlement/chain/rpc-endpoint.ts";
import { RpcError } from "#adapters/settlement/chain/rpc-error.ts";
import { addressOf } from "#core/settlement/address.ts";
import { tokenUnits } from "#core/units/money.ts";
import { type ChainLab, openChainLab, riches, step, voucher } from "./chain-lab.ts";
import { away, type Faults, faultyEndpoint, tenthMoreRule } from "./faulty-endpoint.ts";

let lab: ChainLab;
let notice = 1000n;
beforeAll(async () => {
  lab = await openChainLab();
  await lab.rpc("evm_setAutomine", false);
});
afterAll(() => lab.close());
beforeEach(async () => {
  notice += 1n; // another channel for each test
  await lab.rpc("anvil_dropAllTransactions").catch(() => undefined);
  await lab.rpc("anvil_setBalance", `0x${addressOf(lab.a.id)}`, `0x${riches.toString(16)}`);
  await lab.mine(3);
});

const open = step({ type: "Open", deposit: tokenUnits(1000n) });

/** A session of a over one endpoint with faults, and what it keeps. */
function faulty(faults: Faults, file = memoryOutbox()): ChainSession {
  const endpoint = faultyEndpoint(rpcEndpoint(lab.url), "faulty", faults);
  return lab.session(lab.a, { endpoints: [endpoint], file, place: { notice } });
}

async function statusAfter(session: ChainSession, looks = 6): Promise<string | undefined> {
  let status: string | undefined;
  for (let i = 0; i < looks; i++) {
    await lab.mine();
    status = (await session.look([lab.b.id])).facts[0]?.outlook.status;
  }
  return status;
}

const feesOf = (raw: string) => {
  const {
    nonce = 0,
    maxFeePerGas = 0n,
    maxPriorityFeePerGas = 0n,
  } = parseTransaction(raw as `0x02${string}`);
  return { nonce, cap: maxFeePerGas, tip: maxPriorityFeePerGas };
};

describe("the outbox", () => {
  test("keeps signed bytes before it sends them", async () => {
    const sent: string[] = [];
    let kept: readonly Pending[] = [];
    const file = memoryOutbox((pending) => {
      kept = pending;
    });
    const session = faulty(
      {
        before: (method, [raw]) => {
          if (method !== "eth_sendRawTransaction") return;
          expect(kept.map((one) => one.raw)).toContain(raw);
          sent.push(String(raw));
        },
      },
      file,
    );
    await session.look([lab.b.id]);
    await session.perform(lab.b.id, open);
    expect(sent).toHaveLength(1);
    expect(await statusAfter(session)).toBe("open");
    expect(file.read().pending).toEqual([]);
  });

  test("a crash before, between or after keeping and sending never opens two channels nor none", async () => {
    for (const crash of ["before keeping", "before sending", "after sending"] as const) {
      notice += 1n;
      let armed = true;
      const fall = (): never => {
        armed = false;
        throw new Error("power cut");
      };
      const file = memoryOutbox(() => {
        if (crash === "before keeping" && armed) fall();
      });
      const first = faulty(
        {
          before: (method) => {
            if (method === "eth_sendRawTransaction" && crash === "before sending" && armed) fall();
          },
          after: (method, answer) => {
            if (method === "eth_sendRawTransaction" && crash === "after sending" && armed) fall();
            return answer;
          },
        },
        file,
      );
      await first.look([lab.b.id]);
      await expect(first.perform(lab.b.id, open)).rejects.toThrow("power cut");
      // Another process, with what the file has.
      const second = faulty({}, file);
      await second.look([lab.b.id]);
      await second.perform(lab.b.id, open);
      expect(await statusAfter(second), crash).toBe("open");
      const { facts } = await second.look([lab.b.id]);
      expect(facts[0]?.depositOut, crash).toBe(1000n);
    }
  });

  test("a lost answer is no lost transaction: the same bytes are sent again", async () => {
    const raws: unknown[] = [];
    let lost = 2;
    const session = faulty({
      after: (method, answer, [raw]) => {
        if (method !== "eth_sendRawTransaction") return answer;
        raws.push(raw);
        if (lost-- > 0) throw new RpcError("too slow", "no answer");
        return answer;
      },
    });
    await session.look([lab.b.id]);
    await session.perform(lab.b.id, open);
    await session.look([lab.b.id]);
    expect(new Set(raws).size).toBe(1);
    expect(await statusAfter(session)).toBe("open");
  });

  test("what waits is outbid by a tenth and more under the same number, never above the cap", async () => {
    const rule = tenthMoreRule(feesOf);
    const raws: string[] = [];
    const session = faulty({
      before: (method, params) => {
        if (method === "eth_sendRawTransaction") raws.push(String(params[0]));
        rule.before(method, params);
      },
      // The pool takes it, and no block has it: evicted each time.
      after: (_method, answer) => answer,
    });
    await session.look([lab.b.id]);
    await session.perform(lab.b.id, open);
    for (let i = 0; i < 12; i++) {
      await lab.rpc("anvil_dropAllTransactions");
      await lab.mine();
      await session.look([lab.b.id]);
    }
    const fees = [...new Set(raws)].map(feesOf);
    expect(fees.length).toBeGreaterThan(2);
    expect(new Set(fees.map(({ nonce }) => nonce)).size).toBe(1);
    fees.slice(1).forEach(({ cap, tip }, i) => {
      expect(cap * 10n).toBeGreaterThanOrEqual((fees[i]?.cap ?? 0n) * 11n);
      expect(tip * 10n).toBeGreaterThanOrEqual((fees[i]?.tip ?? 0n) * 11n);
      expect(cap).toBeLessThanOrEqual(lab.place.feeCap);
    });
    expect(rule.refused).toBe(0);
    expect(await statusAfter(session)).toBe("open");
  });

  test("a base fee that rises above what was offered is followed; above the cap it is waited for", async () => {
    const session = faulty({});
    await session.look([lab.b.id]);
    await session.perform(lab.b.id, open);
    const [offered] = session.outbox.pending();
    await lab.rpc(
      "anvil_setNextBlockBaseFeePerGas",
      `0x${((offered?.fees.cap ?? 0n) * 3n).toString(16)}`,
    );
    await lab.mine();
    expect(await statusAfter(session, 8)).toBe("open");
    // Now a fee beyond the cap: nothing is sent, with words; later it falls.
    notice += 1n;
    const other = faulty({});
    await other.look([lab.b.id]);
    await lab.rpc("anvil_setNextBlockBaseFeePerGas", `0x${(lab.place.feeCap * 2n).toString(16)}`);
    await lab.mine();
    await expect(other.perform(lab.b.id, open)).rejects.toThrow(/the limit is/);
    expect(other.outbox.pending()).toEqual([]);
    await lab.rpc("anvil_setNextBlockBaseFeePerGas", "0x3b9aca00");
    await lab.mine();
    expect(await other.perform(lab.b.id, open)).toBe("sent");
    expect(await statusAfter(other)).toBe("open");
  });

  test("a gap in the numbers is filled, and what waited behind it goes through", async () => {
    const file = memoryOutbox();
    const session = faulty({}, file);
    await session.look([lab.b.id]);
    await session.perform(lab.b.id, open);
    const [first] = file.read().pending;
    if (first === undefined) throw new Error("nothing is pending");
    // The one in front is lost from the pool and from the file; one behind it was sent.
    await lab.rpc("anvil_dropAllTransactions");
    const behind = {
      ...first,
      nonce: first.nonce + 1n,
      purpose: "finish of nothing",
      to: `0x${addressOf(lab.a.id)}`,
      data: "0x",
      value: 0n,
    };
    const { signedTransaction } = await import("#adapters/settlement/chain/chain-tools.ts");
    const { raw, hash } = signedTransaction(lab.a, lab.place.chainId, {
      ...behind,
      feeCap: behind.fees.cap,
      tip: behind.fees.tip,
    });
    file.write([{ ...behind, raw, hashes: [hash] }]);
    const again = faulty({}, file);
    for (let i = 0; i < 6; i++) {
      await again.look([lab.b.id]);
      await lab.mine();
    }
    const count = await lab.rpc("eth_getTransactionCount", `0x${addressOf(lab.a.id)}`, "latest");
    expect(BigInt(String(count))).toBe(first.nonce + 2n);
    await again.look([lab.b.id]);
    expect(again.outbox.pending()).toEqual([]);
  });

  test("another transaction of the account that took the number is noticed, and the step is asked for again", async () => {
    const session = faulty({});
    await session.look([lab.b.id]);
    await session.perform(lab.b.id, open);
    const nonce = session.outbox.pending()[0]?.nonce ?? 0n;
    await lab.rpc("anvil_dropAllTransactions");
    const from = `0x${addressOf(lab.a.id)}`;
    await lab.rpc("anvil_impersonateAccount", from);
    await lab.rpc("eth_sendTransaction", { from, to: from, nonce: `0x${nonce.toString(16)}` });
    const outcomes = [];
    for (let i = 0; i < 4; i++) {
      await lab.mine();
      outcomes.push(...(await session.look([lab.b.id])).outcomes);
    }
    expect(outcomes).toMatchObject([{ became: "replaced" }]);
    expect(await session.perform(lab.b.id, open)).toBe("sent");
    expect(await statusAfter(session)).toBe("open");
  });

  test("what was mined and undone by a reorganisation is sent again, and facts never said otherwise", async () => {
    const session = faulty({});
    await session.look([lab.b.id]);
    await session.perform(lab.b.id, open);
    await lab.mine();
    expect((await session.look([lab.b.id])).facts[0]?.outlook.status).toBe("none");
    await lab.rpc("anvil_reorg", 1, []);
    const { facts } = await session.look([lab.b.id]);
    expect(facts[0]?.outlook.status).toBe("none");
    expect(await statusAfter(session)).toBe("open");
    expect((await session.look([lab.b.id])).facts[0]?.depositOut).toBe(1000n);
  });

  test("a deposit, a voucher and a close that are undone are done again, each once", async () => {
    const session = faulty({});
    await session.look([lab.b.id]);
    await session.perform(lab.b.id, open);
    expect(await statusAfter(session)).toBe("open");
    const { channelId = "" } = (await session.look([lab.b.id])).facts[0] ?? {};
    const steps = [
      step({ type: "Deposit", total: tokenUnits(1500n) }),
      step({ type: "Register", voucher: voucher(lab.place, lab.b, channelId, tokenUnits(9n)) }),
      step({ type: "StartClose" }),
    ];
    for (const one of steps) {
      await session.look([lab.b.id]);
      expect(await session.perform(lab.b.id, one), one.type).toBe("sent");
      await lab.mine();
      await session.look([lab.b.id]);
      await lab.rpc("anvil_reorg", 1, []);
      await session.look([lab.b.id]);
      await statusAfter(session);
    }
    const [fact] = (await session.look([lab.b.id])).facts;
    expect(fact).toMatchObject({
      depositOut: 1500n,
      open: false,
      outlook: { status: "closing", registeredIn: 9n },
    });
    expect(await lab.held()).toBeGreaterThanOrEqual(1500n);
    expect(session.outbox.pending()).toEqual([]);
  });

  test("an account without coin is told, with its address, and nothing is sent", async () => {
    const session = faulty({});
    await session.look([lab.b.id]);
    await lab.rpc("anvil_setBalance", `0x${addressOf(lab.a.id)}`, "0x10");
    const address = addressOf(lab.a.id) ?? "";
    await expect(session.perform(lab.b.id, open)).rejects.toThrow(
      new RegExp(`0x${address} has 16`),
    );
    expect(session.outbox.pending()).toEqual([]);
  });

  test("a channel is not opened where the reserve for disputes would be missing", async () => {
    const session = faulty({});
    await session.look([lab.b.id]);
    // Enough for the deposit and its fee, not for a close under attack at the fee cap.
    await lab.rpc("anvil_setBalance", `0x${addressOf(lab.a.id)}`, `0x${(10n ** 16n).toString(16)}`);
    await expect(session.perform(lab.b.id, open)).rejects.toThrow(/reserve/);
  });

  test("a step is not paid for with more than it is worth", async () => {
    const session = faulty({});
    await session.look([lab.b.id]);
    const cheap = { ...open, atStake: tokenUnits(1000n) };
    await expect(session.perform(lab.b.id, cheap)).rejects.toThrow(/the limit is 0/);
  });

  test("at most so many are on their way", async () => {
    const session = faulty({
      before: (method) => void (method === "eth_sendRawTransaction" && away()),
    });
    await session.look([lab.b.id]);
    const to = `0x${addressOf(lab.a.id)}`;
    const errand = (n: number) => ({
      purpose: `test ${n}`,
      to,
      value: 0n,
      data: "0x",
      worth: undefined,
      urgent: false,
      reserve: 0n,
    });
    for (let n = 0; n < 32; n++) await session.outbox.submit(errand(n));
    await expect(session.outbox.submit(errand(32))).rejects.toThrow(/32 transactions/);
    expect(await session.outbox.submit(errand(3))).toBe("on its way");
  });
});
