import { zeroAddress } from "viem";
import { openContractLab } from "../settlement/contract/contract-lab.ts";
import { deployToken, type GasTable, measureGas } from "../settlement/contract/gas-measurement.ts";

/** What something costs on the chain, in units of gas, beside what it may cost. */
export interface GasFigure {
  readonly gas: number;
  /** What the prototype took; absent where it had no such thing or told no figure. */
  readonly limit?: number;
}

/** Each function of the contract, in ether and in an ordinary token (OpenZeppelin's ERC20). */
export interface SettlementGas {
  readonly ether: Readonly<Record<keyof GasTable, GasFigure>>;
  readonly token: Readonly<Record<keyof GasTable, GasFigure>>;
  /** Whether no figure is above its limit. */
  readonly withinLimits: boolean;
}

type Limits = Readonly<Partial<Record<keyof GasTable, number>>>;

/** The prototype's table: to beat, or to match. */
export const gasLimits: { readonly ether: Limits; readonly token: Limits } = {
  ether: {
    open: 97_900,
    firstRegister: 56_100,
    laterRegister: 39_000,
    firstWithdraw: 73_300,
    startClose: 34_400,
    finish: 56_000,
    closeTogether: 78_000,
    disputeInAll: 245_000,
  },
  token: {
    open: 138_400,
    firstRegister: 56_100,
    laterRegister: 39_000,
    firstWithdraw: 82_100,
    startClose: 34_400,
    finish: 64_500,
    closeTogether: 86_400,
    disputeInAll: 294_000,
  },
};

/** Measures all functions on a chain of its own. The same contract gives the same figures. */
export async function benchSettlementGas(): Promise<SettlementGas> {
  const lab = await openContractLab();
  try {
    const ether = beside(await measureGas(lab, zeroAddress), gasLimits.ether);
    const token = beside(await measureGas(lab, await deployToken(lab)), gasLimits.token);
    const figures = [...Object.values(ether), ...Object.values(token)];
    const withinLimits = figures.every(({ gas, limit }) => limit === undefined || gas <= limit);
    return { ether, token, withinLimits };
  } finally {
    await lab.close();
  }
}

function beside(table: GasTable, limits: Limits): SettlementGas["ether"] {
  const figures = Object.entries(table).map(([name, gas]) => {
    const limit = limits[name as keyof GasTable];
    return [name, limit === undefined ? { gas: Number(gas) } : { gas: Number(gas), limit }];
  });
  return Object.fromEntries(figures) as SettlementGas["ether"];
}
