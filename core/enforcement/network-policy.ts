import type { Signature } from "#core/identity/signature.ts";
import type { NodeId } from "#core/units/node-id.ts";

/**
 * What the organiser of a network proposes to its nodes. A text, and no remote control: it is in force
 * where an operator accepts it, and nothing but what stands here can be in it.
 */
export interface UnsignedNetworkPolicy {
  readonly organiser: NodeId;
  /** What the network is called: 1 to {@link policyLimits.name} ASCII characters. */
  readonly name: string;
  /** Which of two is the newer one: from 1, and never used twice. In place of a clock. */
  readonly serial: bigint;
  /** UTC, seconds since 1970: carried here, and only ever compared in the shell. */
  readonly expires: bigint;
  /** What the free tier has, bits a second. */
  readonly freeRate: bigint;
  /** In which tokens neighbours may settle. None: any. */
  readonly tokens: readonly PolicyToken[];
  /** What a byte should cost, in grains, class 1 first. Advice: no price follows from it by itself. */
  readonly prices: readonly bigint[];
  readonly exits: readonly NodeId[];
  /** Which versions of the protocol are spoken. */
  readonly versions: { readonly oldest: number; readonly newest: number };
}

/** A token on a chain. */
export interface PolicyToken {
  readonly chain: bigint;
  /** 20 bytes; zeros for the chain's own coin. */
  readonly address: Uint8Array;
}

/** A policy with the organiser's signature over all of it. */
export interface NetworkPolicy extends UnsignedNetworkPolicy {
  readonly signature: Signature;
}

/** The limits of a policy. */
export const policyLimits = {
  /** Bytes of the whole document. */
  bytes: 8192,
  name: 64,
  tokens: 16,
  prices: 7,
  exits: 64,
  version: 255,
  serial: (1n << 64n) - 1n,
  /** The end of the year 9999. */
  expires: 253_402_300_799n,
  chain: (1n << 64n) - 1n,
  leastFreeRate: 8000n,
  mostFreeRate: 10n ** 12n,
} as const;

/** Why a policy is not accepted. A closed list. */
export type PolicyRefusal =
  | "policy too large"
  | "malformed policy"
  | "unknown policy version"
  | "forged policy"
  | "another organiser"
  | "older policy"
  | "two policies of one serial"
  | "no common protocol version"
  | "token not accepted"
  | "beyond the operator's bounds"
  | "expired policy";

/** What a refusal means, and what to do. */
export const policyRefusalWords: Readonly<Record<PolicyRefusal, string>> = {
  "policy too large": `a document of more than ${policyLimits.bytes} bytes is no policy`,
  "malformed policy": "bytes that are no policy in its one form, or values beyond their limits",
  "unknown policy version": "a policy in a form that this program does not know: update it",
  "forged policy": "the signature is not the organiser's over these bytes",
  "another organiser": "signed by somebody else than `organiser` in the configuration",
  "older policy": "a newer one was accepted or refused already",
  "two policies of one serial": "the organiser signed two texts with one number: ask for a new one",
  "no common protocol version":
    "it speaks of versions of the protocol that this program does not know",
  "token not accepted": "our channels are in a token that is not among those of the policy",
  "beyond the operator's bounds": "its free rate is beyond what the configuration allows here",
  "expired policy": "its time is over: ask the organiser for a new one",
};
