import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bitRate,
  byteCount,
  byteFee,
  bytePrice,
  deposit,
  moneyAmount,
} from "#agent/config/amount-forms.ts";
import type { Form, Token } from "#agent/config/form.ts";
import { moneyLimit, tokenUnitsLimit } from "#core/units/money.ts";
import { priceLimit } from "#core/units/price.ts";

const usdc: Token = { symbol: "USDC", decimals: 6, grainsPerUnit: 10n ** 12n };
const ether: Token = { symbol: "ETH", decimals: 18, grainsPerUnit: 1n };
const odd: Token = { symbol: "ODD", decimals: 2, grainsPerUnit: 7n };

/** The value, or what would have been allowed. */
function read<A>(form: Form<A>, text: string, token = usdc): A | string {
  const result = form.read(text, token);
  return result.ok ? result.value : result.allowed;
}

const bytes = byteCount(0n, 1n << 63n);
const rate = bitRate(0n, 10n ** 15n);
const money = moneyAmount(0n);

describe("amounts are exact", () => {
  test.each([
    ["200MB", 200_000_000n],
    ["8MiB", 8_388_608n],
    ["1.5 GB", 1_500_000_000n],
    ["0.5KiB", 512n],
    ["123", 123n],
    ["123B", 123n],
    ["0", 0n],
  ])("%s is %d bytes", (text, value) => {
    expect(read(bytes, text)).toBe(value);
  });

  test.each([
    ["20Mbit", 20_000_000n],
    ["64kbit", 64_000n],
    ["2.5Gbit", 2_500_000_000n],
    ["9600", 9600n],
  ])("%s is %d bits a second", (text, value) => {
    expect(read(rate, text)).toBe(value);
  });

  test("0.05/GB is 50 million grains a byte, for USDC and for ether", () => {
    expect(read(bytePrice, "0.05/GB")).toBe(50_000_000n);
    expect(read(bytePrice, "0.05 USDC/GB")).toBe(50_000_000n);
    expect(read(bytePrice, "0.05/GB", ether)).toBe(50_000_000n);
    expect(read(bytePrice, "0.00005/MB")).toBe(50_000_000n);
    expect(read(bytePrice, "50000000")).toBe(50_000_000n);
  });

  test("0.01 USDC is ten thousand units and ten to the sixteenth grains", () => {
    expect(read(money, "0.01 USDC")).toBe(10n ** 16n);
    expect(read(deposit, "0.01 USDC")).toBe(10_000n);
    expect(read(deposit, "10000")).toBe(10_000n);
  });

  test("what is not exact is refused, and the message says why", () => {
    expect(read(bytePrice, "0.0000000001/GB")).toContain("no whole number of grains a byte");
    expect(read(bytePrice, "0.05/GiB")).toContain("no whole number of grains a byte");
    expect(read(deposit, "0.0000001 USDC")).toContain("one USDC has 1000000 units");
    expect(read(bytes, "1.5B")).toContain("whole number of B");
  });

  test.each([
    "",
    " ",
    "-1",
    "+1",
    "1e9",
    "0x10",
    "1,5",
    ".5",
    "5.",
    "01",
    "1.2.3",
    "NaN",
    "Infinity",
    "1 USD",
    "0.01 usdc",
    "0.05/XB",
    "0.05 /GB/",
    "１",
    "1".repeat(300),
  ])("%j is no amount of anything", (text) => {
    for (const form of [bytes, rate, money, deposit, bytePrice, byteFee]) {
      expect(typeof read<unknown>(form, text)).toBe("string");
    }
  });

  test("each amount has its largest value, and one more is refused", () => {
    expect(read(money, String(moneyLimit))).toBe(moneyLimit);
    expect(read(money, String(moneyLimit + 1n))).toContain("at most");
    expect(read(deposit, String(tokenUnitsLimit))).toBe(tokenUnitsLimit);
    expect(read(deposit, String(tokenUnitsLimit + 1n))).toContain("at most");
    expect(read(bytePrice, String(priceLimit))).toBe(priceLimit);
    expect(read(bytePrice, String(priceLimit + 1n))).toContain("1 to");
    expect(read(bytePrice, "0")).toContain("class 0");
    expect(read(byteFee, "0")).toBe(0n);
  });

  test("every amount that is read can be written and read again", async () => {
    const token = fc.constantFrom(usdc, ether, odd);
    const cases = fc.oneof(
      fc.tuple(fc.constant<Form<bigint>>(bytes), fc.bigInt({ min: 0n, max: 1n << 63n })),
      fc.tuple(fc.constant<Form<bigint>>(rate), fc.bigInt({ min: 0n, max: 10n ** 15n })),
      fc.tuple(fc.constant<Form<bigint>>(money), fc.bigInt({ min: 0n, max: moneyLimit })),
      fc.tuple(fc.constant<Form<bigint>>(deposit), fc.bigInt({ min: 0n, max: tokenUnitsLimit })),
      fc.tuple(fc.constant<Form<bigint>>(bytePrice), fc.bigInt({ min: 1n, max: priceLimit })),
      fc.tuple(fc.constant<Form<bigint>>(byteFee), fc.bigInt({ min: 0n, max: priceLimit })),
    );
    await fc.assert(
      fc.property(cases, token, ([form, value], of) => {
        expect(read(form, form.write(value, of), of)).toBe(value);
      }),
      { numRuns: 1000 },
    );
  });
});
