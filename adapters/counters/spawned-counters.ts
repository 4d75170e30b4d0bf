import * as Effect from "effect/Effect";
import { run } from "#adapters/command/command.ts";
import { type CounterReading, CountersError } from "./counters.ts";
import { indexOf } from "./uapi-counters.ts";

/** One interface's counters by the `wg` tool: slower, and works wherever WireGuard does. */
export const readSpawned = (
  interfaceName: string,
): Effect.Effect<CounterReading | undefined, CountersError> => {
  const interfaceIndex = indexOf(interfaceName);
  if (interfaceIndex === undefined) return Effect.succeed(undefined);
  return run("wg", ["show", interfaceName, "transfer"]).pipe(
    Effect.mapError((error) => new CountersError({ words: error.words })),
    Effect.flatMap((text) =>
      Effect.try({
        try: () => parse(interfaceName, interfaceIndex, text),
        catch: (error) => error as CountersError,
      }),
    ),
  );
};

function parse(
  interfaceName: string,
  interfaceIndex: number,
  text: string,
): CounterReading | undefined {
  const line = text.split("\n")[0] ?? "";
  if (line === "") return undefined;
  const match = /^([A-Za-z0-9+/]{43}=)\t([0-9]{1,20})\t([0-9]{1,20})$/.exec(line);
  if (match === null) throw new CountersError({ words: `wg printed a line of another form` });
  return {
    interfaceName,
    interfaceIndex,
    peerKey: match[1] ?? "",
    received: BigInt(match[2] ?? "0"),
    sent: BigInt(match[3] ?? "0"),
  };
}
