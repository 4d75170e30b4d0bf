import * as Effect from "effect/Effect";
import type * as Result from "effect/Result";
import { run } from "#adapters/command/command.ts";
import { type CounterReading, CountersError } from "./counters.ts";
import { interfaceIndex, withSteadyIndex } from "./interface-index.ts";
import { type PeerText, readingsOf, refused } from "./peer-text.ts";

/** How one look reads interfaces by the `wg` tool. */
export type SpawnedReader = (
  interfaceName: string,
) => Effect.Effect<readonly CounterReading[], CountersError>;

/**
 * Counters by the `wg` tool, which works wherever WireGuard does: one process for all of these
 * interfaces, because starting it is nearly all that it costs. An interface that was made again
 * meanwhile, or that the tool left out, is read by itself. Nothing where it is absent; an error where
 * it is no WireGuard. For one look: what it reads is as old as its first reading.
 */
export const spawnedReader = (interfaces: readonly string[]): Effect.Effect<SpawnedReader> =>
  Effect.map(Effect.cached(dumped(interfaces)), (all) => (interfaceName) => {
    return Effect.flatMap(all, ({ indexes, texts }) => {
      const [index, text] = [indexes.get(interfaceName), texts.get(interfaceName)];
      // The same number before and after: it was the same interface all the time.
      const isSteady = index !== undefined && interfaceIndex(interfaceName) === index;
      if (!isSteady || text === undefined) return readAlone(interfaceName);
      return Effect.fromResult(dumpReadings(interfaceName, index, text));
    });
  });

/** What the tool says of all interfaces, and their numbers before it was asked. */
const dumped = (interfaces: readonly string[]) =>
  Effect.suspend(() => {
    const indexes = new Map(interfaces.map((name) => [name, interfaceIndex(name)]));
    return run("wg", ["show", "all", "dump"]).pipe(
      Effect.map(dumpTexts),
      Effect.catch(() => Effect.succeed(new Map<string, string>())), // each by itself says why
      Effect.map((texts) => ({ indexes, texts })),
    );
  });

const readAlone: SpawnedReader = (interfaceName) =>
  withSteadyIndex(interfaceName, (index) =>
    run("wg", ["show", interfaceName, "dump"]).pipe(
      Effect.mapError((error) => new CountersError({ words: error.words })),
      Effect.flatMap((text) => Effect.fromResult(dumpReadings(interfaceName, index, text))),
    ),
  ).pipe(Effect.map((readings) => readings ?? []));

/** Takes `wg show all dump` (wg(8)) apart: its lines have the interface's name before them. */
export function dumpTexts(text: string): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const line of text.split("\n")) {
    const end = line.indexOf("\t");
    if (end < 0) continue;
    const name = line.slice(0, end);
    texts.set(name, `${texts.get(name) ?? ""}${line.slice(end + 1)}\n`);
  }
  return texts;
}

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
