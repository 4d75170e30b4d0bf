import * as Effect from "effect/Effect";
import type * as Result from "effect/Result";
import { run } from "#adapters/command/command.ts";
import { type CounterReading, CountersError } from "./counters.ts";
import { withSteadyIndex } from "./interface-index.ts";
import { type PeerText, readingsOf, refused } from "./peer-text.ts";

/**
 * One interface's counters by the `wg` tool: slower (a process each time), and works wherever
 * WireGuard does. Nothing where the interface is absent; an error where it is no WireGuard.
 */
export const readSpawned = (
  interfaceName: string,
): Effect.Effect<readonly CounterReading[], CountersError> =>
  withSteadyIndex(interfaceName, (index) =>
    run("wg", ["show", interfaceName, "dump"]).pipe(
      Effect.mapError((error) => new CountersError({ words: error.words })),
      Effect.flatMap((text) => Effect.fromResult(dumpReadings(interfaceName, index, text))),
    ),
  ).pipe(Effect.map((readings) => readings ?? []));

/** Columns of a peer in `wg show IF dump` (wg(8)): 0 is its key. */
const columns = { lastHandshake: 4, received: 5, sent: 6, count: 8 } as const;

/** Columns of the first line, which is the interface: its keys are not looked at. */
const interfaceColumns = 4;

/** What `wg show IF dump` prints, as readings. */
export function dumpReadings(
  interfaceName: string,
  interfaceIndex: number,
  text: string,
): Result.Result<readonly CounterReading[], CountersError> {
  const [first = "", ...rest] = text.split("\n");
  if (first.split("\t").length !== interfaceColumns || rest.pop() !== "") {
    return refused(interfaceName, "wg printed a dump of another form");
  }
  const peers: PeerText[] = [];
  for (const line of rest) {
    const fields = line.split("\t");
    const [key] = fields;
    if (key === undefined || fields.length !== columns.count) {
      return refused(interfaceName, `wg printed a peer of ${fields.length} columns, not 8`);
    }
    peers.push({
      key,
      received: fields[columns.received],
      sent: fields[columns.sent],
      lastHandshake: fields[columns.lastHandshake],
    });
  }
  return readingsOf(interfaceName, interfaceIndex, peers);
}
