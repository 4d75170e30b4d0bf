import * as Deferred from "effect/Deferred";
import * as Effect from "effect/Effect";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { memoryDisk } from "#adapters/journal/memory-journal.ts";
import { keysFromSeed } from "#adapters/keys/seeded-keys.ts";
import { memoryOutbox } from "#adapters/settlement/chain/outbox-file.ts";
import { toJson } from "#agent/agent/facts.ts";
import { answerRequest, type Ending } from "#agent/agent/request.ts";
import type { Config } from "#agent/config/config.ts";
import { addressOf } from "#core/settlement/address.ts";
import { tokenUnits } from "#core/units/money.ts";
import {
  drain,
  end,
  kill,
  type MemoryRouters,
  memoryRouters,
  type RouterName,
  rounds,
  start,
  traffic,
} from "../../agent/memory-routers.ts";
import { type ChainLab, openChainLab } from "./chain-lab.ts";

let lab: ChainLab;
let world: MemoryRouters;
let blocks: NodeJS.Timeout;

beforeAll(async () => {
  lab = await openChainLab();
  blocks = setInterval(() => void lab.mine().catch(() => undefined), 100);
});
afterAll(async () => {
  clearInterval(blocks);
  await lab.close();
});

/** What both have of the token before a test. */
const purse = 100_000_000n;

let token: string;

beforeEach(async () => {
  const accounts = [accountOf("a"), accountOf("b")];
  for (const account of accounts) {
    await lab.rpc("anvil_setBalance", `0x${account}`, `0x${(10n ** 19n).toString(16)}`);
  }
  token = await lab.mintTo(accounts, purse);
  world = memoryRouters({
    chain_id: `${lab.place.chainId}`,
    contract: lab.place.contract,
    token_address: token,
    channel_notice: "600",
    rpc: [lab.url],
    chain_interval: "50",
  });
});
afterEach(() => end(world));

function accountOf(name: RouterName): string {
  return addressOf(keysFromSeed(`agent test ${name}`).nodeId) ?? "";
}

async function ask(name: RouterName, ...words: readonly string[]): Promise<unknown> {
  const { agent, keeper } = world[name];
  if (agent === undefined) throw new Error(`${name} does not run`);
  const stopping = Effect.runSync(Deferred.make<Ending>());
  const answer = answerRequest(agent, stopping, { keeper });
  return Effect.runPromise(answer(["channel", ...words]));
}

interface Status {
  readonly channels: readonly {
    readonly status: string;
    readonly depositOut: bigint | undefined;
    readonly depositIn: bigint | undefined;
    readonly withdrawnOut: bigint | undefined;
    readonly settledOut: bigint | undefined;
    readonly settledIn: bigint | undefined;
    readonly registeredIn: bigint | undefined;
    readonly signed: bigint;
    readonly credited: bigint;
  }[];
}

async function channel(name: RouterName) {
  const { channels } = (await ask(name, "status")) as Status;
  const [one] = channels;
  if (one === undefined) throw new Error("no channel is listed");
  return one;
}

/** Waits until something holds of the chain, while the routers go on; it throws where it never does. */
async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 2000; i++) {
    await rounds(world, 1);
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(
    `never came: ${what}; ${toJson(await ask("a", "status"))} ${toJson(await ask("b", "status"))}`,
  );
}

/** What a router has beyond what it began with; channels that are open count as spent. */
async function gain(name: RouterName): Promise<bigint> {
  return (await lab.tokens(token, accountOf(name))) - purse;
}

const held = () => lab.tokens(token, lab.place.contract);

/** Both agents run, and their channel is open with a deposit of 1 USDC from each, as configured. */
async function begun(): Promise<void> {
  for (const name of ["a", "b"] as const) await start(world, name);
  await until("the channel", async () => {
    const [ofA, ofB] = [await channel("a"), await channel("b")];
    const deposits = [ofA.depositIn, ofA.depositOut, ofB.depositIn, ofB.depositOut];
    return deposits.every((one) => one === 1_000_000n);
  });
  await rounds(world, 3);
}

/** Bytes flow from a to b and are paid; what b was credited, in units. */
async function paid(bytes = 10_000_000n): Promise<bigint> {
  traffic(world, bytes);
  await drain(world);
  const { credited } = await channel("b");
  expect(credited).toBeGreaterThan(0n);
  return credited;
}

/** Whether both have heard that their channel is over: one of them hears it first. */
async function bothEnded(): Promise<boolean> {
  const [ofA, ofB] = [await channel("a"), await channel("b")];
  return ofA.status === "none" && ofB.status === "none";
}

/** The same configuration, with nothing to deposit. */
function withoutDeposit(config: Config): Config {
  return {
    ...config,
    neighbours: config.neighbours.map((one) => ({ ...one, depositOut: tokenUnits(0n) })),
  };
}

const patient = { timeout: 120_000 };

describe("two agents on a chain", () => {
  test(
    "open by themselves, pay for traffic, and close together by what both signed",
    patient,
    async () => {
      await begun();
      const due = await paid();
      await ask("a", "close", "b");
      await until("the end", bothEnded);
      expect(await channel("b")).toMatchObject({ settledIn: due, settledOut: 0n });
      expect(await channel("a")).toMatchObject({ settledOut: due, settledIn: 0n });
      expect([await gain("a"), await gain("b"), await held()]).toEqual([-due, due, 0n]);
    },
  );

  test(
    "open another channel only when a person wants one, and pay on it what comes beyond",
    patient,
    async () => {
      await begun();
      const first = await paid();
      await ask("a", "close", "b");
      await until("the end", bothEnded);
      await rounds(world, 20);
      expect(await held()).toBe(0n);
      await ask("a", "open", "b", "2 USDC");
      await until("the second", async () => {
        const [ofA, ofB] = [await channel("a"), await channel("b")];
        return ofA.status === "open" && ofB.status === "open";
      });
      await rounds(world, 3);
      const second = await paid();
      await ask("b", "close", "a");
      await until("the end", async () => (await channel("a")).status === "none");
      expect([await gain("a"), await gain("b")]).toEqual([-first - second, first + second]);
      expect(await channel("a")).toMatchObject({ settledOut: first + second });
    },
  );

  test(
    "a crash at any moment of opening opens one channel, and loses nothing",
    patient,
    async () => {
      for (const name of ["a", "b"] as const) await start(world, name);
      for (let i = 0; i < 12; i++) {
        await new Promise((resolve) => setTimeout(resolve, 7 * i));
        await kill(world.a);
        await start(world, "a");
      }
      await until("the channel", async () => (await channel("b")).depositIn === 1_000_000n);
      await until("b's part", async () => (await channel("a")).depositIn === 1_000_000n);
      expect([await gain("a"), await gain("b"), await held()]).toEqual([
        -1_000_000n,
        -1_000_000n,
        2_000_000n,
      ]);
    },
  );

  test("a dry run sends nothing", patient, async () => {
    await begun();
    const dry = await ask("a", "topup", "b", "3 USDC", "dry-run");
    expect(dry).toMatchObject({ would: { step: "Deposit", total: 4_000_000n } });
    expect(world.a.outbox.read().pending).toEqual([]);
    expect((await channel("a")).depositOut).toBe(1_000_000n);
  });

  test(
    "one takes out what is free with the other's signature, and tops up again",
    patient,
    async () => {
      await begun();
      await expect(ask("a", "withdraw", "b", "1000001")).rejects.toThrow(/are free/);
      await ask("a", "withdraw", "b", "400000");
      await until("the payout", async () => (await channel("a")).withdrawnOut === 400_000n);
      await ask("a", "topup", "b", "100000");
      await until("the deposit", async () => (await channel("b")).depositIn === 1_100_000n);
      await rounds(world, 3);
      await paid();
      expect([await gain("a"), await held()]).toEqual([-700_000n, 1_700_000n]);
    },
  );

  test(
    "one that slept through half the notice registers when it wakes, and is paid",
    patient,
    async () => {
      await begun();
      const due = await paid();
      await kill(world.b);
      await ask("a", "close", "b", "alone");
      await until("the notice", async () => (await channel("a")).status === "closing");
      await lab.rpc("evm_increaseTime", 300);
      await start(world, "b");
      await until("b's voucher", async () => (await channel("b")).registeredIn === due);
      await lab.rpc("evm_increaseTime", 301);
      await until("the end", async () => (await channel("b")).status === "none");
      expect([await gain("a"), await gain("b"), await held()]).toEqual([-due, due, 0n]);
    },
  );

  test(
    "where the disk of either side is lost, both still end with what was signed",
    patient,
    async () => {
      await begun();
      const due = await paid();
      for (const name of ["a", "b"] as const) {
        await kill(world[name]);
        world = {
          ...world,
          [name]: { ...world[name], disk: memoryDisk(), outbox: memoryOutbox() },
        };
        await start(world, name);
        // Its counters' positions are lost with it: the payer pays a chunk for that, at most.
        await until(`${name} is back`, async () => {
          const [ofA, ofB] = [await channel("a"), await channel("b")];
          return ofA.signed === ofB.credited && ofB.credited >= due;
        });
      }
      await ask("b", "close", "a");
      await until("the end", bothEnded);
      // b pays a chunk too, where it had reserved one before its disk was lost.
      const { settledIn = 0n, settledOut = 0n } = await channel("b");
      expect(settledIn).toBeGreaterThanOrEqual(due);
      const net = settledIn - settledOut;
      expect([await gain("a"), await gain("b"), await held()]).toEqual([-net, net, 0n]);
    },
  );

  test(
    "a neighbour that never opens gets its credit and no more, and is served again when it pays",
    patient,
    async () => {
      // b alone deposits: nothing covers what a signs.
      world = { ...world, a: { ...world.a, config: withoutDeposit(world.a.config) } };
      for (const name of ["a", "b"] as const) await start(world, name);
      await until("b's deposit", async () => (await channel("a")).depositIn === 1_000_000n);
      await rounds(world, 3);
      traffic(world, 20_000_000n);
      await drain(world);
      const stuck = await channel("b");
      expect(stuck.credited).toBe(0n);
      const served = world.b.agent?.node().ledger.neighbours[0]?.inbound[0];
      const owed = served === undefined ? 0n : served.schedule.endDue;
      expect(owed).toBeLessThanOrEqual(world.b.config.terms.creditLimit);
      await ask("a", "topup", "b", "1 USDC");
      await until("a's deposit", async () => (await channel("b")).depositIn === 1_000_000n);
      await rounds(world, 3);
      await paid();
    },
  );

  test(
    "while the chain is away traffic is paid, and nothing on the chain is decided",
    patient,
    async () => {
      await begun();
      const before = await paid();
      lab.pause();
      try {
        expect(await paid()).toBeGreaterThan(before);
      } finally {
        lab.resume();
      }
      await ask("a", "close", "b");
      await until("the end", async () => (await channel("b")).status === "none");
      const { settledIn = 0n, settledOut = 0n } = await channel("b");
      expect(await gain("b")).toBe(settledIn - settledOut);
    },
  );
});
