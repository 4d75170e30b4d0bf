import * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Layer from "effect/Layer";
import * as Scope from "effect/Scope";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MonotonicClock, manualClock } from "#adapters/clock/monotonic-clock.ts";
import { type Ether, ether, heldLimit } from "#adapters/link/ether.ts";
import { type Fate, faults } from "#adapters/link/fate.ts";
import { Link } from "#adapters/link/link.ts";
import type { NodeId } from "#core/units/node-id.ts";
import {
  benchLimits,
  benchShare,
  idA,
  idB,
  idC,
  type LinkBench,
  linkContract,
} from "../contracts/link-contract.ts";

const clock = Layer.succeed(MonotonicClock, manualClock());

async function node(air: Ether, scope: Scope.Scope, self: NodeId, neighbours: readonly NodeId[]) {
  const layer = air.link(self, neighbours, { share: benchShare, limits: benchLimits });
  const built = Layer.buildWithScope(Layer.provide(layer, clock), scope);
  return Context.get(await Effect.runPromise(built), Link);
}

async function bench(air = ether()): Promise<LinkBench> {
  const scope = Scope.makeUnsafe();
  return {
    a: await node(air, scope, idA, [idB, idC]),
    b: await node(air, scope, idB, [idA]),
    c: await node(air, scope, idC, [idA]),
    neighbour: (id) => {
      return { id, interfaceName: "ether", ownAddress: "fe80::a", peerAddress: "fe80::b" };
    },
    forge: async (bytes) => air.forge(idB, idA, bytes),
    intrude: async (bytes) => air.intrude(idA, idB, bytes),
    takeDown: async () => {
      air.takeDown(idA, idB);
      air.takeDown(idB, idA);
    },
    bringUp: async () => {
      air.bringUp(idA, idB);
      air.bringUp(idB, idA);
    },
    close: () => Effect.runPromise(Scope.close(scope, Exit.void)),
  };
}

linkContract("in memory", () => bench());

/** What a hears of ten datagrams of b under a fate, held ones delivered at the end. */
async function heard(fate: Fate): Promise<readonly number[]> {
  const air = ether();
  const { a, b, close } = await bench(air);
  air.setFate(fate);
  const order: number[] = [];
  const drain = async (): Promise<void> => {
    const counts = a.counts().get(idB);
    while (order.length < (counts?.received ?? 0)) {
      order.push((await Effect.runPromise(a.receive)).bytes[0] ?? -1);
    }
  };
  for (let i = 0; i < 10; i++) {
    await Effect.runPromise(b.send(idA, Uint8Array.of(i)));
    await drain();
  }
  air.flush();
  await drain();
  await close();
  return order;
}

describe("the network in memory has every fault of a real one", () => {
  test("loss, by count", async () => {
    expect(await heard(faults({ loseEvery: 3 }))).toEqual([0, 1, 3, 4, 6, 7, 9]);
  });

  test("duplication, by count", async () => {
    expect(await heard(faults({ doubleEvery: 5 }))).toEqual([0, 1, 2, 3, 4, 4, 5, 6, 7, 8, 9, 9]);
  });

  test("delay and reordering, by count", async () => {
    const order = await heard(faults({ delayEvery: 4, delayBy: 2 }));
    expect(order).toEqual([0, 1, 2, 4, 3, 5, 6, 8, 7, 9]);
  });

  test("what is delayed has a limit; beyond it, the newest is lost", async () => {
    const air = ether();
    const { a, b, close } = await bench(air);
    air.setFate(() => [heldLimit * 2]);
    for (let i = 0; i <= heldLimit; i++) await Effect.runPromise(b.send(idA, Uint8Array.of(1)));
    air.flush();
    const counts = a.counts().get(idB);
    const arrived = (counts?.received ?? 0) + (counts?.overflowed ?? 0) + (counts?.flooded ?? 0);
    expect(arrived).toBe(heldLimit);
    await close();
  });

  test("a cut is silent and ends", async () => {
    const air = ether();
    const { a, b, close } = await bench(air);
    air.cut(idA, idB);
    await Effect.runPromise(b.send(idA, Uint8Array.of(1)));
    air.mend(idA, idB);
    await Effect.runPromise(b.send(idA, Uint8Array.of(2)));
    expect((await Effect.runPromise(a.receive)).bytes).toEqual(Uint8Array.of(2));
    expect(a.counts().get(idB)?.received).toBe(1);
    await close();
  });

  test("whatever the faults, nothing arrives that was not sent, and the same faults do the same", async () => {
    const fate = fc.array(fc.array(fc.nat(4), { maxLength: 2 }), { minLength: 10, maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(fate, async (plan) => {
        const first = await heard((n) => plan[n] ?? []);
        const copies = (i: number): number => plan[i]?.length ?? 0;
        for (let i = 0; i < 10; i++) {
          expect(first.filter((byte) => byte === i)).toHaveLength(copies(i));
        }
        expect(await heard((n) => plan[n] ?? [])).toEqual(first);
      }),
      { numRuns: 50 },
    );
  });
});
