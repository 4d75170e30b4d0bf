import * as Result from "effect/Result";
import { type CounterReading, CountersError, counterLimit, peerLimit } from "./counters.ts";

/** What userspace WireGuard and the `wg` tool say about one peer, as text. */
export interface PeerText {
  /** 32 bytes in base64. */
  readonly key: string;
  readonly received: string | undefined;
  readonly sent: string | undefined;
  readonly lastHandshake: string | undefined;
}

/** Texts as readings. Refuses numbers of another form, a key twice, too many peers. */
export function readingsOf(
  interfaceName: string,
  interfaceIndex: number,
  peers: readonly PeerText[],
): Result.Result<readonly CounterReading[], CountersError> {
  if (peers.length > peerLimit) {
    return refused(interfaceName, `${peers.length} peers; at most ${peerLimit}`);
  }
  return Result.gen(function* () {
    const keys = new Set<string>();
    const readings: CounterReading[] = [];
    for (const { key, received, sent, lastHandshake } of peers) {
      if (!/^[A-Za-z0-9+/]{43}=$/.test(key)) {
        return yield* refused(interfaceName, "a peer's key of another form");
      }
      if (keys.has(key)) return yield* refused(interfaceName, "one peer twice");
      keys.add(key);
      readings.push({
        interfaceName,
        interfaceIndex,
        peerKey: key,
        received: yield* number(interfaceName, "received", received),
        sent: yield* number(interfaceName, "sent", sent),
        lastHandshake: yield* number(interfaceName, "last handshake", lastHandshake),
      });
    }
    return readings;
  });
}

/** A refusal that says of which interface; never with the text itself, which may hold keys. */
export function refused(interfaceName: string, words: string): Result.Result<never, CountersError> {
  return Result.fail(new CountersError({ words: `${interfaceName}: ${words}` }));
}

function number(
  interfaceName: string,
  what: string,
  text: string | undefined,
): Result.Result<bigint, CountersError> {
  if (text === undefined) return refused(interfaceName, `a peer without a number: ${what}`);
  const value = /^(?:0|[1-9][0-9]{0,19})$/.test(text) ? BigInt(text) : counterLimit;
  if (value < counterLimit) return Result.succeed(value);
  return refused(interfaceName, `${what} is no 64-bit number: ${text.slice(0, 40)}`);
}
