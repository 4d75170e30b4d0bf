import { describe, expect, test } from "vitest";
import {
  type CounterReading,
  generationLimit,
  generationOf,
  interfaceLimit,
} from "#adapters/counters/counters.ts";

/** Bytes of one tunnel, as an independent witness counts them. */
export interface Transfer {
  readonly received: bigint;
  readonly sent: bigint;
}

/** Two tunnel interfaces that are there, and an implementation that reads them. */
export interface CountersBench {
  readonly interfaces: readonly [string, string];
  readonly bootId: string;
  /** Rejects with the port's error. */
  readonly read: (interfaces: readonly string[]) => Promise<readonly CounterReading[]>;
  /** Moves some bytes, both ways. */
  readonly move: (name: string) => Promise<void>;
  /** What passed, by somebody who does not use the implementation. */
  readonly witness: (name: string) => Promise<Transfer>;
  /** Makes an interface again, with the same keys at both ends. */
  readonly remake: (name: string) => Promise<void>;
  readonly remove: (name: string) => Promise<void>;
}

/** How often is looked whether packets under way have arrived. */
const looks = 200;

/** What every implementation of the counters port does. The tests of one bench run in order. */
export function countersContract(name: string, bench: () => CountersBench): void {
  describe(`counters contract: ${name}`, () => {
    countsBytes(bench);
    knowsInterfaces(bench);
  });
}

function countsBytes(bench: () => CountersBench): void {
  test("counts what passed, to the byte", async () => {
    const at = bench();
    for (const interfaceName of at.interfaces) await at.move(interfaceName);
    for (const interfaceName of at.interfaces) {
      const { reading, witness } = await settled(at, interfaceName);
      expect(reading).toMatchObject(witness);
      expect(reading.sent).toBeGreaterThan(0n);
      expect(reading.received).toBeGreaterThan(0n);
      expect(reading.interfaceName).toBe(interfaceName);
    }
  });

  test("never runs backwards, and reading takes nothing away", async () => {
    const at = bench();
    const [interfaceName] = at.interfaces;
    let { reading: last } = await settled(at, interfaceName);
    const first = last;
    for (let round = 0; round < 5; round++) {
      await at.move(interfaceName);
      for (let again = 0; again < 3; again++) {
        const next = await one(at, interfaceName);
        expect(next.sent).toBeGreaterThanOrEqual(last.sent);
        expect(next.received).toBeGreaterThanOrEqual(last.received);
        last = next;
      }
    }
    expect(last.sent).toBeGreaterThan(first.sent);
    const { reading, witness } = await settled(at, interfaceName);
    expect(reading).toMatchObject(witness);
  });
}

function knowsInterfaces(bench: () => CountersBench): void {
  test("leaves out what is not there, and reads the others", async () => {
    const at = bench();
    const [a, b] = at.interfaces;
    const readings = await at.read([a, "nothere0", b]);
    expect(readings.map((reading) => reading.interfaceName)).toEqual([a, b]);
    expect(await at.read([])).toEqual([]);
  });

  test("refuses what is no interface name, and more names than there can be", async () => {
    const at = bench();
    const [a] = at.interfaces;
    for (const wrong of ["", "..", "a/b", "-x", "sixteen-letters-", "a b", "ä", "a\n"]) {
      await expect(at.read([a, wrong])).rejects.toThrow("not an interface name");
    }
    const many = Array.from({ length: interfaceLimit + 1 }, () => a);
    await expect(at.read(many)).rejects.toThrow(`${many.length} interfaces; at most`);
    expect((await at.read([a])).length).toBe(1);
  });

  test("an interface made again is another generation, and nothing else is", async () => {
    const at = bench();
    const [a, b] = at.interfaces;
    const before = [await generation(at, a), await generation(at, b)];
    await at.move(a);
    expect([await generation(at, a), await generation(at, b)]).toEqual(before);
    const { reading } = await settled(at, a);
    await at.remake(a);
    const after = [await generation(at, a), await generation(at, b)];
    expect(after[0]).not.toBe(before[0]);
    expect(after[1]).toBe(before[1]);
    expect(new Set([...before, ...after]).size).toBe(3);
    for (const text of after) expect(text.length).toBeLessThanOrEqual(generationLimit);
    const fresh = await one(at, a);
    expect(fresh.sent).toBeLessThan(reading.sent);
    expect(fresh.peerKey).toBe(reading.peerKey);
  });

  test("an interface that was removed is left out", async () => {
    const at = bench();
    const [a, b] = at.interfaces;
    await at.remove(a);
    expect((await at.read([a, b])).map((reading) => reading.interfaceName)).toEqual([b]);
  });
}

async function one(at: CountersBench, interfaceName: string): Promise<CounterReading> {
  const [reading] = await at.read([interfaceName]);
  if (reading === undefined) throw new Error(`${interfaceName} was left out`);
  return reading;
}

/** Read, and witnessed, once nothing is under way any more. */
async function settled(at: CountersBench, interfaceName: string) {
  for (let look = 1; ; look++) {
    const reading = await one(at, interfaceName);
    const witness = await at.witness(interfaceName);
    const agreed = reading.received === witness.received && reading.sent === witness.sent;
    if (agreed || look === looks) return { reading, witness };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function generation(at: CountersBench, interfaceName: string): Promise<string> {
  return generationOf(at.bootId, await one(at, interfaceName));
}
