import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import { type CommandError, run } from "#adapters/command/command.ts";
import type { NetlinkSocket } from "#adapters/netlink/netlink.ts";
import { listLinks } from "#adapters/netlink/route-netlink.ts";
import { queueDifference } from "#core/queue/queue-difference.ts";
import type { QueueTree } from "#core/queue/queue-part.ts";
import type { FreePool } from "./free-pool.ts";
import { type LeafKind, type Standing, transmitQueue } from "./htb.ts";
import { observedQueues } from "./observed-queues.ts";
import { QueueingError, type QueuePlan } from "./queueing.ts";
import type { RouteTablesError } from "./route-tables.ts";
import { tcLines } from "./tc-lines.ts";
import { tunnelQueues } from "./tunnel-queues.ts";

/** The queues of interfaces as they should be, by name. */
export type WantedQueues = ReadonlyMap<string, QueueTree>;

/** The queues of all tunnels of some neighbours. */
export function wantedQueues(
  plans: readonly QueuePlan[],
  standingOf: (plan: QueuePlan) => Standing,
  leaf: LeafKind,
  pool?: FreePool,
): WantedQueues {
  return new Map(
    plans.flatMap((plan) =>
      plan.interfaces.map(
        (name, i) => [name, tunnelQueues(i === 0, plan, standingOf(plan), leaf, pool)] as const,
      ),
    ),
  );
}

/** How many lines were needed, by interface: only of those that differed. */
export type QueueChanges = ReadonlyMap<string, number>;

/**
 * Brings queues to what they should be by the smallest change; an interface that is not there is
 * passed over. Without netlink nobody can see what is there: then all are made anew, and what waits
 * in them is lost.
 */
export const applyQueues = Effect.fnUntraced(function* (
  wanted: WantedQueues,
  socket: NetlinkSocket | undefined,
  pool?: FreePool,
): Effect.fn.Return<QueueChanges, QueueingError> {
  if (wanted.size === 0) return new Map();
  if (socket === undefined) return yield* renewQueues(wanted);
  if (pool !== undefined && wanted.has(pool.device)) yield* raisePoolDevice(socket, pool.device);
  const names = [...wanted.keys()];
  const observed = observedQueues(
    socket,
    names,
    names.filter((name) => name !== pool?.device),
  );
  if (Result.isFailure(observed)) {
    return yield* new QueueingError({ words: observed.failure.words });
  }
  const changes = [...wanted].flatMap(([name, tree]) => {
    const there = observed.success.get(name);
    if (there === undefined) return [];
    const lines = tcLines(name, queueDifference(there, tree));
    return lines.length === 0 ? [] : [{ name, lines, fresh: there.length === 0 }];
  });
  yield* shortenDevices(changes.filter(({ fresh }) => fresh).map(({ name }) => name));
  yield* tc(changes.flatMap(({ lines }) => lines));
  return new Map(changes.map(({ name, lines }) => [name, lines.length]));
});

/** The interface that what is free goes through: there, and switched on. */
const raisePoolDevice = Effect.fnUntraced(function* (socket: NetlinkSocket, name: string) {
  const there = yield* linkCalled(socket, name);
  if (there !== undefined && there.kind !== "ifb") {
    const words = `${name} is there, and is no ifb: what is free has nowhere to go`;
    return yield* new QueueingError({ words });
  }
  if (there === undefined) {
    yield* asQueueing(run("ip", ["link", "add", "name", name, "up", "type", "ifb"]));
  } else if (!there.up) yield* asQueueing(run("ip", ["link", "set", "dev", name, "up"]));
});

/**
 * Takes the interface away that what is free went through; absent is fine. One of that name and of another
 * kind is somebody else's: the kernel does not look at the kind that `ip link delete` names.
 */
export const removePoolDevice = (
  socket: NetlinkSocket | undefined,
  name: string,
): Effect.Effect<void> =>
  socket === undefined
    ? Effect.void // without netlink there never was one
    : Effect.ignore(
        Effect.flatMap(linkCalled(socket, name), (there) =>
          there?.kind === "ifb" ? run("ip", ["link", "delete", "dev", name]) : Effect.void,
        ),
      );

const linkCalled = (socket: NetlinkSocket, name: string) =>
  Effect.fromResult(listLinks(socket)).pipe(
    Effect.mapError(({ words }) => new QueueingError({ words })),
    Effect.map((links) => links.find((one) => one.name === name)),
  );

/** From one set of queues to another, where both are known: nothing is looked at. */
export function changeLines(before: WantedQueues, after: WantedQueues): readonly string[] {
  return [...after].flatMap(([name, tree]) =>
    tcLines(name, queueDifference(before.get(name) ?? [], tree)),
  );
}

const renewQueues = Effect.fnUntraced(function* (wanted: WantedQueues) {
  const names = [...wanted.keys()];
  yield* shortenDevices(names);
  // HTB cannot be replaced by HTB: what an earlier run attached goes first.
  yield* removeQueues(names);
  yield* tc(changeLines(new Map(), wanted));
  return new Map([...wanted].map(([name, tree]) => [name, tree.length]));
});

/** What waits in a device beyond our queues has no order: little of it. */
const shortenDevices = (names: readonly string[]) =>
  names.length === 0
    ? Effect.void
    : asQueueing(
        run(
          "ip",
          ["-force", "-batch", "-"],
          names.map((name) => `link set dev ${name} txqueuelen ${transmitQueue}\n`).join(""),
        ),
      );

/** Gives interfaces back to the kernel's own queue; those that have none of ours are fine. */
export const removeQueues = (names: readonly string[]): Effect.Effect<void> =>
  Effect.ignore(
    tc(
      names.flatMap((name) => [`qdisc delete dev ${name} root`, `qdisc delete dev ${name} clsact`]),
      ["-force"],
    ),
  );

/** Runs lines of tc; none is fine. */
export const tc = (
  lines: readonly string[],
  flags: readonly string[] = [],
): Effect.Effect<void, QueueingError> =>
  lines.length === 0
    ? Effect.void
    : asQueueing(Effect.asVoid(run("tc", [...flags, "-batch", "-"], `${lines.join("\n")}\n`)));

/** A tool's failure as that of the port. */
export const asQueueing = <A, R>(
  effect: Effect.Effect<A, CommandError | RouteTablesError, R>,
): Effect.Effect<A, QueueingError, R> =>
  Effect.mapError(effect, ({ words }) => new QueueingError({ words }));
