import * as Effect from "effect/Effect";
import * as Schedule from "effect/Schedule";
import { koffiNetlink } from "#adapters/netlink/koffi-netlink.ts";
import { type EdgeQueue, edgeQueues } from "#adapters/queueing/edge-queues.ts";

/** How often it is looked whether the queues are still there, in milliseconds. */
const lookInterval = 60_000;

/**
 * Keeps the queues of the LAN and of an exit's clients for as long as the scope lasts. What goes
 * wrong is logged once in a row, and harms no bill.
 */
export const startEdgeQueueKeeper = Effect.fnUntraced(
  function* (edges: readonly EdgeQueue[]) {
    if (edges.length === 0) return;
    const queues = yield* edgeQueues;
    yield* Effect.addFinalizer(() => Effect.ignore(queues.remove(edges)));
    let last = "";
    const look = queues.apply(edges).pipe(
      Effect.catch((error) => Effect.succeed([error.words])),
      Effect.flatMap((found) => {
        const words = found.join("; ");
        const told = words === "" || words === last ? Effect.void : Effect.logInfo(words);
        last = words;
        return told;
      }),
    );
    yield* look;
    yield* Effect.forkScoped(Effect.repeat(look, Schedule.spaced(lookInterval)));
  },
  Effect.catch((error) => Effect.logWarning(`no queues for the LAN: ${error.words}`)),
  Effect.provide(koffiNetlink),
);
