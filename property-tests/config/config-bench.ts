import type { Config } from "#agent/config/config.ts";
import { readConfigText } from "#agent/config/config-reader.ts";
import { inWords } from "#agent/config/problem.ts";

/** The configuration in a text that must be a good one. */
export function accepted(text: string): Config {
  const reading = readConfigText(text);
  if (!reading.ok) throw new Error(reading.problems.map(inWords).join("\n"));
  return reading.config;
}

/** The problems of a text that must be a bad one, a line each. */
export function complaints(text: string): string {
  const reading = readConfigText(text);
  if (reading.ok) throw new Error(`accepted: ${text}`);
  return reading.problems.map(inWords).join("\n");
}

export const nodeIdOf = (n: number): string => `02${n.toString(16).padStart(64, "0")}`;
export const keyOf = (n: number): string => {
  const bytes = Buffer.alloc(32);
  bytes.writeUInt32BE(n, 0);
  return bytes.toString("base64");
};

/** A neighbour as JSON text, with more options or other ones. */
export function neighbour(n: number, more: Readonly<Record<string, unknown>> = {}): unknown {
  return {
    name: `n${n}`,
    id: nodeIdOf(n),
    tunnel_key: keyOf(n),
    listen_port: 10_000 + 10 * n,
    ...more,
  };
}

export const configOf = (...neighbours: readonly unknown[]): string =>
  JSON.stringify({ neighbours });
