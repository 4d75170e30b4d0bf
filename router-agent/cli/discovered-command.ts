import * as Console from "effect/Console";
import * as Argument from "effect/cli/Argument";
import * as Command from "effect/cli/Command";
import * as Effect from "effect/Effect";
import { askAgent, controlPath } from "#agent/agent/control-socket.ts";
import type { discoveredFacts } from "#agent/agent/discovered-request.ts";
import { toJson } from "#agent/agent/facts.ts";
import { configFlag, jsonFlag, loadConfig } from "./config-source.ts";

type Discovered = ReturnType<typeof discoveredFacts>;

/** `discovered`: who is on the same cables and channels, and how each stands with us. */
const discovered = Command.make(
  "discovered",
  { config: configFlag, json: jsonFlag },
  Effect.fn(function* ({ config: path, json }) {
    const config = yield* loadConfig(path);
    const answer = yield* askAgent(controlPath(config.journal.directory), ["discovered"]);
    if (json) return yield* Console.log(toJson(answer));
    yield* Console.log(discoveredLines(answer as Discovered).join("\n"));
  }),
).pipe(Command.withDescription("List the routers found on the discovery interfaces"));

/** A line for each router that was found, and what a person should know besides. */
export function discoveredLines({
  peers,
  remembered,
  twin,
  interfaces,
}: Discovered): readonly string[] {
  const down = interfaces.filter(({ address }) => address === undefined);
  const away = remembered.map(({ id, name, standing, interface: at }) => {
    return `${name.padEnd(8)}  ${"away".padEnd(9)}  ${at.padEnd(15)}  ${id}  ${standing}, not heard in this run`;
  });
  const there = peers.map(({ id, name, state, why, interface: at }) => {
    return `${(name ?? "-").padEnd(8)}  ${state.padEnd(9)}  ${at.padEnd(15)}  ${id}  ${why}`;
  });
  return [
    ...(twin === undefined
      ? []
      : [`ANOTHER MACHINE HAS OUR NODE KEY: ${twin.address} on ${twin.interfaceName}`]),
    ...down.map(({ name }) => `${name} is not up, or has no link-local address`),
    ...there,
    ...away,
    ...(there.length + away.length === 0 ? ["nobody has been found yet"] : []),
  ];
}

const nodeArgument = Argument.String("node").pipe(
  Argument.withDescription("A name, a node id, or at least 8 digits of its beginning"),
);

const deciding = (verb: "accept" | "forget", about: string) =>
  Command.make(
    verb,
    { node: nodeArgument, config: configFlag },
    Effect.fn(function* ({ node, config: path }) {
      const config = yield* loadConfig(path);
      const answer = yield* askAgent(controlPath(config.journal.directory), [verb, node]);
      yield* Console.log(String(answer));
    }),
  ).pipe(Command.withDescription(about));

/** What an operator has to do with routers that were found. */
export const discoveryCommands = [
  discovered,
  deciding("accept", "Make a router that was found a neighbour"),
  deciding("forget", "Settle with a found neighbour, and let it go until it is accepted again"),
] as const;
