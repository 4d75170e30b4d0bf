import type { SignatureCheck } from "#core/identity/signature.ts";
import type { NodeId } from "#core/units/node-id.ts";
import type {
  NetworkPolicy,
  PolicyRefusal,
  PolicyToken,
  UnsignedNetworkPolicy,
} from "./network-policy.ts";
import { networkPolicyDigest } from "./network-policy-form.ts";

/** What a node holds a policy against. */
export interface PolicyView {
  readonly organiser: NodeId;
  /** The newest that was accepted or refused. */
  readonly known: UnsignedNetworkPolicy | undefined;
  readonly versions: { readonly oldest: number; readonly newest: number };
  readonly token: PolicyToken | undefined;
  /** Bits a second: what the operator allows, both included. */
  readonly freeRate: { readonly least: bigint; readonly most: bigint };
}

/** Why a node does not take a policy, the first reason; nothing where it may. Reads no clock. */
export function policyRefusal(
  holds: SignatureCheck,
  view: PolicyView,
  policy: NetworkPolicy,
): PolicyRefusal | undefined {
  if (policy.organiser !== view.organiser) return "another organiser";
  const digest = networkPolicyDigest(policy);
  if (!holds(policy.organiser, digest, policy.signature)) return "forged policy";
  const age = ageRefusal(view.known, policy, digest);
  if (age !== undefined) return age;
  const { oldest, newest } = policy.versions;
  if (newest < view.versions.oldest || oldest > view.versions.newest) {
    return "no common protocol version";
  }
  if (!acceptsToken(policy, view.token)) return "token not accepted";
  const { least, most } = view.freeRate;
  return policy.freeRate < least || policy.freeRate > most
    ? "beyond the operator's bounds"
    : undefined;
}

function ageRefusal(
  known: UnsignedNetworkPolicy | undefined,
  policy: NetworkPolicy,
  digest: Uint8Array,
): PolicyRefusal | undefined {
  // Another organiser's numbers say nothing about this one's.
  if (known === undefined || known.organiser !== policy.organiser) return undefined;
  if (policy.serial < known.serial) return "older policy";
  if (policy.serial > known.serial) return undefined;
  const same = networkPolicyDigest(known).every((byte, i) => byte === digest[i]);
  return same ? undefined : "two policies of one serial";
}

function acceptsToken({ tokens }: NetworkPolicy, token: PolicyToken | undefined): boolean {
  if (tokens.length === 0 || token === undefined) return true;
  return tokens.some(
    ({ chain, address }) =>
      chain === token.chain && address.every((byte, i) => byte === token.address[i]),
  );
}
