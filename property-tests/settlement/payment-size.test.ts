import { expect, test } from "vitest";
import { benchSettlementWire } from "../bench/settlement-wire.ts";

test("a payment is one signed total of at most 113 bytes, and needs no word from a chain", () => {
  const found = benchSettlementWire(20);
  expect(found.voucherBytes).toBeLessThanOrEqual(found.voucherLimit);
  expect(found.voucherLimit).toBe(113);
  expect(found.datagramBytes).toBeLessThan(300);
  expect(found.chainCallsPerPayment).toBe(0);
});
