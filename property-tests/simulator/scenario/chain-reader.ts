import { countOf, listOf, membersOf, quantityOf, type Reading } from "./field.ts";
import type { ScenarioChain } from "./scenario.ts";

/** Most of a deposit, in grains: room for sums below 128 bits. */
export const depositLimit = (1n << 100n) - 1n;

/** At most so many outages and fee spikes. */
export const spellLimit = 10_000;

/** The latest step that a file can name. */
export const stepLimit = 1_000_000_000;

/** Reads the optional `chain` of a scenario. */
export function readChain(reading: Reading, value: unknown): ScenarioChain | undefined {
  if (value === undefined) return undefined;
  const names = [
    "deposit",
    "topUp",
    "blockSteps",
    "finalBlocks",
    "reorgEveryBlocks",
    "fee",
    "maxFee",
    "outages",
    "feeSpikes",
  ] as const;
  const chain = membersOf(reading, "chain", value, names);
  const grains = (path: string, found: unknown, otherwise: bigint) =>
    quantityOf(reading, path, found, { least: 0n, most: depositLimit, otherwise });
  const steps = (path: string, found: unknown, least: number, otherwise: number) =>
    countOf(reading, path, found, { least, most: stepLimit, otherwise });
  const fee = grains("chain.fee", chain.fee, 1n);
  return {
    deposit: grains("chain.deposit", chain.deposit, depositLimit),
    topUp: grains("chain.topUp", chain.topUp, 0n),
    blockSteps: steps("chain.blockSteps", chain.blockSteps, 1, 20),
    finalBlocks: steps("chain.finalBlocks", chain.finalBlocks, 0, 3),
    reorgEveryBlocks: steps("chain.reorgEveryBlocks", chain.reorgEveryBlocks, 0, 0),
    fee,
    maxFee: grains("chain.maxFee", chain.maxFee, fee),
    outages: listOf(reading, "chain.outages", chain.outages, spellLimit).map((one, i) => {
      const path = `chain.outages[${i}]`;
      const outage = membersOf(reading, path, one, ["from", "steps"]);
      return {
        from: steps(`${path}.from`, outage.from, 0, 0),
        steps: steps(`${path}.steps`, outage.steps, 1, 1),
      };
    }),
    feeSpikes: listOf(reading, "chain.feeSpikes", chain.feeSpikes, spellLimit).map((one, i) => {
      const path = `chain.feeSpikes[${i}]`;
      const spike = membersOf(reading, path, one, ["from", "steps", "fee"]);
      return {
        from: steps(`${path}.from`, spike.from, 0, 0),
        steps: steps(`${path}.steps`, spike.steps, 1, 1),
        fee: grains(`${path}.fee`, spike.fee, fee),
      };
    }),
  };
}
