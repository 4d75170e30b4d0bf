import { boundsOf } from "#agent/config/bounds.ts";
import type { Config } from "#agent/config/config.ts";

/**
 * Journal bytes of one voucher with the lease that answers it, and of one reservation or reading.
 * Measured by `npm run bench -- journal`, rounded up.
 */
const bytesPerVoucher = 250n;
const bytesPerChunk = 64n;

/** What an operator can lose, and what the flash has to bear at most: from the configuration. */
export function boundsFacts(config: Config) {
  const bounds = boundsOf(config);
  const gigabyte = 10n ** 9n;
  const { reservation, priceCap, payThreshold } = config.terms;
  const vouchersPerGigabyte = (gigabyte * priceCap + payThreshold - 1n) / payThreshold;
  return {
    overpaymentPerReboot: { bytes: reservation, grains: bounds.atRiskPerReboot },
    exposurePerNeighbour: { grains: bounds.atRiskPerNeighbour },
    smallestCreditLimit: bounds.smallestCreditLimit,
    vouchersPerGigabyte,
    commitsPerGigabyte: bounds.commitsPerGigabyte + 2n * vouchersPerGigabyte,
    journalBytesPerGigabyte:
      bounds.commitsPerGigabyte * bytesPerChunk + vouchersPerGigabyte * bytesPerVoucher,
    token: config.token,
  };
}
