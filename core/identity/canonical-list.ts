import type { CanonicalReader } from "./canonical-reader.ts";
import type { Field } from "./canonical-writer.ts";

/** A list of at most so many. */
export function readList<A>(
  reader: CanonicalReader,
  most: number,
  read: (reader: CanonicalReader) => A,
) {
  const count = reader.array(0, most);
  return Array.from({ length: count }, () => read(reader));
}

/** Nothing, or one value, from a list. */
export function readOptional<A>(reader: CanonicalReader, read: (reader: CanonicalReader) => A) {
  return reader.array(0, 1) === 0 ? undefined : read(reader);
}

/** Nothing, or one value, as a list. */
export function optional<A>(value: A | undefined, form: (value: A) => Field): Field {
  return value === undefined ? [] : [form(value)];
}
