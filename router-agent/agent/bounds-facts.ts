import { boundsOf } from "#agent/config/bounds.ts";
import type { Config } from "#agent/config/config.ts";

/** Frames around the two events that reserving and reading journal, in bytes, measured. */
const bytesPerCommit = 64n;

/** What an operator can lose, and what the flash has to bear: money and bytes, from the config. */
export function boundsFacts(config: Config) {
  const bounds = boundsOf(config);
  const gigabyte = 10n ** 9n;
  return {
    overpaymentPerReboot: { bytes: config.terms.reservation, grains: bounds.atRiskPerReboot },
    exposurePerNeighbour: { grains: bounds.atRiskPerNeighbour },
    smallestCreditLimit: bounds.smallestCreditLimit,
    commitsPerGigabyte: bounds.commitsPerGigabyte,
    vouchersPerGigabyte: (gigabyte * config.terms.priceCap) / config.terms.payThreshold,
    journalBytesPerGigabyte: bounds.commitsPerGigabyte * bytesPerCommit,
    token: config.token,
  };
}
