import { benchSettlementCrypto, type SettlementCrypto } from "./settlement-crypto.ts";
import { benchSettlementGas, type SettlementGas } from "./settlement-gas.ts";
import { benchSettlementMemory, type SettlementMemory } from "./settlement-memory.ts";
import { benchSettlementWire, type SettlementWire } from "./settlement-wire.ts";

/** What settlement costs: on the chain, in the processor, on the wire, and in a router's memory. */
export interface SettlementBench {
  readonly gas: SettlementGas;
  readonly crypto: SettlementCrypto;
  readonly wire: SettlementWire;
  readonly memory: SettlementMemory;
}

/** One after the other, so that none disturbs another. */
export async function benchSettlement(): Promise<SettlementBench> {
  const gas = await benchSettlementGas();
  const crypto = await benchSettlementCrypto();
  const wire = benchSettlementWire();
  return { gas, crypto, wire, memory: await benchSettlementMemory() };
}
