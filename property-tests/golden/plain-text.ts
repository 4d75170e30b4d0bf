import { fromHex, toHex } from "#core/identity/hexadecimal.ts";

/**
 * Inputs and outputs of `step` as JSON: a bigint is its digits with an n, bytes are 0x and their
 * hexadecimal digits. No other text of theirs has these forms.
 */
export function plainText(value: unknown, indent?: number): string {
  return JSON.stringify(
    value,
    (_, item) => {
      if (typeof item === "bigint") return `${item}n`;
      return item instanceof Uint8Array ? `0x${toHex(item)}` : item;
    },
    indent,
  );
}

/** Reads what {@link plainText} wrote. */
export function fromPlainText(text: string): unknown {
  return JSON.parse(text, (_, item) => {
    if (typeof item !== "string") return item;
    if (/^-?\d+n$/.test(item)) return BigInt(item.slice(0, -1));
    return /^0x([0-9a-f]{2})*$/.test(item) ? fromHex(item.slice(2)) : item;
  });
}
