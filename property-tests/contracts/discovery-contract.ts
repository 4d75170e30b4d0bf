import { randomBytes } from "node:crypto";
import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import { describe, expect, test } from "vitest";
import type { Discovery } from "#adapters/discovery/discovery.ts";
import { keysFromSeed } from "#adapters/keys/seeded-keys.ts";
import type { UnsignedDiscoveryHello } from "#core/discovery/discovery-hello.ts";
import { encodeDiscoveryHello, signDiscoveryHello } from "#core/discovery/discovery-hello-form.ts";
import { decodeDiscoveryHello } from "#core/discovery/discovery-hello-reader.ts";
import { identitiesPerAddress } from "#core/discovery/introductions.ts";
import { eventually } from "./link-contract.ts";

/** Two routers on one cable, a and b, over one implementation of the port, and a third on it. */
export interface DiscoveryBench {
  readonly a: Discovery["Service"];
  readonly b: Discovery["Service"];
  /** What a, or b, said so far, oldest first. */
  readonly said: () => readonly Uint8Array[];
  /** Says something to everybody on the cable, from an address of its own. */
  readonly intrude: (bytes: Uint8Array) => Promise<void>;
  /** The address that {@link DiscoveryBench.intrude} speaks from. */
  readonly intruder: string;
  /** Takes b's end of the cable away / makes it again. */
  readonly unplug: () => Promise<void>;
  readonly plugIn: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export const keysA = keysFromSeed("discovery a");
export const keysB = keysFromSeed("discovery b");

/** What a knows of b. */
const knownB = ({ a }: DiscoveryBench) => a.report().peers.find(({ id }) => id === keysB.nodeId);

/** Calls until something holds. */
async function calling({ a, b }: DiscoveryBench, holds: () => boolean): Promise<void> {
  await eventually(async () => {
    if (holds()) return true;
    await Effect.runPromise(Effect.andThen(a.call, b.call));
    for (let i = 0; i < 20 && !holds(); i++) await new Promise((done) => setTimeout(done, 5));
    return holds();
  });
}

const acquainted = async (bench: DiscoveryBench): Promise<void> => {
  const { a, b } = bench;
  await calling(bench, () => knownB(bench) !== undefined && b.report().peers.length === 1);
  expect(a.report().peers.map(({ id }) => id)).toEqual([keysB.nodeId]);
  expect(b.report().peers.map(({ id }) => id)).toEqual([keysA.nodeId]);
};

const heard = ({ a }: DiscoveryBench): number => a.report().counts.heard;
const refused = ({ a }: DiscoveryBench): number =>
  Object.values(a.report().counts.refused).reduce((all, one) => all + one, 0);

/** What every discovery does. @param make a fresh bench. */
export function discoveryContract(name: string, make: () => Promise<DiscoveryBench>): void {
  const onBench = (claim: string, check: (bench: DiscoveryBench) => Promise<void>): void => {
    test(claim, async () => {
      const bench = await make();
      try {
        await check(bench);
      } finally {
        await bench.close();
      }
    });
  };
  describe(`discovery contract: ${name}`, () => {
    meetings(onBench);
    attacks(onBench);
  });
}

type OnBench = (claim: string, check: (bench: DiscoveryBench) => Promise<void>) => void;

function meetings(onBench: OnBench): void {
  onBench("two on a cable come to know each other's id, tunnel key and address", async (bench) => {
    await acquainted(bench);
    const { interfaces } = bench.b.report();
    expect(knownB(bench)).toMatchObject({
      id: keysB.nodeId,
      tunnelKey: keysB.tunnelPublicKey,
      classes: 1,
      port: 0,
      alive: true,
      elsewhere: undefined,
      place: { address: interfaces[0]?.address },
    });
  });

  onBench(
    "the port that one offers is told to the other at once, and taken back too",
    async (bench) => {
      await acquainted(bench);
      await Effect.runPromise(bench.b.offer(keysA.nodeId, 52_000));
      await eventually(() => knownB(bench)?.port === 52_000);
      await calling(bench, () => knownB(bench)?.port === 52_000);
      await Effect.runPromise(bench.b.offer(keysA.nodeId, undefined));
      await calling(bench, () => knownB(bench)?.port === 0);
    },
  );

  onBench("whoever waits for news is woken by a proof", async (bench) => {
    const waiting = Effect.runFork(bench.a.news);
    await acquainted(bench);
    await Effect.runPromise(Fiber.join(waiting));
  });

  onBench(
    "a cable that goes makes the other silent, and one that comes back alive again",
    async (bench) => {
      await acquainted(bench);
      await bench.unplug();
      await calling(bench, () => knownB(bench)?.alive === false);
      await bench.plugIn();
      await calling(bench, () => knownB(bench)?.alive === true);
    },
  );
}

function attacks(onBench: OnBench): void {
  onBench(
    "noise, and what is too long, is refused and counted, and changes nothing",
    async (bench) => {
      await acquainted(bench);
      const before = heard(bench);
      for (const length of [1, 100, 1000]) {
        await bench.intrude(new Uint8Array(randomBytes(length)));
      }
      await eventually(() => heard(bench) >= before + 3);
      expect(refused(bench)).toBeGreaterThanOrEqual(3);
      expect(bench.a.report().peers.map(({ id }) => id)).toEqual([keysB.nodeId]);
    },
  );

  onBench("everything that was said, said again from elsewhere, changes nothing", async (bench) => {
    await acquainted(bench);
    const before = JSON.stringify([bench.a.report().peers, bench.b.report().peers]);
    const count = heard(bench);
    const all = bench.said();
    expect(all.length).toBeGreaterThanOrEqual(3);
    for (const bytes of all.slice(0, 8)) await bench.intrude(bytes);
    await eventually(() => heard(bench) > count);
    expect(JSON.stringify([bench.a.report().peers, bench.b.report().peers])).toBe(before);
  });

  onBench(
    "an answer in b's name without b's key is refused, and changes nothing",
    async (bench) => {
      await acquainted(bench);
      const before = JSON.stringify(bench.a.report().peers);
      const mallory = keysFromSeed("discovery mallory").signer;
      await eventually(async () => {
        const call = lastCall(bench, keysA.nodeId); // perhaps not open any more: then once more
        const hello: UnsignedDiscoveryHello = {
          ...call,
          sender: keysB.nodeId,
          tunnelKey: new Uint8Array(32),
          address: bench.intruder,
          answer: { recipient: keysA.nodeId, challenge: call.challenge, count: 10_000n, port: 1 },
        };
        await bench.intrude(encodeDiscoveryHello(signDiscoveryHello(mallory, hello)));
        await new Promise((done) => setTimeout(done, 20));
        return (bench.a.report().counts.refused["bad signature"] ?? 0) > 0;
      });
      expect(JSON.stringify(bench.a.report().peers)).toBe(before);
    },
  );

  onBench(
    "a thousand invented identities are few, are dropped unseen, and b keeps its place",
    async (bench) => {
      await acquainted(bench);
      const { counts } = bench.a.report();
      for (let i = 0; i < 1000; i++) {
        const { signer } = keysFromSeed(`discovery stranger ${i}`);
        const call = lastCall(bench, keysA.nodeId);
        const answer = {
          recipient: keysA.nodeId,
          challenge: call.challenge,
          count: 1n,
          port: 0,
        };
        const hello = { ...call, sender: signer.id, address: bench.intruder, answer };
        await bench.intrude(encodeDiscoveryHello(signDiscoveryHello(signer, hello)));
      }
      await calling(bench, () => bench.a.report().counts.flooded > counts.flooded);
      await calling(bench, () => knownB(bench)?.alive === true);
      expect(bench.a.report().peers.length).toBeLessThanOrEqual(1 + identitiesPerAddress);
      const { heard: all, flooded } = bench.a.report().counts;
      expect(all - flooded).toBeLessThan(500); // looked at, of more than a thousand
    },
  );
}

/** The last call of a router, unsigned: what everybody on the cable has heard. */
function lastCall({ said }: DiscoveryBench, sender: string) {
  const all = said().flatMap((bytes) => {
    const hello = decodeDiscoveryHello(bytes);
    return typeof hello === "string" ? [] : [hello];
  });
  const call = all.findLast((one) => one.sender === sender && one.answer === undefined);
  if (call === undefined) throw new Error("nobody called");
  const { signature, ...rest } = call;
  return rest;
}
