import type { Input, Reading } from "./input.ts";

/**
 * A value that shares no memory with the one given: plain objects, arrays, bytes, texts and
 * integers. Engines hand an integer or a text on by reference where they can; what is made here comes
 * out of an operation on it. The value may be of another realm (other `Array` and `Uint8Array`);
 * the copy is of the realm that this code runs in, and has its prototypes.
 */
export function copyOf<A>(value: A): A {
  return copied(value) as A;
}

/** Copies one input after the other. */
export type InputCopier = (input: Input) => Input;

/** At most so many names of counters are remembered: those of old ones are of no use. */
const nameLimit = 4096;

/** A copier that makes each name of a counter once: they come again with every reading. */
export function inputCopier(): InputCopier {
  const names = new Map<string, string>();
  const nameOf = (generation: string): string => {
    let name = names.get(generation);
    if (name === undefined) {
      name = textOf(generation);
      names.set(generation, name);
    }
    return name;
  };
  return (input) => {
    if (input.type !== "Readings") return copyOf(input);
    if (names.size > nameLimit) names.clear();
    // Not by `map` of an array that may be of another realm: what that makes is of its realm.
    const readings: Reading[] = [];
    for (const one of input.readings) {
      const { neighbour, class: paidClass } = one;
      const sent = -(-one.sent);
      const received = -(-one.received);
      const generation = nameOf(one.generation);
      readings.push({ neighbour, class: paidClass, generation, sent, received });
    }
    return { type: "Readings", readings };
  };
}

function copied(value: unknown): unknown {
  if (typeof value === "bigint") return -(-value);
  if (typeof value === "string") return textOf(value);
  if (typeof value !== "object" || value === null) return value;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value as Uint8Array);
  if (Array.isArray(value)) return Array.from(value, copied);
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
