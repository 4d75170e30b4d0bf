/** JSON with quantities as decimal strings and bytes as hexadecimal. */
export function plainJson(value: unknown, space?: number): string {
  return JSON.stringify(value, plain, space);
}

function plain(_: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value;
}
