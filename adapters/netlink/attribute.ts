import * as Result from "effect/Result";
import { type NetlinkError, netlinkError } from "./netlink-error.ts";

/** One netlink attribute (struct nlattr, linux/netlink.h), its value still inside the message. */
export interface Attribute {
  /** Without the two flag bits. */
  readonly type: number;
  /** A view, not a copy: copy what must outlive the message. */
  readonly value: Uint8Array;
}

/** Netlink is host-endian: this machine's order. */
export const littleEndian: boolean = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Bytes of struct nlattr. */
const headerSize = 4;

/** NLA_TYPE_MASK: without NLA_F_NESTED and NLA_F_NET_BYTEORDER. */
const typeMask = 0x3fff;

const nestedFlag = 0x8000;

/** An attribute's length is a 16-bit number that counts its header. */
const valueLimit = 0xffff - headerSize;

/** Netlink aligns everything to four bytes. */
export function aligned(length: number): number {
  return (length + 3) & ~3;
}

/** An attribute as bytes, padded. @throws RangeError above 65531 bytes: a mistake of the caller. */
export function attribute(type: number, value: Uint8Array): Uint8Array {
  if (value.length > valueLimit) {
    throw new RangeError(`an attribute of ${value.length} bytes; at most ${valueLimit}`);
  }
  const bytes = new Uint8Array(aligned(headerSize + value.length));
  const view = viewOf(bytes);
  view.setUint16(0, headerSize + value.length, littleEndian);
  view.setUint16(2, type, littleEndian);
  bytes.set(value, headerSize);
  return bytes;
}

/** An attribute that holds attributes. */
export function nest(type: number, ...inner: readonly Uint8Array[]): Uint8Array {
  return attribute(type | nestedFlag, joined(inner));
}

/** The attributes that fill these bytes, in order. Refuses lengths that do not fit in. */
export function readAttributes(
  bytes: Uint8Array,
): Result.Result<readonly Attribute[], NetlinkError> {
  const view = viewOf(bytes);
  const found: Attribute[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (bytes.length - at < headerSize) {
      return malformed(`${bytes.length - at} bytes after the last attribute`);
    }
    const length = view.getUint16(at, littleEndian);
    if (length < headerSize || length > bytes.length - at) {
      return malformed(`an attribute of length ${length} where 4 to ${bytes.length - at} fit`);
    }
    const type = view.getUint16(at + 2, littleEndian) & typeMask;
    found.push({ type, value: bytes.subarray(at + headerSize, at + length) });
    at += aligned(length);
  }
  return Result.succeed(found);
}

/** An unsigned number of 16, 32 or 64 bits. Refuses another length. */
export function readUnsigned(
  value: Uint8Array,
  size: 2 | 4 | 8,
): Result.Result<bigint, NetlinkError> {
  if (value.length !== size) return malformed(`a number of ${value.length} bytes, not ${size}`);
  const view = viewOf(value);
  switch (size) {
    case 2:
      return Result.succeed(BigInt(view.getUint16(0, littleEndian)));
    case 4:
      return Result.succeed(BigInt(view.getUint32(0, littleEndian)));
    case 8:
      return Result.succeed(view.getBigUint64(0, littleEndian));
  }
}

/**
 * A text that ends with its one NUL (NLA_NUL_STRING), as names are. Refuses one without the NUL,
 * longer than the limit, or with characters that are not printable ASCII.
 */
export function readText(value: Uint8Array, limit: number): Result.Result<string, NetlinkError> {
  const text = value.subarray(0, -1);
  if (value[value.length - 1] !== 0) return malformed("a text without its NUL");
  if (text.length > limit) return malformed(`a text of ${text.length} bytes; at most ${limit}`);
  if (!text.every((byte) => byte > 0x20 && byte < 0x7f)) {
    return malformed("a text with characters that are not printable ASCII");
  }
  return Result.succeed(String.fromCharCode(...text));
}

/** A text with its NUL. */
export function textBytes(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}

/** Byte strings one after another. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The same bytes, to read numbers from. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function malformed(words: string): Result.Result<never, NetlinkError> {
  return Result.fail(netlinkError("malformed", `netlink: ${words}`));
}
