import { crc32 as crc32OfZlib } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crc32, flippedBit } from "#adapters/journal/crc32.ts";
import {
  encodeFrame,
  frameSize,
  payloadLimit,
  placeLimit,
  readFrame,
  repairFrame,
  sequenceLimit,
} from "#adapters/journal/frame.ts";
import { commitOf } from "../contracts/journal-contract.ts";
import { flipBit } from "./journal-place.ts";

describe("the checksum", () => {
  test("is CRC-32 as zlib has it, over any part of any bytes", () => {
    expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926); // the check value
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), fc.nat(300), (bytes, a, b) => {
        const from = Math.min(a, b, bytes.length);
        const to = Math.min(Math.max(a, b), bytes.length);
        expect(crc32(bytes, from, to)).toBe(crc32OfZlib(bytes.subarray(from, to)));
      }),
    );
  });

  test("tells every single flipped bit of the largest frame by its own difference", () => {
    const length = frameSize(payloadLimit) - 4;
    const differences = new Set<number>();
    const bytes = new Uint8Array(length);
    const whole = crc32(bytes);
    for (let bit = 0; bit < length * 8; bit += 997) {
      flipBit(bytes, bit);
      const difference = (crc32(bytes) ^ whole) >>> 0;
      flipBit(bytes, bit);
      expect(flippedBit(difference, length)).toBe(bit);
      differences.add(difference);
    }
    expect(differences.size).toBe(Math.ceil((length * 8) / 997));
  });
});

describe("a frame", () => {
  const frame = encodeFrame(7, 0x12345678, commitOf(7, 13), 3);

  test("says its sequence, its place, the frame before and its payload, in 4-byte steps", () => {
    expect(frame.length).toBe(32);
    expect(readFrame(frame, 0, frame.length)).toEqual({
      sequence: 7,
      place: 3,
      previousCrc: 0x12345678,
      payload: commitOf(7, 13),
      crc: crc32(frame, 0, 28),
      size: 32,
    });
  });

  test("with any one bit flipped is not read, and is repaired to the very same bytes", () => {
    for (const payload of [1, 13, 300]) {
      const whole = encodeFrame(7, 0x12345678, commitOf(7, payload), 3);
      for (let bit = 0; bit < whole.length * 8; bit++) {
        const bytes = whole.slice();
        flipBit(bytes, bit);
        expect(readFrame(bytes, 0, bytes.length)).toBeUndefined();
        expect(repairFrame(bytes, 0, bytes.length)?.payload).toEqual(commitOf(7, payload));
        expect(bytes).toEqual(whole);
      }
    }
  });

  test("with any two bits flipped is neither read nor repaired, and left as it is", () => {
    for (let a = 0; a < frame.length * 8; a++) {
      for (let b = a + 1; b < frame.length * 8; b++) {
        const bytes = frame.slice();
        flipBit(bytes, a);
        flipBit(bytes, b);
        const before = bytes.slice();
        const read = readFrame(bytes, 0, bytes.length) ?? repairFrame(bytes, 0, bytes.length);
        if (read !== undefined) throw new Error(`bits ${a} and ${b} went unnoticed`);
        if (Buffer.compare(bytes, before) !== 0) throw new Error(`bits ${a}, ${b}: changed`);
      }
    }
  });

  test("of random bytes is never read past its limit", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(220), (bytes, at) => {
        expect(readFrame(bytes, at, bytes.length)).toBeUndefined();
        const before = bytes.slice();
        if (repairFrame(bytes, at, bytes.length) === undefined) expect(bytes).toEqual(before);
      }),
    );
  });

  test("holds 1 to 8192 bytes, and no sequence or place beyond its field", () => {
    expect(encodeFrame(sequenceLimit, 0, commitOf(1, payloadLimit), placeLimit)).toHaveLength(8208);
    expect(() => encodeFrame(1, 0, new Uint8Array(0), 0)).toThrow("0 bytes");
    expect(() => encodeFrame(1, 0, new Uint8Array(payloadLimit + 1), 0)).toThrow("8193 bytes");
    expect(() => encodeFrame(sequenceLimit + 1, 0, commitOf(1), 0)).toThrow("beyond");
    expect(() => encodeFrame(1, 0, commitOf(1), placeLimit + 1)).toThrow("beyond");
  });
});
