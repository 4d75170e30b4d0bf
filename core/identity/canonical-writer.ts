/**
 * Canonical MessagePack, the writing half. The subset: unsigned integers, byte strings, ASCII
 * text, arrays and, for integers above 64 bits, extension type 1 (big-endian, no leading zero).
 * Every value has exactly one form (the shortest), so equal values are equal bytes on every
 * engine and a signature or a hash over them means one thing.
 * Reference: the MessagePack specification, "Serialization: type to format conversion".
 */
export type Field = bigint | number | string | Uint8Array | readonly Field[];

/** The extension type that carries integers of more than 64 bits. */
export const bigIntegerType = 1;

/** The bytes of a value in its one form. @throws RangeError on negative or fractional numbers. */
export function canonical(field: Field): Uint8Array {
  const out: number[] = [];
  write(out, field);
  return Uint8Array.from(out);
}

function write(out: number[], field: Field): void {
  if (typeof field === "bigint") writeInteger(out, field);
  else if (typeof field === "number") writeSmall(out, field);
  else if (typeof field === "string") writeText(out, field);
  else if (field instanceof Uint8Array) writeBytes(out, field);
  else {
    writeArrayHead(out, field.length);
    for (const item of field) write(out, item);
  }
}

function writeSmall(out: number[], value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`only whole numbers from 0 have a canonical form, found ${value}`);
  }
  if (value < 0x80) out.push(value);
  else if (value < 0x100) out.push(0xcc, value);
  else if (value < 0x10000) out.push(0xcd, value >> 8, value & 0xff);
  else writeInteger(out, BigInt(value));
}

function writeInteger(out: number[], value: bigint): void {
  if (value < 0n) throw new RangeError(`no canonical form for a negative number, found ${value}`);
  if (value < 0x80n) out.push(asByte(value));
  else if (value < 0x100n) pushFixed(out, 0xcc, value, 1);
  else if (value < 0x10000n) pushFixed(out, 0xcd, value, 2);
  else if (value < 0x1_0000_0000n) pushFixed(out, 0xce, value, 4);
  else if (value < 1n << 64n) pushFixed(out, 0xcf, value, 8);
  else writeBigInteger(out, value);
}

/** Head byte, then the value big-endian in so many bytes. */
function pushFixed(out: number[], head: number, value: bigint, size: number): void {
  out.push(head);
  for (let shift = (size - 1) * 8; shift >= 0; shift -= 8) {
    out.push(asByte((value >> BigInt(shift)) & 0xffn));
  }
}

function writeBigInteger(out: number[], value: bigint): void {
  const hex = value.toString(16);
  const digits = hex.length % 2 === 0 ? hex : `0${hex}`;
  const size = digits.length / 2;
  if (size > 0xff) throw new RangeError("an integer of more than 255 bytes");
  out.push(0xc7, size, bigIntegerType);
  for (let i = 0; i < digits.length; i += 2) out.push(hexByte(digits, i));
}

function writeText(out: number[], text: string): void {
  const length = text.length;
  if (length < 32) out.push(0xa0 | length);
  else if (length < 0x100) out.push(0xd9, length);
  else if (length < 0x10000) out.push(0xda, length >> 8, length & 0xff);
  else throw new RangeError(`text of ${length} characters, at most 65535`);
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) throw new RangeError("only ASCII text has a canonical form here");
    out.push(code);
  }
}

function writeBytes(out: number[], bytes: Uint8Array): void {
  const length = bytes.length;
  if (length < 0x100) out.push(0xc4, length);
  else if (length < 0x10000) out.push(0xc5, length >> 8, length & 0xff);
  else throw new RangeError(`a byte string of ${length} bytes, at most 65535`);
  for (const byte of bytes) out.push(byte);
}

function writeArrayHead(out: number[], length: number): void {
  if (length < 16) out.push(0x90 | length);
  else if (length < 0x10000) out.push(0xdc, length >> 8, length & 0xff);
  else throw new RangeError(`an array of ${length} items, at most 65535`);
}

/** A bigint known to be a byte, as a number for the output array. */
function asByte(value: bigint): number {
  return hexByte(value.toString(16).padStart(2, "0"), 0);
}

function hexByte(hex: string, at: number): number {
  return (hexDigit(hex.charCodeAt(at)) << 4) | hexDigit(hex.charCodeAt(at + 1));
}

function hexDigit(code: number): number {
  return code <= 0x39 ? code - 0x30 : code - 0x57;
}
