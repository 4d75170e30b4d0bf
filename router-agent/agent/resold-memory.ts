import { join } from "node:path";
import * as Effect from "effect/Effect";
import * as z from "zod/mini";
import type { ResoldClass } from "#core/node/input.ts";
import type { Node } from "#core/node/node.ts";
import { resoldNow } from "#core/node/resale.ts";
import { nodeId } from "#core/units/node-id.ts";
import { priceClass, priceClassLimit } from "#core/units/price-class.ts";
import type { Blueprint } from "./blueprint.ts";
import { loadChecked, saveChecked, sealed, unsealed } from "./checked-file.ts";

/** Where it lies what is resold, over which neighbour. No bill hangs on it: it says what is sold to others. */
export interface ResoldStore {
  /** What was kept; nothing where nothing is there, or what is there cannot be believed. */
  readonly load: Effect.Effect<readonly ResoldClass[]>;
  readonly save: (all: readonly ResoldClass[]) => Effect.Effect<void>;
}

/** Remembers it until the process ends: for tests and runs without a disk. */
export function memoryResold(): ResoldStore {
  let kept: readonly ResoldClass[] = [];
  return {
    load: Effect.sync(() => kept),
    save: (all) =>
      Effect.sync(() => {
        kept = all;
      }),
  };
}

/** The most classes of neighbours that are kept: more than there can be. */
export const resoldLimit = 2048;

/** The longest file, in bytes: a line is 165 at most. */
export const resoldFileLimit = 384 * 1024;

const title = "meshtoll resold 1";

const id = z.pipe(
  z.string().check(z.regex(/^0[23][0-9a-f]{64}$/)),
  z.transform((text) => nodeId(text)),
);
const form = z.strictObject({
  id,
  class: z.pipe(
    z.int().check(z.minimum(1), z.maximum(priceClassLimit)),
    z.transform((number) => priceClass(number)),
  ),
  via: id,
});

/** A title, a line of JSON for each class of a neighbour, and a checksum over all before it. */
export function writeResold(all: readonly ResoldClass[]): string {
  const lines = all.slice(0, resoldLimit).map((one) => JSON.stringify(one));
  return sealed([title, ...lines]);
}

/** What {@link writeResold} wrote; nothing for any other text. */
export function readResold(text: string): readonly ResoldClass[] | undefined {
  const [first, ...lines] = unsealed(text) ?? [];
  if (first !== title || lines.length > resoldLimit) return undefined;
  const all = lines.map(readLine).filter((one) => one !== undefined);
  return all.length === lines.length ? all : undefined;
}

function readLine(line: string): ResoldClass | undefined {
  try {
    const read = z.safeParse(form, JSON.parse(line));
    return read.success ? read.data : undefined;
  } catch {
    return undefined; // no JSON
  }
}

/** A file beside the journal, replaced whole; one that cannot be believed is told of and put aside. */
export function resoldFile(directory: string): ResoldStore {
  const lost = "leases that were resold may be sold to others where a restart changes their price";
  const file = {
    path: join(directory, "resold"),
    limit: resoldFileLimit,
    whenDamaged: lost,
    whenUnwritten: lost,
  };
  return {
    load: loadChecked(file, [], readResold),
    save: (all) => saveChecked(file, writeResold(all)),
  };
}

/** What is resold, over restarts. */
export interface ResoldMemory {
  /** What the run before resold, for the first input of this one. */
  readonly before: readonly ResoldClass[];
  /** Keeps what is resold now and what will be by another plan: before that plan holds. */
  readonly keep: (node: Node, plan: Blueprint) => Effect.Effect<void>;
}

/** Reads what the run before left. */
export const openResold = Effect.fnUntraced(function* (store: ResoldStore) {
  const before = yield* store.load;
  let known: readonly ResoldClass[] = before;
  let isFirst = true;
  const memory: ResoldMemory = {
    before,
    keep: (node, plan) =>
      Effect.suspend(() => {
        const all = union([...(isFirst ? before : []), ...resoldNow(node), ...resoldBy(plan)]);
        isFirst = false;
        if (sameClasses(all, known)) return Effect.void;
        known = all;
        return store.save(all);
      }),
  };
  return memory;
});

function resoldBy({ neighbours }: Blueprint): readonly ResoldClass[] {
  return neighbours.flatMap(({ policy: { id: neighbour, prices } }) =>
    prices.flatMap((pricing, i) =>
      pricing.kind === "resale"
        ? [{ id: neighbour, class: priceClass(i + 1), via: pricing.via }]
        : [],
    ),
  );
}

/** Each once, in an order of their own: what is the same is written the same. */
function union(all: readonly ResoldClass[]): readonly ResoldClass[] {
  const found = new Map(all.map((one) => [keyOf(one), one]));
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

function sameClasses(a: readonly ResoldClass[], b: readonly ResoldClass[]): boolean {
  return a.map(keyOf).join() === b.map(keyOf).join();
}

function keyOf({ id: neighbour, class: paidClass, via }: ResoldClass): string {
  return `${neighbour} ${paidClass} ${via}`;
}
