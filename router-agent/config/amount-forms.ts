import {
  type Money,
  money,
  moneyLimit,
  type TokenUnits,
  tokenUnits,
  tokenUnitsLimit,
} from "#core/units/money.ts";
import { type Price, price, priceLimit } from "#core/units/price.ts";
import { type Form, type Parsed, parsed, refused, type Token } from "./form.ts";

/** A decimal number, exactly: digits / 10^scale. */
interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

/** More digits than any amount has; keeps a long text from becoming a long computation. */
const digitLimit = 80;

function decimal(text: string): Decimal | undefined {
  if (text.length > digitLimit) return undefined;
  const match = /^(0|[1-9][0-9]*)(?:\.([0-9]+))?$/.exec(text);
  if (match === null) return undefined;
  const fraction = match[2] ?? "";
  return { digits: BigInt(`${match[1]}${fraction}`), scale: fraction.length };
}

/** decimal x factor / divisor, or undefined where that is not a whole number. */
function exactly(amount: Decimal, factor: bigint, divisor = 1n): bigint | undefined {
  const above = amount.digits * factor;
  const below = divisor * 10n ** BigInt(amount.scale);
  return above % below === 0n ? above / below : undefined;
}

/** numerator / denominator as a decimal number, or undefined where it never ends. */
function asDecimal(numerator: bigint, denominator: bigint): string | undefined {
  for (let scale = 0; scale <= 30; scale++) {
    const above = numerator * 10n ** BigInt(scale);
    if (above % denominator !== 0n) continue;
    const digits = String(above / denominator).padStart(scale + 1, "0");
    if (scale === 0) return digits;
    return `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  }
  return undefined;
}

/** Units of bytes or rates and what they stand for; the last one is 1. */
type Scale = readonly (readonly [unit: string, size: bigint])[];

const byteScale: Scale = [
  ["TiB", 1n << 40n],
  ["TB", 10n ** 12n],
  ["GiB", 1n << 30n],
  ["GB", 10n ** 9n],
  ["MiB", 1n << 20n],
  ["MB", 10n ** 6n],
  ["KiB", 1n << 10n],
  ["kB", 10n ** 3n],
  ["B", 1n],
];

const rateScale: Scale = [
  ["Gbit", 10n ** 9n],
  ["Mbit", 10n ** 6n],
  ["kbit", 10n ** 3n],
  ["bit", 1n],
];

function scaled(scale: Scale, least: bigint, most: bigint, allowed: string): Form<bigint> {
  const smallest = scale.at(-1)?.[0] ?? "";
  return {
    read: (text) => {
      const match = /^([0-9.]+) ?([A-Za-z]*)$/.exec(text);
      const amount = decimal(match?.[1] ?? "");
      const size = scale.find(([unit]) => unit === (match?.[2] || smallest))?.[1];
      if (amount === undefined || size === undefined) return refused(allowed);
      const value = exactly(amount, size);
      if (value === undefined) return refused(`${allowed}, and a whole number of ${smallest}`);
      if (value < least || value > most) {
        return refused(`${written(scale, least)} to ${written(scale, most)}`);
      }
      return parsed(value);
    },
    write: (value) => written(scale, value),
  };
}

/** In whichever unit is shortest. */
function written(scale: Scale, value: bigint): string {
  return scale
    .filter(([, size]) => value % size === 0n)
    .map(([unit, size]) => `${value / size}${unit}`)
    .reduce((best, text) => (text.length < best.length ? text : best), String(value));
}

/** A number of bytes: 8MiB, 200MB, 1.5GB, or in plain digits. */
export const byteCount = (least: bigint, most: bigint): Form<bigint> =>
  scaled(byteScale, least, most, "a number of bytes such as 8MiB, 200MB or 65536");

/** A rate in bits a second: 20Mbit, 64kbit, or in plain digits. */
export const bitRate = (least: bigint, most: bigint): Form<bigint> =>
  scaled(rateScale, least, most, "a rate such as 20Mbit, 64kbit or 1000000 (bits a second)");

/** 10^decimals units are one token. */
function unitsPerToken(token: Token): bigint {
  return 10n ** BigInt(token.decimals);
}

function grainsPerToken(token: Token): bigint {
  return unitsPerToken(token) * token.grainsPerUnit;
}

/** "0.01 USDC" as so many parts, or plain digits as parts. */
function tokenAmount(
  text: string,
  token: Token,
  partsPerToken: bigint,
  part: string,
): Parsed<bigint> {
  if (/^(0|[1-9][0-9]{0,79})$/.test(text)) return parsed(BigInt(text));
  const allowed = `an amount such as 0.01 ${token.symbol}, or a whole number of ${part}`;
  const match = /^([0-9.]+) (\S+)$/.exec(text);
  const amount = decimal(match?.[1] ?? "");
  if (amount === undefined || match?.[2] !== token.symbol) return refused(allowed);
  const parts = exactly(amount, partsPerToken);
  if (parts !== undefined) return parsed(parts);
  return refused(`${allowed}; one ${token.symbol} has ${partsPerToken} ${part}`);
}

function writtenTokens(parts: bigint, partsPerToken: bigint, token: Token): string {
  const amount = asDecimal(parts, partsPerToken);
  return amount === undefined ? String(parts) : `${amount} ${token.symbol}`;
}

/** Money in grains, or in tokens: "0.01 USDC". Exact, or refused. */
export const moneyAmount = (least: bigint): Form<Money> => ({
  read: (text, token) => {
    const amount = tokenAmount(text, token, grainsPerToken(token), "grains");
    if (!amount.ok) return amount;
    if (amount.value < least) return refused(`at least ${least} grains`);
    if (amount.value > moneyLimit) return refused(`at most ${moneyLimit} grains`);
    return parsed(money(amount.value));
  },
  write: (value, token) => writtenTokens(value, grainsPerToken(token), token),
});

/** Money in the token's smallest units, or in tokens: "5 USDC". Exact, or refused. */
export const deposit: Form<TokenUnits> = {
  read: (text, token) => {
    const amount = tokenAmount(text, token, unitsPerToken(token), "units");
    if (!amount.ok) return amount;
    if (amount.value > tokenUnitsLimit) return refused(`at most ${tokenUnitsLimit} units`);
    return parsed(tokenUnits(amount.value));
  },
  write: (value, token) => writtenTokens(value, unitsPerToken(token), token),
};

const gigabyte = 10n ** 9n;

/** Grains a byte: in plain digits, or in tokens for an amount of bytes, "0.05/GB". */
function perByte(text: string, token: Token): Parsed<bigint> {
  if (/^(0|[1-9][0-9]{0,79})$/.test(text)) return parsed(BigInt(text));
  const allowed = `a price such as 0.05/GB (${token.symbol} for a gigabyte), or whole grains a byte`;
  const match = /^([0-9.]+)(?: (\S+))? ?\/ ?([A-Za-z]+)$/.exec(text);
  const amount = decimal(match?.[1] ?? "");
  const bytes = byteScale.find(([unit]) => unit === match?.[3])?.[1];
  const symbol = match?.[2] ?? token.symbol;
  if (amount === undefined || bytes === undefined || symbol !== token.symbol) {
    return refused(allowed);
  }
  const grains = exactly(amount, grainsPerToken(token), bytes);
  if (grains !== undefined) return parsed(grains);
  return refused(
    `${allowed}; this one is no whole number of grains a byte, and one ${token.symbol} has ${grainsPerToken(token)} grains`,
  );
}

function writtenPerByte(value: bigint, token: Token): string {
  const amount = asDecimal(value * gigabyte, grainsPerToken(token));
  return amount === undefined ? String(value) : `${amount}/GB`;
}

/** A share from 0% to 100%, with at most four decimals: millionths. */
export const share: Form<bigint> = {
  read: (text) => {
    const amount = decimal(/^([0-9.]+) ?%$/.exec(text)?.[1] ?? "");
    const millionths = amount === undefined ? undefined : exactly(amount, 10_000n);
    if (millionths !== undefined && millionths <= 1_000_000n) return parsed(millionths);
    return refused("a share from 0% to 100%, such as 5% or 0.25%, with at most four decimals");
  },
  write: (value) => `${asDecimal(value, 10_000n) ?? "0"}%`,
};

/** The price of a byte, at least one grain. Exact, or refused. */
export const bytePrice: Form<Price> = {
  read: (text, token) => {
    const grains = perByte(text, token);
    if (!grains.ok) return grains;
    if (grains.value >= 1n && grains.value <= priceLimit) return parsed(price(grains.value));
    return refused(`1 to ${priceLimit} grains a byte; what is free rides class 0`);
  },
  write: writtenPerByte,
};

/** What is added to another price: like a price, and may be nothing. */
export const byteFee: Form<bigint> = {
  read: (text, token) => {
    const grains = perByte(text, token);
    if (!grains.ok || grains.value <= priceLimit) return grains;
    return refused(`at most ${priceLimit} grains a byte`);
  },
  write: writtenPerByte,
};
