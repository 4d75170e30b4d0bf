import * as Effect from "effect/Effect";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SettlementPlace } from "#adapters/settlement/pretend-channel.ts";
import { channelLimit, Settlement } from "#adapters/settlement/settlement.ts";
import { type SharedLedger, sharedLedger } from "#adapters/settlement/shared-ledger.ts";
import { tokenUnits, tokenUnitsLimit } from "#core/units/money.ts";
import { type NodeId, nodeId } from "#core/units/node-id.ts";
import {
  deposit,
  finish,
  idA,
  idB,
  idC,
  isSilent,
  open,
  settlementContract,
} from "../contracts/settlement-contract.ts";

const place: SettlementPlace = { chainId: 0n, contract: "00".repeat(20), grainsPerUnit: 1000n };

const begin = (ledger: SharedLedger, self: NodeId): Promise<Settlement["Service"]> =>
  Effect.runPromise(
    Effect.provide(
      Effect.gen(function* () {
        return yield* Settlement;
      }),
      ledger.settlementOf(self),
    ),
  );
const run = <A, E>(effect: Effect.Effect<A, E>): Promise<A> => Effect.runPromise(effect);

async function pair(finality: "at once" | "by hand") {
  const ledger = sharedLedger(place, finality);
  const [a, b] = [await begin(ledger, idA), await begin(ledger, idB)];
  await run(a.perform(idB, open));
  await run(a.perform(idB, deposit(tokenUnits(70n))));
  await run(b.perform(idA, deposit(tokenUnits(30n))));
  return { ledger, a, b };
}

settlementContract("ledger in memory", async () => {
  const { ledger, a, b } = await pair("at once");
  return { a, b, restartA: () => begin(ledger, idA) };
});

describe("the ledger in memory", () => {
  test("tells each side what the other did, as totals, the newest only", async () => {
    const { a, b } = await pair("at once");
    for (const total of [100n, 200n, 300n]) await run(a.perform(idB, deposit(tokenUnits(total))));
    expect(await run(b.nextFact)).toMatchObject({ peer: idA, depositIn: 300n, depositOut: 30n });
    expect(await isSilent(b)).toBe(true);
  });

  test("carries the largest amount there is", async () => {
    const { a, b } = await pair("at once");
    await run(a.perform(idB, deposit(tokenUnits(tokenUnitsLimit))));
    expect(b.channel(idA)?.depositIn).toBe(tokenUnitsLimit);
  });

  test("facts are provisional until they are final", async () => {
    const { ledger, a } = await pair("by hand");
    expect((await run(a.nextFact)).final).toBe(false);
    ledger.finalize();
    expect(await run(a.nextFact)).toMatchObject({ final: true, depositOut: 70n });
    await run(a.perform(idB, deposit(tokenUnits(71n))));
    expect(await run(a.nextFact)).toMatchObject({ final: false, depositOut: 71n });
  });

  test("a reorganisation takes back what was not final, and says so", async () => {
    const { ledger, a, b } = await pair("by hand");
    ledger.finalize();
    await run(a.perform(idB, deposit(tokenUnits(99n))));
    await run(a.perform(idC, open));
    ledger.reorganise();
    expect(a.channel(idB)).toMatchObject({ final: true, depositOut: 70n });
    expect(b.channel(idA)).toMatchObject({ final: true, depositIn: 70n });
    expect(a.channel(idC)).toMatchObject({ final: false, open: false });
  });

  test("a closed channel is closed for both, for good, and closing twice is closing once", async () => {
    const { a, b } = await pair("at once");
    await run(a.perform(idB, finish));
    await run(b.perform(idA, finish));
    expect(b.channel(idA)).toMatchObject({ open: false, depositIn: 70n });
    for (const act of [a.perform(idB, open), b.perform(idA, deposit(tokenUnits(99n)))]) {
      expect((await run(Effect.flip(act)))._tag).toBe("ChannelClosed");
    }
  });

  test("one channel too many is refused and the others stay", async () => {
    const ledger = sharedLedger(place);
    const a = await begin(ledger, idA);
    const peer = (i: number): NodeId => nodeId(`02${i.toString(16).padStart(64, "0")}`);
    for (let i = 0; i < channelLimit; i++) await run(a.perform(peer(i), open));
    const error = await run(Effect.flip(a.perform(peer(channelLimit), open)));
    expect(error).toMatchObject({ _tag: "TooManyChannels", allowed: channelLimit });
    expect(a.channel(peer(0))?.open).toBe(true);
  });

  test("any order and repetition of operations ends in the largest totals at both ends", async () => {
    const step = fc.record({ byA: fc.boolean(), total: fc.bigInt({ min: 0n, max: 500n }) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const { a, b } = await pair("at once");
        let [ofA, ofB] = [70n, 30n];
        for (const { byA, total } of steps) {
          await run(
            byA
              ? a.perform(idB, deposit(tokenUnits(total)))
              : b.perform(idA, deposit(tokenUnits(total))),
          );
          if (byA && total > ofA) ofA = total;
          if (!byA && total > ofB) ofB = total;
        }
        expect(a.channel(idB)).toMatchObject({ depositOut: ofA, depositIn: ofB });
        expect(b.channel(idA)).toMatchObject({ depositOut: ofB, depositIn: ofA });
      }),
      { numRuns: 50 },
    );
  });
});
