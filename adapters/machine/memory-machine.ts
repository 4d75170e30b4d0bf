import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { type InterfaceBytes, Machine } from "./machine.ts";

/** A machine that is as it is told to be; tests change it while an agent runs. */
export interface MachineState {
  /** Bytes, by directory. */
  readonly disks: Map<string, bigint>;
  readonly interfaces: Map<string, InterfaceBytes>;
  resident: bigint;
  limit: bigint | undefined;
  available: bigint | undefined;
  monotonic: number;
  civil: number;
  readonly tables: Map<string, string>;
}

/** A machine where all is well. */
export function machineState(): MachineState {
  return {
    disks: new Map(),
    interfaces: new Map(),
    resident: 60_000_000n,
    limit: undefined,
    available: 100_000_000n,
    monotonic: 0,
    civil: Date.UTC(2026, 0, 1),
    tables: new Map(),
  };
}

/** The port on such a machine. */
export const memoryMachine = (state: MachineState): Layer.Layer<Machine> =>
  Layer.succeed(
    Machine,
    Machine.of({
      freeDisk: (directory) => Effect.sync(() => state.disks.get(directory)),
      interfaceBytes: (names) =>
        Effect.sync(() => new Map([...state.interfaces].filter(([name]) => names.includes(name)))),
      memory: Effect.sync(() => {
        const { resident, limit, available } = state;
        return { resident, limit, available };
      }),
      now: Effect.sync(() => ({ monotonic: state.monotonic, civil: state.civil })),
      tableMark: (table) => Effect.sync(() => state.tables.get(table) ?? "gone"),
    }),
  );
