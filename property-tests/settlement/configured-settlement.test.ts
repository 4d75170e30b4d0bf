import * as Effect from "effect/Effect";
import { expect, test } from "vitest";
import { configuredSettlement } from "#adapters/settlement/configured-settlement.ts";
import { pretendChannelId, type SettlementPlace } from "#adapters/settlement/pretend-channel.ts";
import { Settlement } from "#adapters/settlement/settlement.ts";
import { tokenUnits } from "#core/units/money.ts";
import type { NodeId } from "#core/units/node-id.ts";
import {
  deposit,
  finish,
  idA,
  idB,
  idC,
  open,
  settlementContract,
} from "../contracts/settlement-contract.ts";

const place: SettlementPlace = { chainId: 0n, contract: "00".repeat(20), grainsPerUnit: 1000n };

const begin = (self: NodeId, peer: NodeId, own: bigint, theirs: bigint) =>
  Effect.runPromise(
    Effect.provide(
      Effect.gen(function* () {
        return yield* Settlement;
      }),
      configuredSettlement(self, place, [
        { peer, depositOut: tokenUnits(own), depositIn: tokenUnits(theirs) },
      ]),
    ),
  );

settlementContract("from the configuration, two processes apart", async () => ({
  a: await begin(idA, idB, 70n, 30n),
  b: await begin(idB, idA, 30n, 70n),
  restartA: () => begin(idA, idB, 70n, 30n),
}));

test("what the configuration does not say is refused with what to alter", async () => {
  const a = await begin(idA, idB, 70n, 30n);
  for (const act of [
    a.perform(idB, deposit(tokenUnits(71n))),
    a.perform(idB, finish),
    a.perform(idC, open),
  ]) {
    const error = await Effect.runPromise(Effect.flip(act));
    expect(error._tag).toBe("SettlementFixed");
    expect(error.message).toMatch(/raise|remove|add/);
  }
  expect(a.channel(idB)).toMatchObject({ depositOut: 70n, open: true });
});

test("the channel's id is the same from both ends and differs with everything that matters", () => {
  const id = pretendChannelId(place, idA, idB);
  expect(pretendChannelId(place, idB, idA)).toBe(id);
  const others = [
    pretendChannelId(place, idA, idC),
    pretendChannelId({ ...place, chainId: 1n }, idA, idB),
    pretendChannelId({ ...place, contract: "01".repeat(20) }, idA, idB),
  ];
  expect(new Set([id, ...others]).size).toBe(4);
});
