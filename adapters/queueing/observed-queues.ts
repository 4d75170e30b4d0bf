import * as Result from "effect/Result";
import type { NetlinkSocket } from "#adapters/netlink/netlink.ts";
import type { NetlinkError } from "#adapters/netlink/netlink-error.ts";
import { listLinks } from "#adapters/netlink/route-netlink.ts";
import {
  egressFilters,
  type ListedFilter,
  listFiltersOf,
} from "#adapters/netlink/traffic-filter.ts";
import {
  type ListedQueue,
  listClasses,
  listQdiscs,
  readCakeRate,
  readFifoLimit,
  readFqCodelLimit,
  readHtbClass,
  readHtbDefault,
} from "#adapters/netlink/traffic-netlink.ts";
import { classKind, type QueuePart, type QueueTree } from "#core/queue/queue-part.ts";
import { classifyKind, clsact, clsactId, filterId, redirectKind } from "./free-pool.ts";
import { htbKind } from "./htb.ts";
import { filterPreference, foreignKind } from "./tc-lines.ts";

/** TC_H_ROOT, and from here on places that are no queues for what leaves (TC_H_INGRESS). */
const root = 0xffff_ffff;
const ingress = 0xffff_fff1;

/**
 * The queues of interfaces as the kernel has them, by name; an interface that is not there is left out.
 * What the kernel puts there by itself (handle 0) is nobody's and not told.
 * @param filtered the interfaces of which filters in our place are told as well.
 */
export function observedQueues(
  socket: NetlinkSocket,
  names: readonly string[],
  filtered: readonly string[] = [],
): Result.Result<ReadonlyMap<string, QueueTree>, NetlinkError> {
  return Result.gen(function* () {
    const all = yield* listLinks(socket);
    const links = all.filter(({ name }) => names.includes(name));
    const qdiscs = yield* listQdiscs(socket);
    const nameOf = (index: number) => all.find((one) => one.index === index)?.name ?? "nowhere";
    const found = new Map<string, QueueTree>();
    for (const { name, index } of links) {
      const own = qdiscs.filter(({ interfaceIndex }) => interfaceIndex === index);
      const classes = own.some(({ kind }) => kind === "htb")
        ? yield* listClasses(socket, index)
        : [];
      const queues = yield* treeOf(own, classes);
      if (!filtered.includes(name)) found.set(name, queues);
      else found.set(name, [...queues, ...(yield* filtersOf(socket, index, own, nameOf))]);
    }
    return found;
  });
}

/** Parents before what hangs on them; what hangs on nothing that is known is left out. */
function treeOf(
  qdiscs: readonly ListedQueue[],
  classes: readonly ListedQueue[],
): Result.Result<QueueTree, NetlinkError> {
  return Result.gen(function* () {
    const parts: QueuePart[] = [];
    for (const one of qdiscs) {
      if (one.handle !== 0 && one.parent !== ingress) parts.push(yield* disciplineOf(one));
    }
    for (const one of classes) if (one.kind === "htb") parts.push(yield* classOf(one));
    return below(parts, undefined);
  });
}

/** Each part once, so that a list that makes no sense comes to an end as well. */
function below(parts: QueueTree, parent: string | undefined, above: QueueTree = []): QueueTree {
  return parts
    .filter((part) => part.parent === parent && above.every(({ id }) => id !== part.id))
    .flatMap((part) => [part, ...below(parts, part.id, [...above, part])]);
}

function disciplineOf(one: ListedQueue): Result.Result<QueuePart, NetlinkError> {
  const { kind, handle, options } = one;
  const part = { id: numberText(handle), parent: parentOf(one) };
  const none = Result.succeed({ ...part, kind, settings: {} });
  switch (kind) {
    case "htb":
      return Result.map(readHtbDefault(options), (minor) => ({
        ...part,
        kind: htbKind(minor),
        settings: {},
      }));
    case "bfifo":
    case "sfq":
      return Result.map(readFifoLimit(kind, options), (limit) => ({
        ...part,
        kind,
        settings: { limit },
      }));
    case "fq_codel":
      return Result.map(readFqCodelLimit(options), (limit) => ({
        ...part,
        kind,
        settings: limit === undefined ? {} : { memory_limit: limit },
      }));
    case "cake":
      return Result.map(readCakeRate(options), (rate) => ({
        ...part,
        kind,
        settings: rate === undefined ? {} : { bandwidth: rate },
      }));
    default:
      return none;
  }
}

function classOf(one: ListedQueue): Result.Result<QueuePart, NetlinkError> {
  return Result.map(readHtbClass(one.options), (settings) => ({
    id: numberText(one.handle),
    // A class of the first level hangs on its discipline, which the kernel calls the root.
    parent: one.parent === root ? numberText(one.handle & 0xffff_0000) : numberText(one.parent),
    kind: classKind,
    settings,
  }));
}

function parentOf({ parent }: ListedQueue): string | undefined {
  return parent === root ? undefined : numberText(parent);
}

/** As tc writes it: "1:" for a discipline, "1:2a" for a class. */
function numberText(handle: number): string {
  const minor = handle & 0xffff;
  return `${(handle >>> 16).toString(16)}:${minor === 0 ? "" : minor.toString(16)}`;
}

/** TC_H_ROOT's first discipline of ours, whose filters put packets into classes. */
const ownRoot = 0x1_0000;

/** What of an interface's filters is in our place, and the discipline that holds those at its end. */
function filtersOf(
  socket: NetlinkSocket,
  index: number,
  qdiscs: readonly ListedQueue[],
  nameOf: (index: number) => string,
): Result.Result<QueueTree, NetlinkError> {
  return Result.gen(function* () {
    const parts: QueuePart[] = [];
    const has = (test: (one: ListedQueue) => boolean) => qdiscs.some(test);
    if (has(({ kind, handle }) => kind === "htb" && handle === ownRoot)) {
      parts.push(...filterPart("1:", yield* listFiltersOf(socket, index, ownRoot), nameOf));
    }
    if (has(({ kind }) => kind === clsact)) {
      parts.push({ id: clsactId, parent: undefined, kind: clsact, settings: {} });
      const listed = yield* listFiltersOf(socket, index, egressFilters);
      parts.push(...filterPart(clsactId, listed, nameOf));
    }
    return parts;
  });
}

/** The one filter that is in our place; where there are several, that is none of ours. */
function filterPart(
  parent: string,
  listed: readonly ListedFilter[],
  nameOf: (index: number) => string,
): readonly QueuePart[] {
  const [first, ...more] = listed.filter(({ preference }) => preference === filterPreference);
  if (first === undefined) return [];
  const kind = more.length > 0 ? foreignKind : kindOf(first, nameOf);
  return [{ id: filterId(parent), parent, kind, settings: {} }];
}

function kindOf(
  { classifier, mark, outcome }: ListedFilter,
  nameOf: (index: number) => string,
): string {
  if (classifier === undefined || mark === undefined) return foreignKind;
  switch (outcome.does) {
    case "redirect":
      return redirectKind(classifier, mark, nameOf(outcome.interfaceIndex));
    case "classify":
      return classifyKind(classifier, mark, numberText(outcome.classId));
    case "something else":
      return foreignKind;
  }
}
