import { boundsFacts } from "#agent/agent/bounds-facts.ts";
import type { Config } from "#agent/config/config.ts";
import { bytesText, moneyText } from "./money-text.ts";

/** What a configuration risks, and what it costs the flash, for people. */
export function boundsLines(config: Config): readonly string[] {
  const bounds = boundsFacts(config);
  const money = (grains: bigint) => moneyText(grains, config.token);
  const { bytes, grains } = bounds.overpaymentPerReboot;
  return [
    `overpaid at one reboot of ours, at most  ${bytesText(bytes)}, ${money(grains)}`,
    `credit one neighbour can take, at most   ${money(bounds.exposurePerNeighbour.grains)}`,
    `smallest credit limit that never stalls  ${money(bounds.smallestCreditLimit)} (T14)`,
    `journal per gigabyte of traffic          ${bounds.commitsPerGigabyte} commits, ${bytesText(bounds.journalBytesPerGigabyte)}`,
  ];
}
