/**
 * A value that shares no memory with the one given: plain objects, arrays, bytes, texts and
 * integers. Engines hand an integer or a text on by reference where they can; what is made here comes
 * out of an operation on it.
 */
export function copyOf<A>(value: A): A {
  return copied(value) as A;
}

function copied(value: unknown): unknown {
  if (typeof value === "bigint") return -(-value);
  if (typeof value === "string") return textOf(value);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return value.slice();
  if (Array.isArray(value)) return value.map(copied);
  const copy: Record<string, unknown> = {};
  for (const name in value) copy[name] = copied((value as Readonly<Record<string, unknown>>)[name]);
  return copy;
}

/** A text character by character: concatenation would refer to the one given. */
function textOf(text: string): string {
  let copy = "";
  for (let i = 0; i < text.length; i++) copy += String.fromCharCode(text.charCodeAt(i));
  return copy;
}
