import fc from "fast-check";
import { Packr } from "msgpackr";
import { expect, test } from "vitest";
import { canonicalReader, Malformed } from "#core/identity/canonical-reader.ts";
import { canonical, type Field } from "#core/identity/canonical-writer.ts";
import { toHex } from "#core/identity/hexadecimal.ts";

/** Somebody else's MessagePack, set up as a reader of any integer. */
const other = new Packr({
  useRecords: false,
  variableMapSize: true,
  useBigIntExtension: true,
  int64AsType: "bigint",
});

const fields: fc.Arbitrary<Field> = fc.letrec<{ field: Field }>((tie) => ({
  field: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.bigInt(0n, (1n << 64n) - 1n),
    fc.bigInt(0n, (1n << 20n) - 1n),
    fc.nat(),
    fc.string({ unit: "binary-ascii", maxLength: 300 }),
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie("field"), { maxLength: 20 }),
  ),
})).field;

/** Numbers of any size as bigints, bytes as hexadecimal: two decoders then say the same. */
function plain(value: unknown): unknown {
  if (typeof value === "number") return BigInt(value);
  if (value instanceof Uint8Array) return { bytes: toHex(value) };
  return Array.isArray(value) ? value.map(plain) : value;
}

test("an independent decoder reads from canonical bytes what was written", () => {
  fc.assert(
    fc.property(fields, (field) => {
      expect(plain(other.unpack(canonical(field)))).toEqual(plain(field));
    }),
    { numRuns: 300 },
  );
});

test("integers beyond 64 bits are read by an independent decoder", () => {
  fc.assert(
    fc.property(fc.bigInt(1n << 64n, 1n << 160n), (value) => {
      expect(toHex(canonical(value)).startsWith("c7")).toBe(true);
      const size = Number(canonicalLength(value));
      expect(canonical(value).length).toBe(3 + size);
      expect(canonicalReader(canonical(value)).integer(1n << 160n)).toBe(value);
    }),
  );
});

function canonicalLength(value: bigint): bigint {
  return BigInt(Math.ceil(value.toString(16).length / 2));
}

test("integers, lengths of bytes, texts and arrays take their shortest form at every boundary", () => {
  const integers: readonly (readonly [bigint, string])[] = [
    [0n, "00"],
    [0x7fn, "7f"],
    [0x80n, "cc80"],
    [0xffn, "ccff"],
    [0x100n, "cd0100"],
    [0xffffn, "cdffff"],
    [0x10000n, "ce00010000"],
    [0xffff_ffffn, "ceffffffff"],
    [0x1_0000_0000n, "cf0000000100000000"],
    [(1n << 64n) - 1n, "cfffffffffffffffff"],
    [1n << 64n, "c70901010000000000000000"],
    [(1n << 72n) - 1n, "c70901ffffffffffffffffff"],
    [1n << 72n, "c70a0101000000000000000000"],
  ];
  for (const [value, hex] of integers) {
    expect(toHex(canonical(value))).toBe(hex);
    if (value <= BigInt(Number.MAX_SAFE_INTEGER)) {
      expect(toHex(canonical(Number(value)))).toBe(hex);
    }
    expect(canonicalReader(canonical(value)).integer(1n << 80n)).toBe(value);
  }
  const head = (field: Field, bytes: number) => toHex(canonical(field).subarray(0, bytes));
  expect(head(new Uint8Array(0), 2)).toBe("c400");
  expect(head(new Uint8Array(255), 2)).toBe("c4ff");
  expect(head(new Uint8Array(256), 3)).toBe("c50100");
  expect(head("a".repeat(31), 1)).toBe("bf");
  expect(head("a".repeat(32), 2)).toBe("d920");
  expect(head("a".repeat(256), 3)).toBe("da0100");
  expect(head(Array(15).fill(0), 1)).toBe("9f");
  expect(head(Array(16).fill(0), 3)).toBe("dc0010");
});

test("values without a canonical form are refused by the writer", () => {
  const none: readonly Field[] = [
    -1n,
    -1,
    0.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 53,
    "é",
    "\u{1f4a9}",
    new Uint8Array(0x10000),
    "a".repeat(0x10000),
    1n << (255n * 8n),
  ];
  for (const field of none) expect(() => canonical(field)).toThrow(RangeError);
  expect(canonical((1n << (255n * 8n)) - 1n).length).toBe(258);
});

/** Reads any one value in the canonical subset and writes it again. */
function rewritten(bytes: Uint8Array): Uint8Array | undefined {
  const limit = 1n << 2040n;
  const ways: readonly (() => Field)[] = [
    () => canonicalReader(bytes).integer(limit),
    () => canonicalReader(bytes).bytes(0, 0xffff),
    () => canonicalReader(bytes).text(0xffff),
  ];
  for (const way of ways) {
    try {
      return canonical(way());
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
    }
  }
  return undefined;
}

test("whatever the reader takes, the writer would have written: no other form of anything is read", () => {
  const head = fc.constantFrom(
    0xc4,
    0xc5,
    0xc7,
    0xcc,
    0xcd,
    0xce,
    0xcf,
    0xd9,
    0xda,
    0xa3,
    0x05,
    0xdc,
  );
  let taken = 0;
  fc.assert(
    fc.property(head, fc.uint8Array({ maxLength: 40 }), (first, rest) => {
      const bytes = Uint8Array.of(first, ...rest);
      const again = rewritten(bytes);
      if (again === undefined) return;
      taken += 1;
      expect(toHex(bytes.subarray(0, again.length))).toBe(toHex(again));
    }),
    { numRuns: 3000 },
  );
  expect(taken).toBeGreaterThan(300);
});

test("every form but the shortest is refused, and every other type of MessagePack", () => {
  const integer = (hex: readonly number[]) => () =>
    canonicalReader(Uint8Array.from(hex)).integer(1n << 100n);
  const longer: readonly (readonly number[])[] = [
    [0xcc, 0x7f],
    [0xcd, 0x00, 0xff],
    [0xce, 0x00, 0x00, 0xff, 0xff],
    [0xcf, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff],
    [0xc7, 8, 1, 0xff, 0, 0, 0, 0, 0, 0, 0],
    [0xc7, 9, 1, 0, 0xff, 0, 0, 0, 0, 0, 0, 0],
    [0xc7, 9, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0],
    [0xff],
    [0xd0, 0xff],
    [0xd3, 0, 0, 0, 0, 0, 0, 0, 1],
    [0xca, 0, 0, 0, 0],
    [0xcb, 0, 0, 0, 0, 0, 0, 0, 0],
    [0xc0],
    [0xc2],
    [0xc1],
    [],
  ];
  for (const hex of longer) expect(integer(hex), String(hex)).toThrow(Malformed);
  const reader = (...hex: readonly number[]) => canonicalReader(Uint8Array.from(hex));
  expect(() => reader(0xc5, 0x00, 0x01, 0x00).bytes(0, 9)).toThrow(Malformed);
  expect(() => reader(0xc6, 0, 0, 0, 1, 0).bytes(0, 9)).toThrow(Malformed);
  expect(() => reader(0xd9, 0x01, 0x61).text(9)).toThrow(Malformed);
  expect(() => reader(0xda, 0x00, 0x20, ...Array(32).fill(0x61)).text(99)).toThrow(Malformed);
  expect(() => reader(0xa1, 0x80).text(9)).toThrow(Malformed);
  expect(() => reader(0xdc, 0x00, 0x01, 0x00).array(0, 99)).toThrow(Malformed);
  expect(() => reader(0xdd, 0, 0, 0, 1, 0).array(0, 99)).toThrow(Malformed);
  expect(() => reader(0x81, 0, 0).array(0, 99)).toThrow(Malformed);
});

test("limits of the reader are exact", () => {
  expect(canonicalReader(canonical(7n)).integer(7n)).toBe(7n);
  expect(() => canonicalReader(canonical(8n)).integer(7n)).toThrow(Malformed);
  expect(canonicalReader(canonical("abc")).text(3)).toBe("abc");
  expect(() => canonicalReader(canonical("abcd")).text(3)).toThrow(Malformed);
  expect(() => canonicalReader(canonical(new Uint8Array(2))).bytes(3, 3)).toThrow(Malformed);
  expect(() => canonicalReader(canonical([1, 2])).array(0, 1)).toThrow(Malformed);
  expect(() => canonicalReader(canonical([1])).array(2, 3)).toThrow(Malformed);
  expect(() => canonicalReader(Uint8Array.of(1, 2)).end()).toThrow(Malformed);
});
