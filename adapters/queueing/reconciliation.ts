import * as Effect from "effect/Effect";
import { run } from "#adapters/command/command.ts";
import type { NetlinkSocket } from "#adapters/netlink/netlink.ts";
import { type Attached, queuesOf, standingOf } from "./attached.ts";
import { ownLines } from "./nft-giving.ts";
import { standingLines, type TableOptions, tableLines } from "./nft-table.ts";
import type { PolicyRoutes } from "./policy-routes.ts";
import { applyQueues, asQueueing } from "./queue-keeper.ts";
import type { QueueingError, Restoration } from "./queueing.ts";

/** By what one agent reaches the kernel. */
export interface Means {
  readonly options: TableOptions & { readonly base: number };
  readonly routing: PolicyRoutes;
  /** Without netlink queues cannot be seen. */
  readonly socket: NetlinkSocket | undefined;
}

/** Nothing was missing. */
export const nothingRestored: Restoration = { differences: [], closed: false };

/**
 * Compares what is there with what should be, and restores what differs: the table, the rules with
 * their routes, the queues. Without netlink queues cannot be seen, and are left alone.
 */
export const reconcile = Effect.fnUntraced(function* (
  { options, routing, socket }: Means,
  attached: Attached,
): Effect.fn.Return<Restoration, QueueingError> {
  const differences: string[] = [];
  const remade = !(yield* hasTable(options));
  if (remade) {
    yield* remakeTable(options, attached);
    differences.push(tableWords(options));
  }
  // A route by a tunnel that cannot be had now holds up nothing else.
  const words = yield* Effect.catch(Effect.map(routing.check, routeWords), (error) =>
    Effect.succeed(error.words),
  );
  if (words !== undefined) differences.push(words);
  const changes =
    socket === undefined
      ? new Map<string, number>()
      : yield* applyQueues(queuesOf(attached), socket, attached.pool);
  for (const [name, count] of changes) {
    differences.push(`${count} parts of the queues of ${name} were missing or others`);
  }
  return { differences, closed: remade };
});

function routeWords(count: number): string | undefined {
  return count === 0 ? undefined : `${count} of our rules and routes were gone or others`;
}

/** Says that our table was gone. */
export function tableWords({ table }: TableOptions): string {
  return `the nft table ${table} was gone; it is there again, closed`;
}

/** The whole table, closed, with everybody's standing. */
export const remakeTable = (options: TableOptions, attached: Attached) => {
  const throttled = attached.plans.filter((plan) => standingOf(attached, plan) === "throttled");
  return nft([
    ...tableLines(options, attached.plans, attached.pool),
    ...throttled.flatMap((plan) => standingLines(options, plan, "throttled")),
    ...(attached.own === undefined ? [] : ownLines(options.table, options.freeMark, attached.own)),
  ]);
};

/** One transaction: all of it or nothing. */
export const nft = (lines: readonly string[]): Effect.Effect<void, QueueingError> =>
  lines.length === 0
    ? Effect.void
    : asQueueing(Effect.asVoid(run("nft", ["-f", "-"], `${lines.join("\n")}\n`)));

/** Whether our table is there. */
export const hasTable = (options: TableOptions): Effect.Effect<boolean, QueueingError> =>
  Effect.map(asQueueing(run("nft", ["list", "tables"])), (text) =>
    text.split("\n").includes(`table inet ${options.table}`),
  );
