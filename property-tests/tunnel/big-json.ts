/** JSON in which integers beyond the safe ones are written "123n". */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, item) => (typeof item === "bigint" ? `${item}n` : item));
}

/** The reverse of {@link toJson}. */
export function fromJson(text: string): unknown {
  return JSON.parse(text, (_, item) =>
    typeof item === "string" && /^-?[0-9]+n$/.test(item) ? BigInt(item.slice(0, -1)) : item,
  );
}
