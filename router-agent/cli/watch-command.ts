import { readFileSync } from "node:fs";
import * as Console from "effect/Console";
import * as Command from "effect/cli/Command";
import * as Flag from "effect/cli/Flag";
import * as Effect from "effect/Effect";
import { quorum } from "#adapters/settlement/chain/quorum.ts";
import { rpcEndpoint } from "#adapters/settlement/chain/rpc-endpoint.ts";
import {
  readVoucherFile,
  type WatchLook,
  watchOnce,
} from "#adapters/settlement/chain/watchtower.ts";
import { ChainRefused } from "#adapters/settlement/settlement-error.ts";
import { toJson } from "#agent/agent/facts.ts";
import { chainPlace } from "#agent/agent/settlement-layer.ts";
import { chainSessionOf } from "./chain-session-of.ts";
import { configFlag, jsonFlag, loadConfig } from "./config-source.ts";
import { ownKeys } from "./own-keys.ts";

/** `watch`: registers a voucher when somebody closes its channel without it. */
export const watchCommand = Command.make(
  "watch",
  {
    config: configFlag,
    json: jsonFlag,
    voucher: Flag.String("voucher").pipe(
      Flag.withDescription(
        "File that `channel voucher NEIGHBOUR` printed; may be replaced by a newer one",
      ),
    ),
    once: Flag.Boolean("once").pipe(
      Flag.withDescription("Look once instead of until the channel is closed"),
      Flag.withDefault(false),
    ),
  },
  Effect.fn(function* ({ config: path, json, voucher: file, once }) {
    const config = yield* loadConfig(path);
    const keys = yield* ownKeys(config);
    yield* asWords(async () => readVoucherFile(readFileSync(file, "utf8")));
    const session = yield* chainSessionOf(config, keys.signer);
    const place = chainPlace(config);
    const several = quorum(
      config.settlement.endpoints.map((url) => rpcEndpoint(url)),
      place.finality,
    );
    yield* Console.error(`fees are paid by 0x${session.address}`);
    let said = "";
    for (;;) {
      // Read each time: a newer voucher may have taken its place.
      const look = asWords(async () => {
        const tools = await import("#adapters/settlement/chain/chain-tools.ts");
        const voucher = readVoucherFile(readFileSync(file, "utf8"));
        return watchOnce(tools, place, several, session.outbox, voucher);
      });
      const found = once ? yield* look : yield* told(look);
      const text = found === undefined ? said : json ? toJson(found) : lookText(found);
      if (text !== said) yield* Console.log(text);
      said = text;
      if (once || found?.saw === "closed") return;
      yield* Effect.sleep(config.settlement.interval);
    }
  }),
).pipe(
  Command.withDescription("Register a voucher when its channel is closed without it: a watchtower"),
);

/** An outage is told, and waited for. */
const told = <A>(look: Effect.Effect<A, ChainRefused>): Effect.Effect<A | undefined> =>
  look.pipe(Effect.catch(({ words }) => Effect.as(Console.error(words), undefined)));

function asWords<A>(work: () => Promise<A>): Effect.Effect<A, ChainRefused> {
  return Effect.tryPromise({
    try: work,
    catch: (error) =>
      new ChainRefused({
        problem: "watch",
        words: error instanceof Error ? error.message : String(error),
      }),
  });
}

function lookText(look: WatchLook): string {
  switch (look.saw) {
    case "closed":
      return "the channel is closed: nothing to watch any more";
    case "closing":
      return `the channel is being closed without the voucher: ${look.asked}; it must be there by ${look.closeAt} (the chain's seconds)`;
    case "nothing to do":
      return `the channel is ${look.status}: nothing to do`;
  }
}
