import { crc32 } from "#adapters/journal/crc32.ts";
import { Malformed } from "#core/identity/canonical-reader.ts";
import { IndexError } from "./index-error.ts";

/** Bytes of the checksum behind each value. */
const sumSize = 4;

/** A value with a CRC-32 over its key and itself behind it: neither is believed without. */
export function checked(key: Uint8Array, body: Uint8Array): Uint8Array {
  const value = new Uint8Array(body.length + sumSize);
  value.set(body);
  new DataView(value.buffer).setUint32(body.length, sumOf(key, body), true);
  return value;
}

/**
 * What a value says. @param what it is, for the error.
 * @throws IndexError "damaged" where the checksum does not hold, or `read` throws.
 */
export function believed<A>(
  key: Uint8Array,
  value: Uint8Array,
  read: (body: Uint8Array) => A,
  what: string,
): A {
  try {
    return read(bodyOf(key, value));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new IndexError({ problem: "damaged", words: `${what} is not believed: ${why}` });
  }
}

function bodyOf(key: Uint8Array, value: Uint8Array): Uint8Array {
  const size = value.length - sumSize;
  if (size < 0) throw new Malformed(`a value of ${value.length} bytes`);
  const body = value.subarray(0, size);
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  if (view.getUint32(size, true) !== sumOf(key, body)) throw new Malformed("a wrong checksum");
  return body;
}

function sumOf(key: Uint8Array, body: Uint8Array): number {
  const both = new Uint8Array(key.length + body.length);
  both.set(key);
  both.set(body, key.length);
  return crc32(both);
}
