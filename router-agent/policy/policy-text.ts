import * as z from "zod/mini";
import {
  type NetworkPolicy,
  policyLimits,
  type UnsignedNetworkPolicy,
} from "#core/enforcement/network-policy.ts";
import { fromHex, toHex } from "#core/identity/hexadecimal.ts";
import { nodeId } from "#core/units/node-id.ts";

const digits = (least: bigint, most: bigint) =>
  z.pipe(
    z.string().check(z.regex(/^(0|[1-9][0-9]{0,24})$/)),
    z.transform((text, context) => {
      const value = BigInt(text);
      if (value >= least && value <= most) return value;
      context.issues.push({ code: "custom", input: text, message: `${least} to ${most}` });
      return z.NEVER;
    }),
  );

const id = z.pipe(
  z.string().check(z.regex(/^0[23][0-9a-f]{64}$/)),
  z.transform((text) => nodeId(text)),
);
const protocolVersion = z.int().check(z.minimum(1), z.maximum(policyLimits.version));

const form = z.strictObject({
  name: z.string().check(z.regex(/^[ -~]{1,64}$/)),
  serial: digits(1n, policyLimits.serial),
  expires: z.string().check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)),
  free_rate: digits(policyLimits.leastFreeRate, policyLimits.mostFreeRate),
  tokens: z.prefault(
    z
      .array(
        z.strictObject({
          chain: digits(0n, policyLimits.chain),
          address: z.string().check(z.regex(/^[0-9a-f]{40}$/)),
        }),
      )
      .check(z.maxLength(policyLimits.tokens)),
    [],
  ),
  prices: z.prefault(
    z.array(digits(1n, (1n << 64n) - 1n)).check(z.maxLength(policyLimits.prices)),
    [],
  ),
  exits: z.prefault(z.array(id).check(z.maxLength(policyLimits.exits)), []),
  versions: z.strictObject({ oldest: protocolVersion, newest: protocolVersion }),
});

/** What an organiser writes, in JSON: amounts as decimal texts. Or what is wrong with it, in words. */
export function readPolicyText(text: string): Omit<UnsignedNetworkPolicy, "organiser"> | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "no JSON";
  }
  const read = z.safeParse(form, value);
  if (!read.success) {
    return read.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
  }
  const { free_rate: freeRate, expires, tokens, versions, ...rest } = read.data;
  const milliseconds = Date.parse(expires);
  if (Number.isNaN(milliseconds)) return `expires: ${expires} is no time`;
  if (versions.oldest > versions.newest) return "versions: oldest is above newest";
  return {
    ...rest,
    freeRate,
    versions,
    expires: BigInt(milliseconds / 1000),
    tokens: tokens.map(({ chain, address }) => ({ chain, address: fromHex(address) })),
  };
}

/** A policy as plain values for `--json`, in the words of what an organiser writes. */
export function plainPolicy(policy: NetworkPolicy) {
  const { organiser, name, serial, expires, freeRate, tokens, prices, exits, versions } = policy;
  return {
    organiser,
    name,
    serial,
    expires: `${new Date(Number(expires) * 1000).toISOString().slice(0, 19)}Z`,
    free_rate: freeRate,
    tokens: tokens.map(({ chain, address }) => ({ chain, address: toHex(address) })),
    prices,
    exits,
    versions,
  };
}
