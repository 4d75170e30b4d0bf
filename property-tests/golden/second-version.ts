import type { Hello, Message, Statement } from "#core/peer/message.ts";
import { helloDigest, statementDigest } from "#core/peer/message-form.ts";
import { versionLimit } from "#core/peer/version.ts";
import { position, positionLimit } from "#core/units/position.ts";
import { testSigner } from "../simulator/test-signer.ts";

/** The messages that version 2 of the protocol changed: as in version 1, and what came with it. */
export function secondVersion(
  hello: Omit<Hello, "signature">,
  statement: Omit<Statement, "signature">,
) {
  const signer = testSigner(1);
  const speaking = { ...hello, speaks: { oldest: 1, newest: 2, heard: 0 } };
  const future = { ...hello, speaks: { oldest: 2, newest: versionLimit, heard: versionLimit } };
  const echoing = { ...statement, echoes: [position(7n), position(positionLimit)] };
  const messages: Readonly<Record<string, Message>> = {
    "HELLO, version 2": { ...speaking, signature: signer.sign(helloDigest(speaking)) },
    "HELLO, of who speaks no version 1": { ...future, signature: signer.sign(helloDigest(future)) },
    "STATEMENT, version 2": { ...echoing, signature: signer.sign(statementDigest(echoing)) },
  };
  const digests: Readonly<Record<string, () => Uint8Array>> = {
    "hello digest, version 2": () => helloDigest(speaking),
    "statement digest, version 2": () => statementDigest(echoing),
  };
  return { messages, digests };
}
