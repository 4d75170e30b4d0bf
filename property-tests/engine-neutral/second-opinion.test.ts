import fc from "fast-check";
import { addExtension, Unpackr } from "msgpackr";
import { expect, test } from "vitest";
import { bigIntegerType, canonical, type Field } from "#core/identity/canonical-writer.ts";

/** Canonical bytes are MessagePack: a library that knows nothing of us reads the same values. */

addExtension({
  type: bigIntegerType,
  unpack: (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString("hex")}`),
});
const library = new Unpackr({ useRecords: false, int64AsType: "bigint" });

const field: fc.Arbitrary<Field> = fc.letrec<{ field: Field }>((tie) => ({
  field: fc.oneof(
    { depthSize: "small" },
    fc.bigInt({ min: 0n, max: 2n ** 64n }),
    fc.bigInt({ min: 0n, max: 2n ** 2000n }),
    fc.nat(),
    fc.string({ unit: "binary-ascii", maxLength: 300 }),
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie("field"), { maxLength: 20 }),
  ),
})).field;

/** What a library cannot tell apart: small and big whole numbers, byte arrays and buffers. */
function plain(value: unknown): unknown {
  if (typeof value === "number") return BigInt(value);
  if (value instanceof Uint8Array) return Array.from(value, (byte) => `byte ${byte}`);
  return Array.isArray(value) ? value.map(plain) : value;
}

test("every value in canonical form is read as the same value by msgpackr", () => {
  fc.assert(
    fc.property(field, (value) => {
      expect(plain(library.unpack(canonical(value)))).toEqual(plain(value));
    }),
  );
});

test("at every border between two forms the library reads the same value", () => {
  for (const bits of [7n, 8n, 16n, 32n, 64n, 72n, 128n, 2032n]) {
    for (const value of [2n ** bits - 1n, 2n ** bits, 2n ** bits + 1n]) {
      expect(plain(library.unpack(canonical(value)))).toBe(value);
    }
  }
  for (const length of [0, 31, 32, 255, 256, 65535]) {
    expect(library.unpack(canonical("x".repeat(length)))).toBe("x".repeat(length));
    expect(library.unpack(canonical(new Uint8Array(length)))).toHaveLength(length);
    expect(library.unpack(canonical(Array.from({ length }, () => 1)))).toHaveLength(length);
  }
});
