import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Layer from "effect/Layer";
import * as Logger from "effect/Logger";
import * as Scope from "effect/Scope";
import { afterAll, beforeAll, expect, test } from "vitest";
import { chainSettlement } from "#adapters/settlement/chain/chain-settlement.ts";
import { memoryOutbox, type OutboxFile } from "#adapters/settlement/chain/outbox-file.ts";
import { Settlement } from "#adapters/settlement/settlement.ts";
import type { Signer } from "#core/identity/signature.ts";
import { addressOf } from "#core/settlement/address.ts";
import { tokenUnits } from "#core/units/money.ts";
import {
  idA,
  idB,
  settlementContract,
  signerA,
  signerB,
} from "../../contracts/settlement-contract.ts";
import { type ChainLab, openChainLab, riches, step } from "./chain-lab.ts";

let lab: ChainLab;
let blocks: NodeJS.Timeout;
const scope = Effect.runSync(Scope.make());
let notice = 8000n;

beforeAll(async () => {
  lab = await openChainLab();
  blocks = setInterval(() => void lab.mine().catch(() => undefined), 50);
  for (const { id } of [signerA, signerB]) {
    await lab.rpc("anvil_setBalance", `0x${addressOf(id)}`, `0x${riches.toString(16)}`);
  }
});
afterAll(async () => {
  await Effect.runPromise(Scope.close(scope, Exit.void));
  clearInterval(blocks);
  await lab.close();
});

/** The settlement of a node towards the other, as long as these tests run. */
async function begin(
  signer: Signer,
  outbox: OutboxFile,
  endpoints: readonly string[] = [lab.url],
): Promise<Settlement["Service"]> {
  const peers = [signer === signerA ? idB : idA];
  const layer = chainSettlement({
    place: { ...lab.place, notice },
    endpoints,
    signer,
    peers,
    outbox,
  });
  const context = await Effect.runPromise(
    Scope.provide(Layer.build(Layer.provideMerge(layer, Logger.layer([]))), scope),
  );
  return Effect.runSync(
    Effect.provide(
      Effect.map(Settlement, (one) => one),
      context,
    ),
  );
}

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 1600 && !holds(); i++)
    await new Promise((resolve) => setTimeout(resolve, 25));
  expect(holds()).toBe(true);
}

settlementContract("on a real chain", async () => {
  notice += 1n;
  const [outboxA, outboxB] = [memoryOutbox(), memoryOutbox()];
  const [a, b] = [await begin(signerA, outboxA), await begin(signerB, outboxB)];
  await until(() => a.channel(idB) !== undefined && b.channel(idA) !== undefined);
  await Effect.runPromise(a.perform(idB, step({ type: "Open", deposit: tokenUnits(70n) })));
  await until(() => b.channel(idA)?.open === true);
  await Effect.runPromise(b.perform(idA, step({ type: "Deposit", total: tokenUnits(30n) })));
  await until(() => a.channel(idB)?.depositIn === 30n && b.channel(idA)?.depositOut === 30n);
  return { a, b, restartA: () => begin(signerA, outboxA) };
});

test("an agent starts without a chain, says why nothing is known, and goes on when it is there", async () => {
  notice += 1n;
  lab.pause();
  const a = await begin(signerA, memoryOutbox());
  expect(a.channel(idB)).toBeUndefined();
  lab.resume();
  await until(() => a.channel(idB)?.outlook.status === "none");
  expect(a.state()).toMatchObject({ problem: undefined, address: `0x${addressOf(idA)}` });
});

test("an endpoint that is away is told by its host alone, in the state and when something is asked", async () => {
  const a = await begin(signerA, memoryOutbox(), ["http://user:secret@127.0.0.1:9/key"]);
  await until(() => a.state().problem !== undefined);
  expect(a.state().problem).toContain("127.0.0.1:9 cannot be reached");
  expect(JSON.stringify(a.state(), (_, one) => String(one))).not.toMatch(/secret|key/);
  const asked = a.perform(idB, step({ type: "Open", deposit: tokenUnits(1n) }));
  const { message } = await Effect.runPromise(Effect.flip(asked));
  expect(message).toMatch(/not been looked at/);
});
