import type { Config } from "#agent/config/config.ts";
import {
  type NetworkPolicy,
  type PolicyRefusal,
  policyRefusalWords,
} from "#core/enforcement/network-policy.ts";
import { policyRefusal } from "#core/enforcement/network-policy-judgement.ts";
import { fromHex } from "#core/identity/hexadecimal.ts";
import { signedBy } from "#core/identity/signature.ts";
import { ourVersions } from "#core/peer/version.ts";

/** Before this the clock of a router was never set: nothing is over by it. UTC, seconds. */
const clockBegins = 1_700_000_000;

/**
 * Why this node does not take a policy; nothing where it may. Here, and only here, its time is compared
 * with the clock of people. @param now UTC, seconds. @param known the newest one decided about.
 */
export function policyVerdict(
  config: Config,
  known: NetworkPolicy | undefined,
  policy: NetworkPolicy,
  now: number,
): PolicyRefusal | undefined {
  const { organiser, freeRate } = config.policy;
  if (organiser === undefined) return "another organiser";
  const view = {
    organiser,
    known,
    versions: ourVersions,
    token: tokenOf(config),
    freeRate: { least: freeRate.least, most: mostOf(config) },
  };
  const refusal = policyRefusal(signedBy, view, policy);
  if (refusal !== undefined) return refusal;
  return now >= clockBegins && policy.expires <= BigInt(Math.floor(now))
    ? "expired policy"
    : undefined;
}

/** What a person reads of a refusal. */
export function refusalText(refusal: PolicyRefusal): string {
  return `${refusal}: ${policyRefusalWords[refusal]}`;
}

/** The free rate and control traffic fit into the link together. */
function mostOf({ policy, rates }: Config): bigint {
  const room = rates.link - rates.control;
  return policy.freeRate.most < room ? policy.freeRate.most : room;
}

/** Our channels' token; nothing where they lie on no chain. */
function tokenOf({ settlement }: Config) {
  if (settlement.chainId === 0n) return undefined;
  return { chain: settlement.chainId, address: fromHex(settlement.token) };
}
