import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  answerCountLimit,
  challengeLength,
  discoveryHelloLimit,
  portLimit,
  type UnsignedDiscoveryHello,
} from "#core/discovery/discovery-hello.ts";
import {
  discoveryDigest,
  encodeDiscoveryHello,
  signDiscoveryHello,
} from "#core/discovery/discovery-hello-form.ts";
import { decodeDiscoveryHello } from "#core/discovery/discovery-hello-reader.ts";
import { canonical } from "#core/identity/canonical-writer.ts";
import { fromHex, toHex } from "#core/identity/hexadecimal.ts";
import { signedBy } from "#core/identity/signature.ts";
import { modelledSigner, testSigner } from "../simulator/test-signer.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const node = fc.integer({ min: 1, max: 20 }).map((seed) => modelledSigner(seed));

const hellos = fc.record({
  sender: node.map(({ id }) => id),
  tunnelKey: bytes(32),
  classes: fc.integer({ min: 1, max: 7 }),
  address: fc.constantFrom("fe80::1", "fe80::ffff:ffff:ffff:ffff", "febf::1:2:3:4"),
  challenge: bytes(challengeLength),
  answer: fc.option(
    fc.record({
      recipient: node.map(({ id }) => id),
      challenge: bytes(challengeLength),
      count: fc.bigInt({ min: 0n, max: answerCountLimit }),
      port: fc.integer({ min: 0, max: portLimit }),
    }),
    { nil: undefined },
  ),
  signature: bytes(65),
});

test("every hello is read as what was written", () => {
  fc.assert(
    fc.property(hellos, (hello) => {
      expect(decodeDiscoveryHello(encodeDiscoveryHello(hello))).toEqual(hello);
    }),
  );
});

test("bytes that nobody wrote are refused, and never thrown at", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: discoveryHelloLimit + 10 }), (noise) => {
      expect(typeof decodeDiscoveryHello(noise)).toBe("string");
    }),
  );
});

test("a hello with one bit turned is refused, or is not signed by its sender any more", () => {
  const signer = testSigner(3);
  const whole = encodeDiscoveryHello(signDiscoveryHello(signer, specimen(signer.id, true)));
  fc.assert(
    fc.property(fc.nat(whole.length * 8 - 1), (bit) => {
      const turned = new Uint8Array(whole);
      turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const read = decodeDiscoveryHello(turned);
      if (typeof read === "string") return;
      expect(signedBy(read.sender, discoveryDigest(read), read.signature)).toBe(false);
    }),
    { numRuns: 200 },
  );
});

test("what is left out, added or beyond a limit is refused under its name", () => {
  const signer = modelledSigner(1);
  const whole = encodeDiscoveryHello(signDiscoveryHello(signer, specimen(signer.id, true)));
  expect(decodeDiscoveryHello(whole.subarray(0, -1))).toBe("malformed");
  expect(decodeDiscoveryHello(Uint8Array.of(...whole, 0))).toBe("malformed");
  expect(decodeDiscoveryHello(new Uint8Array(discoveryHelloLimit + 1))).toBe("oversized");
  expect(decodeDiscoveryHello(canonical([2, 0]))).toBe("unknown version");
  const past = (change: object) => {
    const hello = { ...specimen(signer.id, true), ...change, signature: new Uint8Array(65) };
    return decodeDiscoveryHello(encodeDiscoveryHello(hello));
  };
  expect(past({ classes: 0 })).toBe("malformed");
  expect(past({ classes: 8 })).toBe("malformed");
  expect(past({ address: "f".repeat(40) })).toBe("malformed");
  expect(past({ challenge: new Uint8Array(15) })).toBe("malformed");
  const answer = specimen(signer.id, true).answer;
  expect(past({ answer: { ...answer, port: 65_536 } })).toBe("malformed");
  expect(past({ answer: { ...answer, count: answerCountLimit + 1n } })).toBe("malformed");
});

/** A call, or an answer, that never changes. */
function specimen(sender: UnsignedDiscoveryHello["sender"], answers: boolean) {
  const hello: UnsignedDiscoveryHello = {
    sender,
    tunnelKey: new Uint8Array(32).fill(7),
    classes: 1,
    address: "fe80::1234:5678:9abc:def0",
    challenge: new Uint8Array(challengeLength).fill(9),
    answer: undefined,
  };
  if (!answers) return hello;
  const recipient = testSigner(2).id;
  const challenge = new Uint8Array(challengeLength).fill(8);
  return { ...hello, answer: { recipient, challenge, count: 300n, port: 52_000 } };
}

/** As they were when the form was first written: whoever changes it makes another version. */
const golden = JSON.parse(
  readFileSync(new URL("../golden/discovery-hellos.json", import.meta.url), "utf8"),
) as Readonly<Record<"call" | "answer", string>>;

test("no byte of the golden hellos has changed", () => {
  const signer = testSigner(1);
  const [call, answer] = [false, true].map((answers) =>
    toHex(encodeDiscoveryHello(signDiscoveryHello(signer, specimen(signer.id, answers)))),
  );
  expect({ call, answer }).toEqual(golden);
  for (const hex of [golden.call, golden.answer]) {
    const read = decodeDiscoveryHello(fromHex(hex));
    if (typeof read === "string") throw new Error(read);
    expect(signedBy(signer.id, discoveryDigest(read), read.signature)).toBe(true);
  }
});
