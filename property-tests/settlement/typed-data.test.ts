import fc from "fast-check";
import {
  encodeAbiParameters,
  type Hex,
  hashTypedData,
  isAddressEqual,
  keccak256,
  parseAbiParameters,
  parseSignature,
  recoverTypedDataAddress,
  signatureToCompactSignature,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { describe, expect, test } from "vitest";
import { isSecret, secretSigner } from "#adapters/keys/secret-signer.ts";
import { fromHex, toHex } from "#core/identity/hexadecimal.ts";
import { signedBy } from "#core/identity/signature.ts";
import { addressOf } from "#core/settlement/address.ts";
import {
  channelIdOf,
  finalDigest,
  permitDigest,
  type SigningPlace,
  voucherDigest,
} from "#core/settlement/typed-data.ts";
import { tokenUnits, tokenUnitsLimit } from "#core/units/money.ts";
import { openContractLab } from "./contract/contract-lab.ts";
import { openChannel } from "./contract/lab-channel.ts";
import { signingTypes } from "./contract/signed-text.ts";

const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((array) => toHex(array));
const units = fc.bigInt(0n, tokenUnitsLimit).map(tokenUnits);
const place: fc.Arbitrary<SigningPlace> = fc.record({
  channelId: hex(32),
  // viem takes a chain's id as a number.
  chainId: fc.maxSafeNat().map(BigInt),
  contract: hex(20),
});
const secret = fc.uint8Array({ minLength: 32, maxLength: 32 }).filter(isSecret);

/** The same as viem, an implementation that shares no code with core, reads it. */
function typedData(
  { channelId, chainId, contract }: SigningPlace,
  primaryType: keyof typeof signingTypes,
  rest: Readonly<Record<string, unknown>>,
) {
  const domain = {
    name: "MeshChannels",
    version: "1",
    chainId: Number(chainId),
    verifyingContract: `0x${contract}` as Hex,
  };
  const message = { channelId: `0x${channelId}`, ...rest };
  return { domain, types: signingTypes, primaryType, message } as never;
}

describe("what core signs is what viem signs, bit for bit", () => {
  test("a voucher, a permit and final totals have the same digests", () => {
    fc.assert(
      fc.property(place, hex(20), units, units, (at, party, one, other) => {
        const pairs = [
          [voucherDigest(at, one), typedData(at, "Voucher", { cumulative: one })],
          [
            permitDigest(at, party, one),
            typedData(at, "Withdraw", { party: `0x${party}`, totalOut: one }),
          ],
          [finalDigest(at, [one, other]), typedData(at, "Final", { cumAB: one, cumBA: other })],
        ] as const;
        for (const [ours, theirs] of pairs) expect(`0x${toHex(ours)}`).toBe(hashTypedData(theirs));
      }),
    );
  });

  test("a key has the same address and signs a voucher with the same bytes", async () => {
    const property = fc.asyncProperty(place, secret, units, async (at, key, cumulative) => {
      const [signer, account] = [secretSigner(key), privateKeyToAccount(`0x${toHex(key)}`)];
      expect(`0x${addressOf(signer.id)}`).toBe(account.address.toLowerCase());
      const ours = signer.sign(voucherDigest(at, cumulative));
      const theirs = await account.signTypedData(typedData(at, "Voucher", { cumulative }));
      expect(`0x${toHex(ours)}`).toBe(theirs);
    });
    await fc.assert(property, { numRuns: 40 });
  });

  test("each takes the other's signature, and neither takes it for another total", async () => {
    const property = fc.asyncProperty(place, secret, units, async (at, key, cumulative) => {
      const [signer, account] = [secretSigner(key), privateKeyToAccount(`0x${toHex(key)}`)];
      const other = tokenUnits(cumulative === 0n ? 1n : cumulative - 1n);
      const theirs = await account.signTypedData(typedData(at, "Voucher", { cumulative }));
      const bytes = fromHex(theirs.slice(2));
      expect(signedBy(signer.id, voucherDigest(at, cumulative), bytes)).toBe(true);
      expect(signedBy(signer.id, voucherDigest(at, other), bytes)).toBe(false);
      const signature = `0x${toHex(signer.sign(voucherDigest(at, cumulative)))}` as const;
      const recovered = async (total: bigint) => {
        const text = typedData(at, "Voucher", { cumulative: total }) as object;
        const found = await recoverTypedDataAddress({ ...text, signature } as never);
        return isAddressEqual(found, account.address);
      };
      expect([await recovered(cumulative), await recovered(other)]).toEqual([true, false]);
    });
    await fc.assert(property, { numRuns: 40 });
  });
});

test("a channel's id is what viem's ABI encoding gives, whoever is named first", () => {
  const words = parseAbiParameters(
    "uint256 chain, address contract, address a, address b, address token, uint40 notice, bytes32 salt",
  );
  const [notice, number] = [fc.bigInt(1n, 2_592_000n), fc.bigInt(0n, (1n << 64n) - 1n)];
  fc.assert(
    fc.property(place, hex(20), hex(20), hex(20), notice, number, (at, one, other, token, n, i) => {
      const origin = { ...at, token, notice: n, number: i };
      const [a, b] = (one < other ? [one, other] : [other, one]).map((it): Hex => `0x${it}`);
      const salt = `0x${i.toString(16).padStart(64, "0")}` as const;
      const encoded = encodeAbiParameters(words, [
        at.chainId,
        `0x${at.contract}`,
        a as Hex,
        b as Hex,
        `0x${token}`,
        Number(n),
        salt,
      ]);
      const id = channelIdOf({ ...origin, parties: [one, other] });
      expect(`0x${id}`).toBe(keccak256(encoded));
      expect(channelIdOf({ ...origin, parties: [other, one] })).toBe(id);
    }),
  );
});

test("the contract takes what core signs for it, under the id that core expects", async () => {
  const lab = await openContractLab();
  try {
    // The lab's salts count channels, as core's numbers do.
    const channel = await openChannel(lab, { a: 100n, b: 0n });
    const bare = (address: Hex) => address.slice(2).toLowerCase();
    const at = {
      chainId: BigInt(lab.chainId),
      contract: bare(lab.contract),
      channelId: channel.id.slice(2),
    };
    const origin = { ...at, token: "00".repeat(20), notice: 60n, number: 1n };
    const parties = [bare(lab.b.address), bare(lab.a.address)] as const;
    expect(`0x${channelIdOf({ ...origin, parties })}`).toBe(channel.id);

    const signer = secretSigner(fromHex(lab.secretOfA.slice(2)));
    const signature = signer.sign(voucherDigest(at, tokenUnits(42n)));
    const { r, yParityAndS } = signatureToCompactSignature(parseSignature(`0x${toHex(signature)}`));
    const words = [channel.id, 42n, r, yParityAndS] as const;
    expect(await lab.send(lab.b.address, "register", words)).toMatchObject({
      events: [{ args: { payer: lab.a.address, cumulative: 42n } }],
    });
  } finally {
    await lab.close();
  }
});
