import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isMeshChannels } from "#adapters/settlement/chain/chain-check.ts";
import type { RpcEndpoint } from "#adapters/settlement/chain/rpc-endpoint.ts";
import { rpcEndpoint } from "#adapters/settlement/chain/rpc-endpoint.ts";
import { RpcError } from "#adapters/settlement/chain/rpc-error.ts";
import { tokenUnits } from "#core/units/money.ts";
import { type ChainLab, openChainLab, step } from "./chain-lab.ts";
import { away, type Faults, faultyEndpoint } from "./faulty-endpoint.ts";

let lab: ChainLab;
let notice = 5000n;
beforeAll(async () => {
  lab = await openChainLab();
});
afterAll(() => lab.close());

/** Endpoints of the real chain, each with its faults. */
function endpoints(...faults: readonly Faults[]): readonly RpcEndpoint[] {
  return faults.map((one, i) => faultyEndpoint(rpcEndpoint(lab.url), `endpoint ${i + 1}`, one));
}

const session = (...faults: readonly Faults[]) =>
  lab.session(lab.a, { endpoints: endpoints(...faults), place: { notice } });

const none: Faults = {};
const down: Faults = { before: away };

/** One whose blocks have other hashes: on a fork, or a liar. */
const forked: Faults = {
  after: (method, answer) =>
    method === "eth_getBlockByNumber" && answer !== null
      ? { ...(answer as object), hash: `0x${"66".repeat(32)}` }
      : answer,
};

/** One that has the right blocks and tells a channel of its own. */
const lying: Faults = {
  after: (method, answer) =>
    method === "eth_call" ? `0x${"00".repeat(31)}01${String(answer).slice(66)}` : answer,
};

describe("several endpoints", () => {
  test("agree where more than half do: one is away, on a fork, or lies", async () => {
    for (const odd of [down, forked, lying]) {
      const { facts } = await session(none, odd, none).look([lab.b.id]);
      expect(facts[0]?.outlook.status).toBe("none");
    }
  });

  test("two that disagree are both not believed, with words that name them", async () => {
    await expect(session(none, forked).look([lab.b.id])).rejects.toThrow(
      /block \d+ is another one for endpoint 1 than for endpoint 2/,
    );
    await expect(session(none, lying).look([lab.b.id])).rejects.toThrow(
      /differently: endpoint 1, endpoint 2/,
    );
  });

  test("where half are away nothing is known, and each is named with its reason", async () => {
    await expect(session(none, down).look([lab.b.id])).rejects.toThrow(
      /1 answered, 2 are needed; cannot be reached/,
    );
  });

  test("one replica that lags makes the final block older, and facts true of it", async () => {
    notice += 1n;
    const opener = session(none);
    await opener.look([lab.b.id]);
    await opener.perform(lab.b.id, step({ type: "Open", deposit: tokenUnits(7n) }));
    const before = BigInt(String(await lab.rpc("eth_blockNumber"))) - 1n;
    await lab.mine(4);
    const lagging: Faults = {
      before: (method, [tag]) => {
        const asked = typeof tag === "string" && tag.startsWith("0x") ? BigInt(tag) : 0n;
        if (method === "eth_getBlockByNumber" && asked > before)
          throw new RpcError("refused", "unknown block");
      },
      after: (method, answer, [tag]) =>
        method === "eth_getBlockByNumber" && tag === "finalized"
          ? { ...(answer as object), number: `0x${(before - 2n).toString(16)}` }
          : answer,
    };
    // Two of three have reached it: the laggard is not waited for.
    const { facts } = await session(none, none, lagging).look([lab.b.id]);
    expect(facts[0]?.outlook.status).toBe("open");
    // Of two both are needed: what they know together is older.
    const { block, facts: older } = await session(none, lagging).look([lab.b.id]);
    expect(block.number).toBe(before - 2n);
    expect(older[0]?.depositOut).toBe(0n);
  });

  test("with a number of blocks instead of the chain's word, that many lie on top", async () => {
    const shallow = lab.session(lab.a, { place: { finality: 1 } });
    const latest = BigInt(String(await lab.rpc("eth_blockNumber")));
    expect((await shallow.look([])).block.number).toBe(latest - 1n);
  });

  test("one on another chain stops everything, though it is a minority", async () => {
    const other: Faults = {
      after: (method, answer) => (method === "eth_chainId" ? "0x1" : answer),
    };
    await expect(session(none, none, other).look([lab.b.id])).rejects.toThrow(
      /endpoint 3 is on chain 1, configured is 31337: correct "chain_id" or "rpc"/,
    );
  });
});

describe("what lies on the chain", () => {
  const place = (changes: object) => lab.session(lab.a, { place: changes }).look([lab.b.id]);

  test("no contract at the address is told", async () => {
    await expect(place({ contract: "ab".repeat(20) })).rejects.toThrow(/no contract at 0xabab/);
  });

  test("another contract at the address is told", async () => {
    const token = await lab.mintTo([], 0n);
    await expect(place({ contract: token })).rejects.toThrow(
      /not the MeshChannels of this version/,
    );
  });

  test("one byte that differs from MeshChannels makes it another contract", async () => {
    const code = String(await lab.rpc("eth_getCode", `0x${lab.place.contract}`, "latest"));
    expect(isMeshChannels(code)).toBe(true);
    for (const at of [2, 1000, code.length - 2]) {
      const other = code.slice(at, at + 2) === "00" ? "01" : "00";
      expect(isMeshChannels(code.slice(0, at) + other + code.slice(at + 2)), `${at}`).toBe(false);
    }
  });

  test("a token with other decimals, or that is none, is told", async () => {
    const token = await lab.mintTo([], 0n);
    await expect(place({ token, decimals: 18 })).rejects.toThrow(
      /has 6 decimals; configured are 18/,
    );
    await expect(place({ token: "cd".repeat(20), decimals: 18 })).rejects.toThrow(
      /no ERC-20 token/,
    );
    await expect(place({ token, decimals: 6 })).resolves.toMatchObject({
      facts: [{ open: false }],
    });
  });
});
