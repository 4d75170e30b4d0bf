import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import * as Effect from "effect/Effect";
import { interfaceIndex } from "#adapters/counters/interface-index.ts";
import { splitZone } from "#adapters/link/link-local.ts";

/** How long a name may take to resolve, in milliseconds. */
export const resolveTime = 3000;

/** Splits "host:port" or "[host]:port", the latter perhaps with a zone; nothing for anything else. */
export function splitEndpoint(
  endpoint: string,
): { readonly host: string; readonly port: number } | undefined {
  const match =
    /^(?:\[([0-9A-Fa-f:.]{2,45}(?:%[A-Za-z0-9_][A-Za-z0-9_.-]{0,14})?)\]|([A-Za-z0-9.-]{1,253})):([0-9]{1,5})$/.exec(
      endpoint,
    );
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port < 1 || port > 65535) return undefined;
  if (match?.[1] !== undefined && isIP(host) !== 6) return undefined;
  return { host, port };
}

/**
 * The endpoint with an address in place of a name: WireGuard takes nothing else. A name that does
 * not resolve is no failure, it is undefined: on a mesh, names may need the tunnel that is about to
 * be made, and the neighbour may call us.
 */
export const resolveEndpoint = (endpoint: string): Effect.Effect<string | undefined> => {
  const split = splitEndpoint(endpoint);
  if (split === undefined) return Effect.succeed(undefined);
  const { host, port } = split;
  const write = (address: string) =>
    address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
  const { zone } = splitZone(host);
  if (zone !== undefined && interfaceIndex(zone) === undefined) {
    // Its cable may come back: then it is found anew, or calls us.
    return Effect.as(
      Effect.logInfo(`${zone} is not there: its tunnel waits to be called`),
      undefined,
    );
  }
  if (isIP(host) !== 0) return Effect.succeed(write(host));
  return Effect.tryPromise(() => lookup(host)).pipe(
    Effect.timeout(resolveTime),
    Effect.map(({ address }) => write(address)),
    Effect.catch(() =>
      Effect.as(
        Effect.logWarning(`${host} does not resolve: its tunnel waits to be called`),
        undefined,
      ),
    ),
  );
};
