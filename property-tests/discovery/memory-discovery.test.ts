import { randomBytes } from "node:crypto";
import * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Layer from "effect/Layer";
import * as Scope from "effect/Scope";
import { expect, test } from "vitest";
import { MonotonicClock, manualClock } from "#adapters/clock/monotonic-clock.ts";
import { Discovery } from "#adapters/discovery/discovery.ts";
import {
  addressesRemembered,
  defaultHearingShares,
  hearingShare,
} from "#adapters/discovery/hearing-share.ts";
import {
  type MemoryCable,
  memoryCable,
  memoryDiscovery,
} from "#adapters/discovery/memory-discovery.ts";
import { seededKeys } from "#adapters/keys/seeded-keys.ts";
import { type DiscoveryBench, discoveryContract } from "../contracts/discovery-contract.ts";
import { eventually } from "../contracts/link-contract.ts";

const random = (length: number) => new Uint8Array(randomBytes(length));

async function router(scope: Scope.Scope, seed: string, plugs: readonly [MemoryCable, string][]) {
  const clock = manualClock();
  const layer = memoryDiscovery({
    plugs: plugs.map(([cable, address], i) => ({ cable, interfaceName: `eth${i}`, address })),
    classes: 1,
    random,
  }).pipe(Layer.provide(Layer.mergeAll(seededKeys(seed), Layer.succeed(MonotonicClock, clock))));
  const built = await Effect.runPromise(Layer.buildWithScope(layer, scope));
  const service = Context.get(built, Discovery);
  // Every round takes a while, so that shares are as in life.
  const call = Effect.andThen(
    Effect.sync(() => clock.advance(1000)),
    service.call,
  );
  return { ...service, call };
}

async function bench(): Promise<DiscoveryBench> {
  const scope = Scope.makeUnsafe();
  const cable = memoryCable();
  const said: Uint8Array[] = [];
  cable.tap((_, bytes) => void said.push(bytes));
  return {
    a: await router(scope, "discovery a", [[cable, "fe80::a"]]),
    b: await router(scope, "discovery b", [[cable, "fe80::b"]]),
    said: () => said,
    intruder: "fe80::bad",
    intrude: async (bytes) => {
      cable.inject("fe80::bad", bytes);
      await new Promise((done) => setImmediate(done));
    },
    unplug: async () => cable.unplug("fe80::b"),
    plugIn: async () => cable.plugIn("fe80::b"),
    close: () => Effect.runPromise(Scope.close(scope, Exit.void)),
  };
}

discoveryContract("in memory", bench);

const turns = () => new Promise((done) => setTimeout(done, 20));

test("replayed from the very address it came from, it changes nothing either", async () => {
  const scope = Scope.makeUnsafe();
  const cable = memoryCable();
  const said: [string, Uint8Array][] = [];
  cable.tap((from, bytes) => void said.push([from, bytes]));
  const a = await router(scope, "discovery a", [[cable, "fe80::a"]]);
  const b = await router(scope, "discovery b", [[cable, "fe80::b"]]);
  await Effect.runPromise(a.call);
  await turns();
  await Effect.runPromise(b.call);
  await turns();
  const before = JSON.stringify([a.report().peers, b.report().peers]);
  for (const [from, bytes] of said.slice()) cable.inject(from, bytes);
  await turns();
  expect(JSON.stringify([a.report().peers, b.report().peers])).toBe(before);
  await Effect.runPromise(Scope.close(scope, Exit.void));
});

test("a machine that holds our own key is told; our own second interface is not", async () => {
  const scope = Scope.makeUnsafe();
  const cable = memoryCable();
  const a = await router(scope, "discovery a", [
    [cable, "fe80::a"],
    [cable, "fe80::a2"],
  ]);
  await Effect.runPromise(a.call);
  await turns();
  expect(a.report().twin).toBeUndefined();
  const twin = await router(scope, "discovery a", [[cable, "fe80::c"]]);
  await Effect.runPromise(a.call);
  await Effect.runPromise(twin.call);
  await eventually(() => a.report().twin !== undefined && twin.report().twin !== undefined);
  expect(a.report().twin?.address).toBe("fe80::c");
  expect(a.report().peers).toEqual([]);
  await Effect.runPromise(Scope.close(scope, Exit.void));
});

test("an answer on one interface says nothing about another", async () => {
  const scope = Scope.makeUnsafe();
  const [near, far] = [memoryCable(), memoryCable()];
  const a = await router(scope, "discovery a", [
    [near, "fe80::a"],
    [far, "fe80::a2"],
  ]);
  const b = await router(scope, "discovery b", [[near, "fe80::b"]]);
  near.tap((from, bytes) => far.inject(from, bytes)); // a wormhole that carries all to another cable
  await Effect.runPromise(a.call);
  await eventually(() => a.report().peers.length === 1);
  await Effect.runPromise(b.call);
  await turns();
  expect(a.report().peers[0]?.place.interfaceName).toBe("eth0");
  expect(a.report().peers[0]?.elsewhere).toBeUndefined();
  await Effect.runPromise(Scope.close(scope, Exit.void));
});

test("a flood from ever new addresses takes no share of who is proven, and little memory", () => {
  let now = 0;
  const share = hearingShare(defaultHearingShares, () => now);
  const place = (n: number) => ({ interfaceName: "eth0", address: `fe80::${n.toString(16)}` });
  const taken = Array.from({ length: 10_000 }, (_, i) => share.take(place(i), false));
  expect(taken.filter(Boolean)).toHaveLength(defaultHearingShares.ofStrangers.burst);
  expect(share.take(place(20_000), true)).toBe(true);
  now += 1000;
  const later = Array.from({ length: addressesRemembered }, (_, i) =>
    share.take(place(30_000 + i), false),
  );
  expect(later.filter(Boolean)).toHaveLength(defaultHearingShares.ofStrangers.perSecond);
});
