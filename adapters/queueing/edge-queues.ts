import * as Effect from "effect/Effect";
import { Netlink, netlinkProtocols } from "#adapters/netlink/netlink.ts";
import { queueDifference } from "#core/queue/queue-difference.ts";
import type { QueueTree } from "#core/queue/queue-part.ts";
import { type EdgeKind, probeEdge } from "./kernel-support.ts";
import { observedQueues } from "./observed-queues.ts";
import { tc } from "./queue-keeper.ts";
import { QueueingError } from "./queueing.ts";
import { tcLines } from "./tc-lines.ts";

/** An interface behind which flows are visible: the LAN, or an exit's clients after decryption. */
export interface EdgeQueue {
  readonly interfaceName: string;
  /** What leaves by it at most, in bits a second. */
  readonly rate: bigint;
}

/** Queues that take turns between flows, where flows can be told apart. */
export interface EdgeQueues {
  /**
   * Brings every interface to its queue by the smallest change; tells what it did, or why it could
   * not, in words. Whoever has put a queue there himself keeps it.
   */
  readonly apply: (edges: readonly EdgeQueue[]) => Effect.Effect<readonly string[], QueueingError>;
  /** Takes our queues away again, and nobody else's. */
  readonly remove: (edges: readonly EdgeQueue[]) => Effect.Effect<void, QueueingError>;
}

/** The number by which a queue says that it is ours. */
const ownHandle = "5a0c:";

/**
 * cake where the kernel has it, else fq_codel, else sfq: those have no rate of their own, and work
 * where the interface itself is what is slow. Needs netlink, because without it nobody could tell
 * whose queue is there.
 */
export const edgeQueues = Effect.gen(function* () {
  const netlink = yield* Netlink;
  const socket = yield* netlink.open(netlinkProtocols.route, 0);
  const kind = yield* Effect.cached(probeEdge);
  const look = (edges: readonly EdgeQueue[]) =>
    Effect.fromResult(
      observedQueues(
        socket,
        edges.map(({ interfaceName }) => interfaceName),
      ),
    ).pipe(Effect.mapError(({ words }) => new QueueingError({ words })));
  const service: EdgeQueues = {
    apply: Effect.fnUntraced(function* (edges) {
      const found = yield* look(edges);
      const best = yield* kind;
      if (best === undefined) return ["this kernel has neither cake nor fq_codel nor sfq"];
      const steps = edges.map((edge) => stepOf(edge, found.get(edge.interfaceName), best));
      yield* tc(steps.flatMap(({ lines }) => lines));
      return steps.flatMap(({ words }) => (words === undefined ? [] : [words]));
    }),
    remove: Effect.fnUntraced(function* (edges) {
      const found = yield* look(edges);
      const ours = [...found].filter(([, tree]) => tree[0]?.id === ownHandle);
      yield* tc(
        ours.map(([name]) => `qdisc delete dev ${name} root`),
        ["-force"],
      );
    }),
  };
  return service;
});

/** What an edge needs, and what is to be said about it. */
function stepOf(
  { interfaceName, rate }: EdgeQueue,
  there: QueueTree | undefined,
  kind: EdgeKind,
): { readonly lines: readonly string[]; readonly words: string | undefined } {
  if (there === undefined) return { lines: [], words: `${interfaceName} is not there` };
  const [root] = there;
  if (root !== undefined && root.id !== ownHandle) {
    const words = `${interfaceName} has a queue of somebody else (${root.kind} ${root.id}): it stays`;
    return { lines: [], words };
  }
  const settings = kind === "cake" ? { bandwidth: rate / 8n } : {};
  const wanted = [{ id: ownHandle, parent: undefined, kind, settings }];
  const lines = tcLines(interfaceName, queueDifference(there, wanted));
  const words = lines.length === 0 ? undefined : `${interfaceName} has ${kind}`;
  return { lines, words };
}
