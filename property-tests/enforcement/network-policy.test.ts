import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type NetworkPolicy,
  policyLimits,
  policyRefusalWords,
  type UnsignedNetworkPolicy,
} from "#core/enforcement/network-policy.ts";
import {
  encodeNetworkPolicy,
  networkPolicyDigest,
  readNetworkPolicy,
  signNetworkPolicy,
} from "#core/enforcement/network-policy-form.ts";
import { type PolicyView, policyRefusal } from "#core/enforcement/network-policy-judgement.ts";
import { signedBy } from "#core/identity/signature.ts";
import { priceLimit } from "#core/units/price.ts";
import { runs } from "../laws/law-runs.ts";
import { modelledSigner, testSigner } from "../simulator/test-signer.ts";

const organiser = testSigner(1);

type Body = Omit<UnsignedNetworkPolicy, "organiser">;

const body: Body = {
  name: "Hill network",
  serial: 7n,
  expires: 1_900_000_000n,
  freeRate: 1_000_000n,
  tokens: [],
  prices: [50n],
  exits: [testSigner(2).id],
  versions: { oldest: 1, newest: 2 },
};

const view: PolicyView = {
  organiser: organiser.id,
  known: undefined,
  versions: { oldest: 1, newest: 2 },
  token: undefined,
  freeRate: { least: 64_000n, most: 10_000_000n },
};

const policyOf = (change: Partial<Body> = {}, signer = organiser) =>
  signNetworkPolicy(signer, { ...body, ...change });

const refusalOf = (policy: NetworkPolicy, change: Partial<PolicyView> = {}) =>
  policyRefusal(signedBy, { ...view, ...change }, policy);

const anyBody: fc.Arbitrary<Body> = fc.record({
  name: fc.stringMatching(/^[ -~]{1,64}$/),
  serial: fc.bigInt({ min: 1n, max: policyLimits.serial }),
  expires: fc.bigInt({ min: 0n, max: policyLimits.expires }),
  freeRate: fc.bigInt({ min: policyLimits.leastFreeRate, max: policyLimits.mostFreeRate }),
  tokens: fc.array(
    fc.record({
      chain: fc.bigInt({ min: 0n, max: policyLimits.chain }),
      address: fc.uint8Array({ minLength: 20, maxLength: 20 }),
    }),
    { maxLength: policyLimits.tokens },
  ),
  prices: fc.array(fc.bigInt({ min: 1n, max: priceLimit }), { maxLength: policyLimits.prices }),
  exits: fc.array(fc.constantFrom(testSigner(2).id, testSigner(3).id), { maxLength: 64 }),
  versions: fc
    .tuple(fc.integer({ min: 1, max: 255 }), fc.integer({ min: 1, max: 255 }))
    .map(([a, b]) => ({ oldest: Math.min(a, b), newest: Math.max(a, b) })),
});

describe("the form of a policy", () => {
  const fast = modelledSigner(1);

  test("is read back as it was written, whatever it says", () => {
    fc.assert(
      fc.property(anyBody, (one) => {
        const policy = signNetworkPolicy(fast, one);
        expect(readNetworkPolicy(encodeNetworkPolicy(policy))).toEqual(policy);
      }),
      { numRuns: runs(100) },
    );
  });

  test("has a place for all that its limits allow", () => {
    const most = signNetworkPolicy(fast, {
      name: "~".repeat(policyLimits.name),
      serial: policyLimits.serial,
      expires: policyLimits.expires,
      freeRate: policyLimits.mostFreeRate,
      tokens: Array.from({ length: policyLimits.tokens }, () => ({
        chain: policyLimits.chain,
        address: new Uint8Array(20).fill(255),
      })),
      prices: Array.from({ length: policyLimits.prices }, () => priceLimit),
      exits: Array.from({ length: policyLimits.exits }, () => fast.id),
      versions: { oldest: 1, newest: 255 },
    });
    const bytes = encodeNetworkPolicy(most);
    expect(bytes.length).toBeLessThan(policyLimits.bytes);
    expect(readNetworkPolicy(bytes)).toEqual(most);
  });

  test("refuses what is one beyond any limit", () => {
    const beyond: readonly Partial<Body>[] = [
      { name: "" },
      { name: "a".repeat(policyLimits.name + 1) },
      { name: "a\nb" },
      { name: "a\u001b[2Jb" },
      { serial: 0n },
      { serial: policyLimits.serial + 1n },
      { expires: policyLimits.expires + 1n },
      { freeRate: policyLimits.leastFreeRate - 1n },
      { freeRate: policyLimits.mostFreeRate + 1n },
      { prices: [0n] },
      { prices: [priceLimit + 1n] },
      { prices: Array.from({ length: 8 }, () => 1n) },
      { exits: Array.from({ length: 65 }, () => organiser.id) },
      { tokens: Array.from({ length: 17 }, () => ({ chain: 1n, address: new Uint8Array(20) })) },
      { tokens: [{ chain: 1n, address: new Uint8Array(21) }] },
      { versions: { oldest: 0, newest: 1 } },
      { versions: { oldest: 2, newest: 1 } },
    ];
    for (const change of beyond) {
      expect(() => signNetworkPolicy(fast, { ...body, ...change })).toThrow("beyond their limits");
    }
  });

  test("any bytes at all are a policy in its one form, or refused by name; never thrown", () => {
    const bytes = encodeNetworkPolicy(policyOf());
    const mangled = fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), mangled), (one) => {
        const tried = one instanceof Uint8Array ? one : Uint8Array.from(bytes);
        if (!(one instanceof Uint8Array)) tried[one[0]] = (tried[one[0]] ?? 0) ^ one[1];
        const read = readNetworkPolicy(tried);
        if (typeof read === "string") {
          expect(policyRefusalWords[read]).toBeDefined();
          return;
        }
        expect(encodeNetworkPolicy(read)).toEqual(tried);
        // Whatever was changed was signed, so it is the signature that no longer holds.
        if (!(one instanceof Uint8Array)) expect(refusalOf(read)).toBeDefined();
      }),
      { numRuns: runs(300) },
    );
    expect(readNetworkPolicy(new Uint8Array(policyLimits.bytes + 1))).toBe("policy too large");
    expect(readNetworkPolicy(Uint8Array.of(...bytes, 0))).toBe("malformed policy");
    const newer = Uint8Array.from(bytes);
    newer[1] = 2;
    expect(readNetworkPolicy(newer)).toBe("unknown policy version");
  });
});

describe("a policy", () => {
  test("of the organiser, newer and within bounds, may be accepted", () => {
    expect(refusalOf(policyOf())).toBeUndefined();
    expect(refusalOf(policyOf(), { known: policyOf({ serial: 6n }) })).toBeUndefined();
    expect(refusalOf(policyOf(), { known: policyOf() })).toBeUndefined();
  });

  test("of anybody else, or with any word changed, is refused", () => {
    expect(refusalOf(policyOf({}, testSigner(5)))).toBe("another organiser");
    expect(refusalOf({ ...policyOf({}, testSigner(5)), organiser: organiser.id })).toBe(
      "forged policy",
    );
    expect(refusalOf({ ...policyOf(), freeRate: 2_000_000n })).toBe("forged policy");
    expect(refusalOf({ ...policyOf(), exits: [] })).toBe("forged policy");
  });

  test("that is older, or another one with the same number, is refused; another organiser's numbers say nothing", () => {
    const known = policyOf({ serial: 8n });
    expect(refusalOf(policyOf(), { known })).toBe("older policy");
    const other = policyOf({ name: "Another text" });
    expect(refusalOf(other, { known: policyOf() })).toBe("two policies of one serial");
    const former = policyOf({ serial: 900n }, testSigner(5));
    expect(refusalOf(policyOf(), { known: former })).toBeUndefined();
  });

  test("for other versions, other tokens, or beyond the operator's bounds is refused", () => {
    const later = policyOf({ versions: { oldest: 3, newest: 4 } });
    expect(refusalOf(later)).toBe("no common protocol version");
    const address = new Uint8Array(20).fill(7);
    const one = policyOf({ tokens: [{ chain: 5n, address }] });
    expect(refusalOf(one)).toBeUndefined(); // channels on no chain have no token to compare
    expect(refusalOf(one, { token: { chain: 5n, address } })).toBeUndefined();
    expect(refusalOf(one, { token: { chain: 6n, address } })).toBe("token not accepted");
    const coin = { chain: 5n, address: new Uint8Array(20) };
    expect(refusalOf(one, { token: coin })).toBe("token not accepted");
    expect(refusalOf(policyOf({ freeRate: 63_999n }))).toBe("beyond the operator's bounds");
    expect(refusalOf(policyOf({ freeRate: 10_000_001n }))).toBe("beyond the operator's bounds");
    expect(refusalOf(policyOf({ freeRate: 64_000n }))).toBeUndefined();
  });

  test("is signed under a domain of its own: no other signature of the organiser passes for it", () => {
    const digest = networkPolicyDigest(policyOf());
    expect(digest).not.toEqual(networkPolicyDigest(policyOf({ serial: 8n })));
    expect(digest.length).toBe(32);
  });
});
