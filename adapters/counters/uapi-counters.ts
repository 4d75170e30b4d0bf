import { readFileSync } from "node:fs";
import * as Effect from "effect/Effect";
import { UapiError, uapiRequest } from "#adapters/wireguard/uapi-socket.ts";
import { type CounterReading, CountersError } from "./counters.ts";

const counterLimit = 1n << 64n;

/** One interface's counters from userspace WireGuard; nothing where it is not there. */
export const readUserspace = (
  interfaceName: string,
): Effect.Effect<CounterReading | undefined, CountersError> =>
  uapiRequest(interfaceName, "get=1").pipe(
    Effect.flatMap((pairs) =>
      Effect.try({ try: () => parse(interfaceName, pairs), catch: asError }),
    ),
    Effect.catch((error) =>
      error instanceof UapiError && error.problem === "absent"
        ? Effect.succeed(undefined)
        : Effect.fail(asError(error)),
    ),
  );

function asError(error: unknown): CountersError {
  if (error instanceof CountersError) return error;
  return new CountersError({ words: error instanceof Error ? error.message : String(error) });
}

function parse(
  interfaceName: string,
  pairs: readonly (readonly [string, string])[],
): CounterReading | undefined {
  const interfaceIndex = indexOf(interfaceName);
  const key = fieldOf(pairs, "public_key");
  if (key === undefined || interfaceIndex === undefined) return undefined;
  if (!/^[0-9a-f]{64}$/.test(key)) throw new CountersError({ words: "a peer key of another form" });
  return {
    interfaceName,
    interfaceIndex,
    peerKey: Buffer.from(key, "hex").toString("base64"),
    received: counter(pairs, "rx_bytes"),
    sent: counter(pairs, "tx_bytes"),
  };
}

function fieldOf(pairs: readonly (readonly [string, string])[], key: string): string | undefined {
  return pairs.find(([name]) => name === key)?.[1];
}

function counter(pairs: readonly (readonly [string, string])[], key: string): bigint {
  const text = fieldOf(pairs, key);
  if (text === undefined || !/^[0-9]{1,20}$/.test(text) || BigInt(text) >= counterLimit) {
    throw new CountersError({ words: `${key} is no 64-bit counter: ${text?.slice(0, 40)}` });
  }
  return BigInt(text);
}

/** The kernel's number of an interface in this network namespace. */
export function indexOf(interfaceName: string): number | undefined {
  try {
    const index = Number(readFileSync(`/sys/class/net/${interfaceName}/ifindex`, "utf8"));
    return Number.isInteger(index) && index > 0 ? index : undefined;
  } catch {
    return undefined;
  }
}
