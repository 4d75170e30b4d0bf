import type { Signature } from "#core/identity/signature.ts";
import type { NodeId } from "#core/units/node-id.ts";

/**
 * What a router says to whoever shares a cable or a radio channel with it, before there is a tunnel:
 * who it is, and proof that it says so now. Signed whole with the node key. Without an answer it is
 * a call; with one it proves its sender to the one whose challenge it repeats.
 */
export interface DiscoveryHello {
  readonly sender: NodeId;
  /** WireGuard public key, 32 bytes. */
  readonly tunnelKey: Uint8Array;
  /** How many paid classes the sender has with a neighbour it finds, 1 to 7. */
  readonly classes: number;
  /**
   * The link-local address that it is sent from, in the text of RFC 5952. Signed, so that a hello
   * that was carried off to another address is known for one.
   */
  readonly address: string;
  /** Drawn by chance, {@link challengeLength} bytes: whoever repeats it has heard this hello. */
  readonly challenge: Uint8Array;
  readonly answer: DiscoveryAnswer | undefined;
  readonly signature: Signature;
}

/** Whom a hello answers, and what is meant for that one alone. */
export interface DiscoveryAnswer {
  readonly recipient: NodeId;
  /** The recipient's challenge. */
  readonly challenge: Uint8Array;
  /** Numbers the answers of a run: of two to one challenge, the higher one is the newer one. */
  readonly count: bigint;
  /**
   * UDP port of the sender's class-0 tunnel towards the recipient, class k listens k above; 0 where
   * the sender has not accepted the recipient as its neighbour (yet).
   */
  readonly port: number;
}

/** A hello before it is signed. */
export type UnsignedDiscoveryHello = Omit<DiscoveryHello, "signature">;

/** The version of the form. */
export const discoveryVersion = 1;

/** Bytes of a challenge: nobody guesses one of 2^128, and none comes twice. */
export const challengeLength = 16;

/** The longest hello, in bytes: one of the first version has at most 270. */
export const discoveryHelloLimit = 400;

/** The highest number of an answer. */
export const answerCountLimit = (1n << 48n) - 1n;

/** The longest link-local address in text: fe80:0:0:0:ffff:ffff:ffff:ffff would be 31. */
export const addressLimit = 39;

/** The highest UDP port. */
export const portLimit = 65_535;
