import * as Context from "effect/Context";
import type * as Redacted from "effect/Redacted";
import type { Signer } from "#core/identity/signature.ts";
import type { NodeId } from "#core/units/node-id.ts";

/**
 * What makes a node this node: the secp256k1 secret that signs, and the X25519 key of its tunnels.
 * The secrets stay inside; nothing that can be printed holds one.
 */
export class Keys extends Context.Service<
  Keys,
  {
    readonly nodeId: NodeId;
    /** Signs 32-byte digests: r, s, v in 65 bytes, deterministic (RFC 6979), low s. */
    readonly signer: Signer;
    /** The tunnels' public key as WireGuard writes it: base64, 44 characters. */
    readonly tunnelPublicKey: string;
    /** The tunnels' private key in base64. Redacted: logs, errors and JSON show no part of it. */
    readonly tunnelPrivateKey: Redacted.Redacted<string>;
  }
>()("meshtoll/adapters/keys/Keys") {}
