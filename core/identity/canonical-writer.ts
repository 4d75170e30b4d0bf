/**
 * Canonical MessagePack, the writing half. The subset: unsigned integers, byte strings, ASCII
 * text, arrays and, for integers above 64 bits, extension type 1 (big-endian, no leading zero).
 * Every value has exactly one form (the shortest), so equal values are equal bytes on every
 * engine and a signature or a hash over them means one thing.
 * Reference: the MessagePack specification, "Serialization: type to format conversion".
 */
export type Field = bigint | number | string | Uint8Array | Written | readonly Field[];

/** A value that is in its canonical form already. */
export interface Written {
  readonly written: Uint8Array;
}

/**
 * A text of the program's own, to be part of fields: make it once, when the module is loaded. Of
 * texts that stand in a program the engine keeps one copy for all programs that it runs, so a bit
 * that flips there would flip for both nodes of a pair in lockstep; bytes are each program's own.
 */
export function writtenText(text: string): Written {
  return { written: canonical(text) };
}

/** The extension type that carries integers of more than 64 bits. */
export const bigIntegerType = 1;

/** The bytes of a value in its one form. @throws RangeError on negative or fractional numbers. */
export function canonical(field: Field): Uint8Array {
  const out: Output = { bytes: new Uint8Array(sizeOf(field)), at: 0 };
  write(out, field);
  return out.bytes.slice(0, out.at);
}

/** What is written so far; there is always room, see {@link sizeOf}. */
interface Output {
  readonly bytes: Uint8Array;
  at: number;
}

/** At least the bytes that a value takes: every head and every integer of 64 bits fits nine. */
function sizeOf(field: Field): number {
  if (typeof field === "bigint") return field < 1n << 64n ? 9 : 3 + 256;
  if (typeof field === "number") return 9;
  if (typeof field === "string" || field instanceof Uint8Array) return 3 + field.length;
  if ("written" in field) return field.written.length;
  let size = 3;
  for (const item of field) size += sizeOf(item);
  return size;
}

function write(out: Output, field: Field): void {
  if (typeof field === "bigint") writeInteger(out, field);
  else if (typeof field === "number") writeSmall(out, field);
  else if (typeof field === "string") writeText(out, field);
  else if (field instanceof Uint8Array) writeBytes(out, field);
  else if ("written" in field) {
    out.bytes.set(field.written, out.at);
    out.at += field.written.length;
  } else {
    writeArrayHead(out, field.length);
    for (const item of field) write(out, item);
  }
}

function push(out: Output, byte: number): void {
  out.bytes[out.at] = byte;
  out.at += 1;
}

function writeSmall(out: Output, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`only whole numbers from 0 have a canonical form, found ${value}`);
  }
  if (value < 0x80) push(out, value);
  else if (value < 0x100) writeHead(out, 0xcc, value, 1);
  else if (value < 0x10000) writeHead(out, 0xcd, value, 2);
  else writeInteger(out, BigInt(value));
}

/** Head byte, then a small number big-endian in one or two bytes. */
function writeHead(out: Output, head: number, value: number, size: 1 | 2): void {
  push(out, head);
  if (size === 2) push(out, value >> 8);
  push(out, value & 0xff);
}

function writeInteger(out: Output, value: bigint): void {
  if (value < 0n) throw new RangeError(`no canonical form for a negative number, found ${value}`);
  if (value < 0x80n) writeFixed(out, undefined, value, 1);
  else if (value < 0x100n) writeFixed(out, 0xcc, value, 1);
  else if (value < 0x10000n) writeFixed(out, 0xcd, value, 2);
  else if (value < 0x1_0000_0000n) writeFixed(out, 0xce, value, 4);
  else if (value < 1n << 64n) writeFixed(out, 0xcf, value, 8);
  else writeBigInteger(out, value);
}

/** A bigint's lowest 64 bits, big-endian. */
const wide = new DataView(new ArrayBuffer(8));

/** Head byte, then the value big-endian in so many bytes. */
function writeFixed(out: Output, head: number | undefined, value: bigint, size: number): void {
  if (head !== undefined) push(out, head);
  wide.setBigUint64(0, value);
  for (let i = 8 - size; i < 8; i++) push(out, wide.getUint8(i));
}

function writeBigInteger(out: Output, value: bigint): void {
  const hex = value.toString(16);
  const digits = hex.length % 2 === 0 ? hex : `0${hex}`;
  const size = digits.length / 2;
  if (size > 0xff) throw new RangeError("an integer of more than 255 bytes");
  push(out, 0xc7);
  push(out, size);
  push(out, bigIntegerType);
  for (let i = 0; i < digits.length; i += 2) push(out, hexByte(digits, i));
}

function writeText(out: Output, text: string): void {
  const length = text.length;
  if (length < 32) push(out, 0xa0 | length);
  else if (length < 0x100) writeHead(out, 0xd9, length, 1);
  else if (length < 0x10000) writeHead(out, 0xda, length, 2);
  else throw new RangeError(`text of ${length} characters, at most 65535`);
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) throw new RangeError("only ASCII text has a canonical form here");
    push(out, code);
  }
}

function writeBytes(out: Output, bytes: Uint8Array): void {
  const length = bytes.length;
  if (length < 0x100) writeHead(out, 0xc4, length, 1);
  else if (length < 0x10000) writeHead(out, 0xc5, length, 2);
  else throw new RangeError(`a byte string of ${length} bytes, at most 65535`);
  out.bytes.set(bytes, out.at);
  out.at += length;
}

function writeArrayHead(out: Output, length: number): void {
  if (length < 16) push(out, 0x90 | length);
  else if (length < 0x10000) writeHead(out, 0xdc, length, 2);
  else throw new RangeError(`an array of ${length} items, at most 65535`);
}

function hexByte(hex: string, at: number): number {
  return (hexDigit(hex.charCodeAt(at)) << 4) | hexDigit(hex.charCodeAt(at + 1));
}

function hexDigit(code: number): number {
  return code <= 0x39 ? code - 0x30 : code - 0x57;
}
