/** A place in a graph of plain objects that holds a number, a text or bytes. */
interface Leaf {
  readonly holder: Record<string, unknown>;
  readonly name: string;
}

/** Every place below some objects where a bit can flip. */
export function leavesOf(...roots: readonly unknown[]): readonly Leaf[] {
  const leaves: Leaf[] = [];
  const seen = new Set<unknown>();
  const walk = (value: unknown): void => {
    if (typeof value !== "object" || value === null || seen.has(value)) return;
    seen.add(value);
    const holder = value as Record<string, unknown>;
    for (const [name, inner] of Object.entries(holder)) {
      if (typeof inner === "object") walk(inner);
      else if (typeof inner !== "function" && inner !== undefined) leaves.push({ holder, name });
    }
  };
  for (const root of roots) walk(root);
  return leaves;
}

/** Objects that can be reached from both. */
export function sharedObjects(one: unknown, other: unknown): readonly unknown[] {
  const objectsOf = (root: unknown): Set<unknown> => {
    const seen = new Set<unknown>();
    const walk = (value: unknown): void => {
      if (typeof value !== "object" || value === null || seen.has(value)) return;
      seen.add(value);
      for (const inner of Object.values(value)) walk(inner);
    };
    walk(root);
    return seen;
  };
  const known = objectsOf(one);
  return [...objectsOf(other)].filter((value) => known.has(value));
}

/** Flips one bit of what a leaf holds, in place. */
export function flip({ holder, name }: Leaf, bit: number): void {
  const value = holder[name];
  if (typeof value === "bigint") holder[name] = value ^ (1n << BigInt(bit % 64));
  else if (typeof value === "number") {
    holder[name] =
      holder instanceof Uint8Array ? value ^ (1 << (bit % 8)) : value ^ (1 << (bit % 16));
  } else if (typeof value === "boolean") holder[name] = !value;
  else if (typeof value === "string" && value.length > 0) {
    const at = bit % value.length;
    const other = String.fromCharCode(value.charCodeAt(at) ^ 1);
    holder[name] = value.slice(0, at) + other + value.slice(at + 1);
  }
}
