import { sha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { canonical } from "#core/identity/canonical-writer.ts";
import { fromHex, toHex } from "#core/identity/hexadecimal.ts";
import { signedBy, signingDigest } from "#core/identity/signature.ts";
import { accountFields } from "#core/schedule/account-id.ts";
import { leaseDigest } from "#core/schedule/lease.ts";
import { voucherDigest } from "#core/settlement/typed-data.ts";
import { journalId } from "#core/units/journal-id.ts";
import { money, tokenUnits, tokenUnitsLimit } from "#core/units/money.ts";
import { nodeId } from "#core/units/node-id.ts";
import { position } from "#core/units/position.ts";
import { price } from "#core/units/price.ts";
import { priceClass } from "#core/units/price-class.ts";
import { channel } from "../golden/dealing-specimen.ts";
import { testSigner } from "../simulator/test-signer.ts";

/** The order of the group of secp256k1 (SEC 2, section 2.4.1). */
const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

const signer = testSigner(1);
const digest = sha256(Uint8Array.of(1, 2, 3));
const good = signer.sign(digest);

function withS(signature: Uint8Array, s: bigint, v: number): Uint8Array {
  const out = signature.slice();
  out.set(fromHex(s.toString(16).padStart(64, "0")), 32);
  out[64] = v;
  return out;
}

test("a signature holds for its digest and key only", () => {
  expect(signedBy(signer.id, digest, good)).toBe(true);
  expect(signedBy(testSigner(2).id, digest, good)).toBe(false);
  expect(signedBy(signer.id, sha256(digest), good)).toBe(false);
});

test("the mirrored signature with a high s is refused: one signature has one form", () => {
  const s = BigInt(`0x${toHex(good.subarray(32, 64))}`);
  const mirrored = withS(good, order - s, good[64] === 27 ? 28 : 27);
  expect(s).toBeLessThanOrEqual(order >> 1n);
  expect(signedBy(signer.id, digest, mirrored)).toBe(false);
});

test("the v byte is part of the signature: only 27 or 28, and only the right one", () => {
  for (let v = 0; v < 256; v++) {
    const out = good.slice();
    out[64] = v;
    expect(signedBy(signer.id, digest, out)).toBe(v === good[64]);
  }
});

test("numbers out of range, zeros and wrong lengths are refused, never thrown", () => {
  const r = BigInt(`0x${toHex(good.subarray(0, 32))}`);
  const swapped = good.slice();
  swapped.set(good.subarray(32, 64), 0);
  const wrong = [
    new Uint8Array(65),
    new Uint8Array(65).fill(0xff),
    new Uint8Array(0),
    new Uint8Array(64),
    new Uint8Array(66),
    good.subarray(0, 64),
    Uint8Array.of(...good, 0),
    withS(good, 0n, 27),
    withS(good, order, 27),
    withS(good, order - 1n, 28),
    withS(good, r, 27),
    swapped,
  ];
  for (const signature of wrong) expect(signedBy(signer.id, digest, signature)).toBe(false);
});

test("arbitrary bytes are no signature, and never throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 65, maxLength: 65 }), (bytes) => {
      const out = bytes.slice();
      out[64] = 27 + ((bytes[64] ?? 0) & 1);
      out[32] = (bytes[32] ?? 0) & 0x7f;
      expect(signedBy(signer.id, digest, out)).toBe(false);
    }),
    { numRuns: 60 },
  );
});

test("a signing digest depends on the domain: no signature serves two purposes", () => {
  const digests = (["lease", "hello", "statement", "advert"] as const).map((domain) =>
    toHex(signingDigest(domain, [1, 2n, "x"])),
  );
  expect(new Set(digests).size).toBe(4);
});

test("a lease digest is SHA-256 over these bytes, assembled by hand", () => {
  const account = { payer: signer.id, payee: testSigner(2).id, class: priceClass(3) };
  const lease = {
    number: 7n,
    from: position(0x1234n),
    to: position(0x56789n),
    price: price(200n),
    due: money(1n << 70n),
    settled: position(0x12n),
    payerJournal: journalId(0xfedcba98),
    payeeJournal: journalId(9),
  };
  const by = [
    "94", // protocol, version, domain, fields
    `a8${toHex(ascii("meshtoll"))}`,
    "01",
    `a5${toHex(ascii("lease"))}`,
    "99", // account, number, from, to, price, due, settled, the journals of payer and payee
    `93c421${account.payer}c421${account.payee}03`,
    "07",
    "cd1234",
    "ce00056789",
    "ccc8",
    "c70901400000000000000000",
    "12",
    "cefedcba98",
    "09",
  ].join("");
  expect(toHex(leaseDigest(account, lease))).toBe(toHex(sha256(fromHex(by))));
  expect(toHex(canonical(accountFields(account)))).toBe(
    `93c421${account.payer}c421${account.payee}03`,
  );
});

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function keccak(...parts: readonly (string | Uint8Array)[]): string {
  const hex = parts.map((part) => (typeof part === "string" ? part : toHex(part))).join("");
  return toHex(keccak_256(fromHex(hex)));
}

/** EIP-712 by the letter of the standard, for this one type; independent of the shipped code. */
function eip712(chainId: bigint, contract: string, channelId: string, cumulative: bigint): string {
  const word = (value: bigint) => value.toString(16).padStart(64, "0");
  const domainType =
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
  const domain = keccak(
    keccak(ascii(domainType)),
    keccak(ascii("MeshChannels")),
    keccak(ascii("1")),
    word(chainId),
    `${"00".repeat(12)}${contract}`,
  );
  const voucherType = "Voucher(bytes32 channelId,uint128 cumulative)";
  const struct = keccak(keccak(ascii(voucherType)), channelId, word(cumulative));
  return keccak("1901", domain, struct);
}

test("a voucher digest is that of EIP-712 for every channel and amount, assembled by hand", () => {
  const hex = (bytes: number) =>
    fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((array) => toHex(array));
  fc.assert(
    fc.property(
      fc.bigInt(0n, (1n << 64n) - 1n),
      hex(20),
      hex(32),
      fc.bigInt(0n, tokenUnitsLimit),
      (chainId, contract, channelId, amount) => {
        const other = { ...channel, chainId, contract, channelId };
        expect(toHex(voucherDigest(other, tokenUnits(amount)))).toBe(
          eip712(chainId, contract, channelId, amount),
        );
      },
    ),
    { numRuns: 60 },
  );
});

test("the type hash of EIP-712's domain is the one that the standard's implementations publish", () => {
  // keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
  const published = "8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f";
  const text = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
  expect(keccak(ascii(text))).toBe(published);
});

test("public keys and deterministic signatures are those of published vectors", () => {
  // The generator point itself: the public key of the secret 1 (SEC 2, section 2.4.1).
  const generator = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
  expect(nodeId(generator)).toBe(generator);
  // Signing twice gives the same bytes (RFC 6979), and they hold.
  expect(toHex(signer.sign(digest))).toBe(toHex(good));
});

test("a name that is no compressed key in lower-case hexadecimal is refused", () => {
  const id = signer.id;
  for (const text of ["", id.slice(1), `${id}0`, id.toUpperCase(), `04${id.slice(2)}`, `${id}\n`]) {
    expect(() => nodeId(text)).toThrow(RangeError);
  }
  // A name of the right form that is no point on the curve signs nothing, and throws nothing.
  expect(signedBy(nodeId(`02${"ff".repeat(32)}`), digest, good)).toBe(false);
});
