import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type QueueChange, queueDifference } from "#core/queue/queue-difference.ts";
import { classKind, type QueuePart, type QueueTree } from "#core/queue/queue-part.ts";

/** A kernel that refuses what a real one refuses. */
function applied(tree: QueueTree, changes: readonly QueueChange[]): QueueTree {
  let parts = tree;
  for (const change of changes) parts = appliedOne(parts, change);
  return parts;
}

function appliedOne(parts: QueueTree, { type, part }: QueueChange): QueueTree {
  const there = parts.find(({ id }) => id === part.id);
  switch (type) {
    case "add":
      if (there !== undefined) throw new Error(`${part.id} is there already`);
      if (part.parent === undefined ? parts.length > 0 : !has(parts, part.parent)) {
        throw new Error(`${part.id} hangs on nothing`);
      }
      return [...parts, part];
    case "change":
      if (there?.kind !== part.kind || there.parent !== part.parent) {
        throw new Error(`${part.id} cannot become that`);
      }
      return parts.map((one) =>
        one.id === part.id ? { ...part, settings: { ...one.settings, ...part.settings } } : one,
      );
    case "remove": {
      if (there === undefined) throw new Error(`${part.id} is gone already`);
      const below = parts.filter(({ parent }) => parent === part.id);
      if (part.kind === classKind && below.some(({ kind }) => kind === classKind)) {
        throw new Error(`${part.id} has classes below it`);
      }
      return without(parts, part.id);
    }
  }
}

function has(parts: QueueTree, id: string): boolean {
  return parts.some((one) => one.id === id);
}

function without(parts: QueueTree, id: string): QueueTree {
  const below = parts.filter(({ parent }) => parent === id).map((one) => one.id);
  return below.reduce(without, parts).filter((one) => one.id !== id);
}

const rateOf = ({ settings: { rate } }: QueuePart): bigint | undefined => rate;

const sorted = (tree: QueueTree) => [...tree].sort((a, b) => (a.id < b.id ? -1 : 1));

/** Trees over few ids, so that two of them have much in common. */
const tree: fc.Arbitrary<QueueTree> = fc
  .array(
    fc.record({
      id: fc.constantFrom("1:", "1:1", "1:2", "1:10", "1:20", "10:", "20:", "8001:"),
      parent: fc.nat(8),
      kind: fc.constantFrom("htb", "bfifo", "fq_codel"),
      rate: fc.bigInt(1n, 3n),
    }),
    { maxLength: 10 },
  )
  .map((rows) => {
    const parts: QueuePart[] = [];
    for (const { id, parent, kind, rate } of rows) {
      if (has(parts, id)) continue;
      const on = parts.length === 0 ? undefined : parts[parent % parts.length]?.id;
      const isClass = !id.endsWith(":") && parts.length > 0;
      parts.push({ id, parent: on, kind: isClass ? classKind : kind, settings: { rate } });
    }
    return parts;
  });

describe("the smallest change of queues", () => {
  test("leads from any queues to any others, by steps that a kernel takes", () => {
    fc.assert(
      fc.property(tree, tree, (observed, desired) => {
        const reached = applied(observed, queueDifference(observed, desired));
        expect(sorted(reached)).toEqual(sorted(desired));
      }),
      { numRuns: 2000 },
    );
  });

  test("is nothing where nothing differs", () => {
    fc.assert(
      fc.property(tree, (one) => {
        expect(queueDifference(one, one)).toEqual([]);
      }),
    );
  });

  test("touches no part that is right and hangs on what stays", () => {
    fc.assert(
      fc.property(tree, tree, (observed, desired) => {
        const touched = new Set(queueDifference(observed, desired).map(({ part }) => part.id));
        const isRight = (part: QueuePart): boolean => {
          const old = observed.find(({ id }) => id === part.id);
          if (old?.kind !== part.kind || old.parent !== part.parent) return false;
          if (rateOf(old) !== rateOf(part)) return false;
          const parent = desired.find(({ id }) => id === part.parent);
          return parent === undefined || stays(parent);
        };
        const stays = (part: QueuePart): boolean => {
          const old = observed.find(({ id }) => id === part.id);
          if (old?.kind !== part.kind || old.parent !== part.parent) return false;
          const parent = desired.find(({ id }) => id === part.parent);
          return parent === undefined || stays(parent);
        };
        for (const part of desired) if (isRight(part)) expect(touched.has(part.id)).toBe(false);
      }),
    );
  });

  test("what an observer could not read passes as right", () => {
    const part = { id: "1:", parent: undefined, kind: "htb", settings: { rate: 1n } };
    expect(queueDifference([{ ...part, settings: {} }], [part])).toEqual([]);
  });
});
