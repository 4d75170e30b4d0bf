import * as Effect from "effect/Effect";
import { describe, expect, test } from "vitest";
import { keysFromSeed } from "#adapters/keys/seeded-keys.ts";
import type { Settlement } from "#adapters/settlement/settlement.ts";
import type { ChannelStep } from "#core/settlement/plan.ts";
import { type TokenUnits, tokenUnits } from "#core/units/money.ts";

/** Three nodes with real keys: a chain knows nodes by addresses. */
export const signerA = keysFromSeed("settlement contract a").signer;
export const signerB = keysFromSeed("settlement contract b").signer;
export const idA = signerA.id;
export const idB = signerB.id;
export const idC = keysFromSeed("settlement contract c").nodeId;

const nothing = { atStake: tokenUnits(0n), urgent: false } as const;

/** Steps as tests ask for them. */
export const open: ChannelStep = { type: "Open", deposit: tokenUnits(0n), ...nothing };
export const finish: ChannelStep = { type: "Finish", ...nothing };
export const deposit = (total: TokenUnits): ChannelStep => ({ type: "Deposit", total, ...nothing });

/** The settlements of two neighbours: a has deposited 70, b has deposited 30, all of it final. */
export interface SettlementBench {
  readonly a: Settlement["Service"];
  readonly b: Settlement["Service"];
  /** Begins a again, as after a restart. */
  readonly restartA: () => Promise<Settlement["Service"]>;
}

/** What every settlement does. */
export function settlementContract(name: string, make: () => Promise<SettlementBench>): void {
  describe(`settlement contract: ${name}`, () => {
    test("both ends see the same channel, each from its own side", async () => {
      const { a, b } = await make();
      const [ofA, ofB] = [a.channel(idB), b.channel(idA)];
      expect(ofA).toMatchObject({ peer: idB, depositOut: 70n, depositIn: 30n, open: true });
      expect(ofB).toMatchObject({ peer: idA, depositOut: 30n, depositIn: 70n, open: true });
      expect(ofA?.channelId).toBe(ofB?.channelId);
      expect(ofA?.channelId).toMatch(/^[0-9a-f]{64}$/);
      expect(ofA?.contract).toMatch(/^[0-9a-f]{40}$/);
      expect(ofA?.final).toBe(true);
    });

    test("a node that begins again is told every channel again", async () => {
      const { a, restartA } = await make();
      const before = await Effect.runPromise(a.nextFact);
      const again = await restartA();
      expect(await Effect.runPromise(again.nextFact)).toEqual(before);
    });

    test("opening an open channel and depositing less than there is change nothing", async () => {
      const { a } = await make();
      await Effect.runPromise(a.nextFact);
      const before = a.channel(idB);
      await Effect.runPromise(a.perform(idB, open));
      await Effect.runPromise(a.perform(idB, deposit(tokenUnits(70n))));
      await Effect.runPromise(a.perform(idB, deposit(tokenUnits(1n))));
      expect(a.channel(idB)).toEqual(before);
      expect(await isSilent(a)).toBe(true);
    });

    test("a neighbour without a channel is an error with words", async () => {
      const { a } = await make();
      expect(a.channel(idC)).toBeUndefined();
      for (const act of [a.perform(idC, deposit(tokenUnits(1n))), a.perform(idC, finish)]) {
        const error = await Effect.runPromise(Effect.flip(act));
        expect(error.message).toMatch(/channel|looked at/);
      }
    });
  });
}

/** Whether there is no news: a wait for some does not end while the event loop goes round. */
export async function isSilent(settlement: Settlement["Service"]): Promise<boolean> {
  const controller = new AbortController();
  let heard = false;
  const wait = Effect.runPromise(settlement.nextFact, { signal: controller.signal }).then(
    () => {
      heard = true;
    },
    () => undefined,
  );
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  controller.abort();
  await wait;
  return !heard;
}
