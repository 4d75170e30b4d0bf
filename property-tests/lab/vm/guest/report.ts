import { writeSync } from "node:fs";

/** A line for whoever started the machine: JSON, bigints as text. */
export function report(what: object): void {
  const text = JSON.stringify(what, (_, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
  writeSync(1, `${text}\n`);
}
