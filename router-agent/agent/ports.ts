import * as Effect from "effect/Effect";
import { Counters } from "#adapters/counters/counters.ts";
import { Journal } from "#adapters/journal/journal.ts";
import { Keys } from "#adapters/keys/keys.ts";
import { Link } from "#adapters/link/link.ts";
import { Queueing } from "#adapters/queueing/queueing.ts";
import { Settlement } from "#adapters/settlement/settlement.ts";
import { Tunnel } from "#adapters/tunnel/tunnel.ts";

/** Every port of the agent, as one value to hand on. */
export const agentPorts = Effect.gen(function* () {
  return {
    journal: yield* Journal,
    keys: yield* Keys,
    link: yield* Link,
    counters: yield* Counters,
    tunnel: yield* Tunnel,
    queueing: yield* Queueing,
    settlement: yield* Settlement,
  };
});

/** The world outside, as the agent knows it. */
export type AgentPorts = Effect.Success<typeof agentPorts>;
