import * as Effect from "effect/Effect";
import type * as Result from "effect/Result";
import { uapiRequest } from "#adapters/wireguard/uapi-socket.ts";
import { type CounterReading, CountersError } from "./counters.ts";
import { withSteadyIndex } from "./interface-index.ts";
import { type PeerText, readingsOf, refused } from "./peer-text.ts";

/**
 * One interface's counters from userspace WireGuard; undefined where the interface has none: there
 * is no socket, or nobody listens on it any more.
 */
export const readUserspace = (
  interfaceName: string,
): Effect.Effect<readonly CounterReading[] | undefined, CountersError> =>
  withSteadyIndex(interfaceName, (index) =>
    uapiRequest(interfaceName, "get=1").pipe(
      Effect.catch(({ problem, words }) =>
        problem === "absent"
          ? Effect.succeed(undefined)
          : Effect.fail(new CountersError({ words })),
      ),
      Effect.flatMap((pairs) =>
        pairs === undefined
          ? Effect.succeed(undefined)
          : Effect.fromResult(userspaceReadings(interfaceName, index, pairs)),
      ),
    ),
  );

/**
 * The peers of an answer to `get=1`: each begins with its public key. Keys that are not known are
 * passed over, as the protocol wants it ("Cross-platform Userspace Implementation").
 */
export function userspaceReadings(
  interfaceName: string,
  interfaceIndex: number,
  pairs: readonly (readonly [string, string])[],
): Result.Result<readonly CounterReading[], CountersError> {
  const peers: Map<string, string>[] = [];
  for (const [key, value] of pairs) {
    if (key === "public_key") {
      if (!/^[0-9a-f]{64}$/.test(value)) return refused(interfaceName, "a peer's key is not hex");
      peers.push(new Map());
    } else if (!read.has(key)) {
      continue;
    }
    const peer = peers[peers.length - 1];
    if (peer === undefined) return refused(interfaceName, `${key} before the first peer`);
    if (peer.has(key)) return refused(interfaceName, `${key} twice for one peer`);
    peer.set(key, value);
  }
  return readingsOf(interfaceName, interfaceIndex, peers.map(peerText));
}

/** What is read of a peer, after its key. */
const read: ReadonlySet<string> = new Set(["rx_bytes", "tx_bytes", "last_handshake_time_sec"]);

function peerText(peer: ReadonlyMap<string, string>): PeerText {
  return {
    key: Buffer.from(peer.get("public_key") ?? "", "hex").toString("base64"),
    received: peer.get("rx_bytes"),
    sent: peer.get("tx_bytes"),
    lastHandshake: peer.get("last_handshake_time_sec"),
  };
}
