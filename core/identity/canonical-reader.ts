import { bigIntegerType } from "./canonical-writer.ts";

/** Bytes that the canonical writer would not have written, or not of the expected shape. */
export class Malformed extends Error {
  override readonly name = "Malformed";
}

/** Walks over canonical bytes. Every method refuses any form but the shortest. */
export interface CanonicalReader {
  /** Items of the array that begins here. @throws Malformed unless it has min to max items. */
  array(min: number, max: number): number;
  /** An unsigned integer up to and including the limit. */
  integer(limit: bigint): bigint;
  /** A small unsigned integer, for counts, classes and versions. */
  small(limit: number): number;
  /** A byte string of min to max bytes, copied. */
  bytes(min: number, max: number): Uint8Array;
  /** Whether a byte string begins here. */
  isBytes(): boolean;
  /** ASCII text of at most max characters. */
  text(max: number): string;
  /** @throws Malformed where bytes are left over. */
  end(): void;
}

/** A reader from the first byte on. */
export function canonicalReader(source: Uint8Array): CanonicalReader {
  const scan = scanner(source);
  const integer = (limit: bigint): bigint => {
    const value = anyInteger(scan);
    if (value > limit) throw new Malformed(`an integer above ${limit}`);
    return value;
  };
  return {
    array(min, max) {
      const head = scan.byte();
      const fixed = (head & 0xf0) === 0x90;
      const count = fixed ? head & 0x0f : head === 0xdc ? scan.length(2, 16) : -1;
      return within(count, min, max, "items of an array");
    },
    integer,
    small: (limit) => Number(integer(BigInt(limit))),
    bytes(min, max) {
      const head = scan.byte();
      const size = head === 0xc4 ? scan.length(1, 0) : head === 0xc5 ? scan.length(2, 0x100) : -1;
      return scan.take(within(size, min, max, "length of a byte string"));
    },
    isBytes() {
      const head = scan.peek();
      return head === 0xc4 || head === 0xc5;
    },
    text(max) {
      const head = scan.byte();
      const size = (head & 0xe0) === 0xa0 ? head & 0x1f : textLength(scan, head);
      return ascii(scan.take(within(size, 0, max, "length of a text")));
    },
    end() {
      if (scan.left() !== 0) throw new Malformed(`${scan.left()} bytes too many`);
    },
  };
}

/** Takes bytes off the front, and lengths and numbers in their shortest form only. */
interface Scanner {
  peek(): number | undefined;
  byte(): number;
  length(size: 1 | 2, least: number): number;
  number(size: number, least: bigint): bigint;
  take(size: number): Uint8Array;
  left(): number;
}

function scanner(source: Uint8Array): Scanner {
  let at = 0;
  const byte = (): number => {
    const value = source[at];
    if (value === undefined) throw new Malformed(`ends after ${at} bytes`);
    at += 1;
    return value;
  };
  return {
    peek: () => source[at],
    byte,
    length(size, least) {
      const value = size === 1 ? byte() : (byte() << 8) | byte();
      if (value < least) throw new Malformed("a length not in its shortest form");
      return value;
    },
    number(size, least) {
      let value = 0n;
      for (let i = 0; i < size; i++) value = (value << 8n) | BigInt(byte());
      if (value < least) throw new Malformed("an integer not in its shortest form");
      return value;
    },
    take(size) {
      if (at + size > source.length) throw new Malformed(`ends after ${source.length} bytes`);
      const part = source.slice(at, at + size);
      at += size;
      return part;
    },
    left: () => source.length - at,
  };
}

function anyInteger(scan: Scanner): bigint {
  const head = scan.byte();
  if (head < 0x80) return BigInt(head);
  switch (head) {
    case 0xcc:
      return scan.number(1, 0x80n);
    case 0xcd:
      return scan.number(2, 0x100n);
    case 0xce:
      return scan.number(4, 0x10000n);
    case 0xcf:
      return scan.number(8, 0x1_0000_0000n);
    case 0xc7:
      return bigInteger(scan);
    default:
      throw new Malformed(`expected an integer, found type ${head}`);
  }
}

function bigInteger(scan: Scanner): bigint {
  const size = scan.byte();
  if (scan.byte() !== bigIntegerType || size <= 8) throw new Malformed("not an integer");
  return scan.number(size, 1n << BigInt((size - 1) * 8));
}

function textLength(scan: Scanner, head: number): number {
  if (head === 0xd9) return scan.length(1, 32);
  return head === 0xda ? scan.length(2, 0x100) : -1;
}

function within(value: number, min: number, max: number, what: string): number {
  if (value < min || value > max) {
    throw new Malformed(`${what}: found ${value}, allowed ${min} to ${max}`);
  }
  return value;
}

function ascii(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    if (byte > 0x7f) throw new Malformed("text beyond ASCII");
    text += String.fromCharCode(byte);
  }
  return text;
}
