import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { machineClock } from "#adapters/clock/monotonic-clock.ts";
import { keysFromSeed } from "#adapters/keys/seeded-keys.ts";
import type { Ether } from "#adapters/link/ether.ts";
import { Link } from "#adapters/link/link.ts";
import { blueprint } from "#agent/agent/blueprint.ts";
import type { Config } from "#agent/config/config.ts";
import type { Input } from "#core/node/input.ts";
import { journalId } from "#core/units/journal-id.ts";
import { agentVersions } from "../simulator/network/agent-version.ts";

/**
 * A neighbour that nobody has updated: the core of the first release in the smallest shell there is.
 * It hears, answers and pokes until its scope ends; no kernel, no journal.
 */
export const olderNeighbour = (network: Ether, seed: string, config: Config) =>
  Effect.gen(function* () {
    const { step, wake, emptyLedger } = agentVersions.old;
    const { signer, tunnelPublicKey } = keysFromSeed(seed);
    const ids = config.neighbours.map(({ id }) => id);
    const link = yield* Link;
    let node = wake(signer, emptyLedger);
    const take = Effect.fnUntraced(function* (input: Input) {
      const { node: next, outputs } = step(node, input);
      node = next;
      for (const one of outputs) {
        const to = ids[0];
        if (one.type === "Send" && to !== undefined) {
          yield* Effect.ignore(link.send(to, one.bytes));
        }
      }
    });
    yield* take({
      type: "Configured",
      neighbours: blueprint(signer.id, config).neighbours.map(({ policy }) => policy),
      tunnelKey: new Uint8Array(Buffer.from(tunnelPublicKey, "base64")),
      journal: journalId(7),
      starting: true,
    });
    const hear = Effect.flatMap(link.receive, ({ bytes }) =>
      take({ type: "Datagram", neighbour: 0, bytes }),
    );
    const poke = Effect.andThen(take({ type: "Poke" }), Effect.sleep(20));
    yield* Effect.forkScoped(Effect.forever(hear));
    return yield* Effect.forever(poke);
  }).pipe(
    Effect.provide(
      network
        .link(
          keysFromSeed(seed).signer.id,
          config.neighbours.map(({ id }) => id),
        )
        .pipe(Layer.provide(machineClock)),
    ),
    Effect.scoped,
  );
