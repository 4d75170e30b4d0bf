import { join } from "node:path";
import type * as Effect from "effect/Effect";
import * as z from "zod/mini";
import { linkLocal } from "#adapters/link/link-local.ts";
import { publicKey } from "#agent/config/network-forms.ts";
import { nodeId } from "#core/units/node-id.ts";
import { priceClassLimit } from "#core/units/price-class.ts";
import { loadChecked, saveChecked, sealed, unsealed } from "./checked-file.ts";
import type { RememberedNeighbour } from "./remembered-neighbour.ts";

/** Where found neighbours are remembered between runs. To lose it means to find them again. */
export interface RememberedStore {
  /** All of them; none where nothing is there, or what is there cannot be believed. */
  readonly load: Effect.Effect<readonly RememberedNeighbour[]>;
  /** At most {@link rememberedLimit}. Where it cannot be written a warning is all that comes of it. */
  readonly save: (all: readonly RememberedNeighbour[]) => Effect.Effect<void>;
}

/** How many routers are remembered: neighbours, and those that an operator forgot. */
export const rememberedLimit = 512;

/** The longest file, in bytes: each router takes about 350. */
export const rememberedSizeLimit = 256 * 1024;

const title = "meshtoll discovered 1";
const key = z.string().check(z.refine((text) => publicKey.read(text, noToken).ok));
const noToken = { symbol: "", decimals: 0, grainsPerUnit: 1n };
const portNumber = z.int().check(z.minimum(0), z.maximum(65_535));

const form = z.strictObject({
  id: z.pipe(
    z.string().check(z.regex(/^0[23][0-9a-f]{64}$/)),
    z.transform((text) => nodeId(text)),
  ),
  name: z.string().check(z.regex(/^[a-z0-9]{1,8}$/)),
  standing: z.enum(["accepted", "refused"]),
  tunnelKey: key,
  replaces: z.optional(key),
  classes: z.int().check(z.minimum(1), z.maximum(priceClassLimit)),
  listenPort: z.int().check(z.minimum(1), z.maximum(65_535 - priceClassLimit)),
  interfaceName: z.string().check(z.regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/)),
  address: z.string().check(z.refine((text) => linkLocal(text) === text)),
  port: portNumber,
  exit: z.optional(z.literal(true)),
});

/** A title, a line of JSON for each, and a checksum over all before it. */
export function writeRemembered(all: readonly RememberedNeighbour[]): string {
  const lines = all.slice(0, rememberedLimit).map((one) => JSON.stringify(one));
  return sealed([title, ...lines]);
}

/** What {@link writeRemembered} wrote; nothing for any other text. */
export function readRemembered(text: string): readonly RememberedNeighbour[] | undefined {
  const [first, ...lines] = unsealed(text) ?? [];
  if (first !== title || lines.length > rememberedLimit) return undefined;
  const all: RememberedNeighbour[] = [];
  for (const line of lines) {
    const one = readLine(line);
    if (one === undefined || all.some(({ id, name }) => id === one.id || name === one.name)) {
      return undefined;
    }
    all.push(one);
  }
  return all;
}

function readLine(line: string): RememberedNeighbour | undefined {
  try {
    const read = z.safeParse(form, JSON.parse(line));
    return read.success ? { ...read.data, replaces: read.data.replaces } : undefined;
  } catch {
    return undefined; // no JSON
  }
}

/** A file beside the journal, replaced whole; one that cannot be believed is put aside. */
export function rememberedFile(directory: string): RememberedStore {
  const file = {
    path: join(directory, "discovered"),
    limit: rememberedSizeLimit,
    whenDamaged: "neighbours are looked for anew",
    whenUnwritten: "found neighbours are lost at the end",
  };
  return {
    load: loadChecked(file, [], readRemembered),
    save: (all) => saveChecked(file, writeRemembered(all)),
  };
}
