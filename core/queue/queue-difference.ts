import { classKind, type QueuePart, type QueueTree } from "./queue-part.ts";

/**
 * One step from the queues that are there to those that should be. Removing a discipline takes
 * everything below it; removing a class takes its discipline, but it must have no classes below.
 */
export type QueueChange =
  | { readonly type: "remove"; readonly part: QueuePart }
  | { readonly type: "add"; readonly part: QueuePart }
  | { readonly type: "change"; readonly part: QueuePart };

/**
 * The smallest change from one interface's queues to others, in the order in which it can be made.
 * What is right already is not touched, and keeps its packets; where nothing differs it is empty.
 */
export function queueDifference(observed: QueueTree, desired: QueueTree): readonly QueueChange[] {
  const kept = keptParts(observed, desired);
  const doomed = observed.filter(({ id }) => !kept.has(id));
  const removals = [...doomed]
    .reverse()
    .filter((part) => !goesWithAnother(part, doomed))
    .map((part) => ({ type: "remove", part }) as const);
  const rest = desired.flatMap((part): readonly QueueChange[] => {
    const old = kept.get(part.id);
    if (old === undefined) return [{ type: "add", part }];
    return differs(old, part) ? [{ type: "change", part }] : [];
  });
  return [...removals, ...rest];
}

/** What stays where it is: the same part, on a parent that stays. Settings may differ. */
function keptParts(observed: QueueTree, desired: QueueTree): ReadonlyMap<string, QueuePart> {
  const there = new Map(observed.map((part) => [part.id, part]));
  const kept = new Map<string, QueuePart>();
  for (const { id, parent, kind } of desired) {
    const old = there.get(id);
    if (old === undefined || old.parent !== parent || old.kind !== kind) continue;
    if (parent === undefined || kept.has(parent)) kept.set(id, old);
  }
  return kept;
}

/** Whether the removal of another part removes this one too. */
function goesWithAnother(part: QueuePart, doomed: readonly QueuePart[]): boolean {
  const parent = doomed.find(({ id }) => id === part.parent);
  if (parent === undefined) return false;
  const takesIt = parent.kind !== classKind || part.kind !== classKind;
  return takesIt || goesWithAnother(parent, doomed);
}

function differs(old: QueuePart, wanted: QueuePart): boolean {
  return Object.entries(wanted.settings).some(([name, value]) => {
    const found = old.settings[name];
    return found !== undefined && found !== value;
  });
}
