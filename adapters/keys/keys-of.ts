import * as Redacted from "effect/Redacted";
import type { Secrets } from "./key-file-text.ts";
import { Keys } from "./keys.ts";
import { secretSigner } from "./secret-signer.ts";
import { tunnelPublicKey } from "./tunnel-key.ts";

/** The service made of two secrets. They live on in closures and behind a redaction only. */
export function keysOf(secrets: Secrets): Keys["Service"] {
  const signer = secretSigner(secrets.node);
  const tunnelPrivateKey = Redacted.make(Buffer.from(secrets.tunnel).toString("base64"), {
    label: "tunnel private key",
  });
  return Keys.of({
    nodeId: signer.id,
    signer,
    tunnelPublicKey: tunnelPublicKey(secrets.tunnel),
    tunnelPrivateKey,
  });
}
