import * as Effect from "effect/Effect";
import type * as Layer from "effect/Layer";
import { describe, expect, test } from "vitest";
import { Machine } from "#adapters/machine/machine.ts";

/** A machine with a directory that is there, and an interface that is there. */
export interface MachineSpecimen {
  readonly layer: Layer.Layer<Machine>;
  readonly directory: string;
  readonly interfaceName: string;
}

/** What every implementation of the machine port does. */
export function machineContract(name: string, specimen: () => MachineSpecimen): void {
  const ask = <A>(use: (machine: Machine["Service"]) => Effect.Effect<A>): Promise<A> =>
    Effect.runPromise(
      Effect.gen(function* () {
        return yield* use(yield* Machine);
      }).pipe(Effect.provide(specimen().layer)),
    );

  describe(`the machine, ${name}`, () => {
    test("tells how much of a disk is free, and nothing of a directory that is not there", async () => {
      expect(await ask(({ freeDisk }) => freeDisk(specimen().directory))).toBeGreaterThan(0n);
      expect(await ask(({ freeDisk }) => freeDisk("/no/such/place"))).toBeUndefined();
    });

    test("counts interfaces that are there; others, and what is no name, are left out", async () => {
      const { interfaceName } = specimen();
      const names = [interfaceName, "nosuch0", "../../etc", "", "x".repeat(40)];
      const found = await ask(({ interfaceBytes }) => interfaceBytes(names));
      expect([...found.keys()]).toEqual([interfaceName]);
      expect(found.get(interfaceName)?.sent).toBeGreaterThanOrEqual(0n);
      expect(found.get(interfaceName)?.received).toBeGreaterThanOrEqual(0n);
    });

    test("knows how much memory we have, and how much there is for others", async () => {
      const { resident, available, limit } = await ask(({ memory }) => memory);
      expect(resident).toBeGreaterThan(1_000_000n);
      expect(available).toBeGreaterThan(0n);
      if (limit !== undefined) expect(limit).toBeGreaterThan(0n);
    });

    test("has a clock that never goes back", async () => {
      const before = await ask(({ now }) => now);
      const after = await ask(({ now }) => now);
      expect(after.monotonic).toBeGreaterThanOrEqual(before.monotonic);
      expect(before.civil).toBeGreaterThan(Date.UTC(2020, 0, 1));
    });

    test("says gone of a table that is not there, or nothing where it cannot tell", async () => {
      const mark = await ask(({ tableMark }) => tableMark("meshtoll_nosuch"));
      expect([undefined, "gone"]).toContain(mark);
    });
  });
}
