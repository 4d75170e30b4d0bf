import { tallyNames } from "./nft-judge.ts";
import type { NeighbourTally, QuotaUsage } from "./queueing.ts";

/**
 * What `nft -j list quotas` printed. Throws TypeError or SyntaxError for any other form; numbers
 * that JSON has rounded are such.
 */
export function parseUsage(text: string): QuotaUsage {
  const usage = new Map<string, { readonly used: bigint; readonly limit: bigint }>();
  for (const item of nftObjects(text)) {
    const { quota } = item;
    if (!isRecord(quota)) continue;
    const { name, bytes, used } = quota;
    if (typeof name !== "string" || !isCount(bytes) || !isCount(used)) throw new TypeError("form");
    usage.set(name, { used: BigInt(used), limit: BigInt(bytes) });
  }
  return usage;
}

/** What `nft -j list counters` printed, for these neighbours. Throws as {@link parseUsage}. */
export function parseTally(
  text: string,
  neighbours: readonly string[],
): ReadonlyMap<string, NeighbourTally> {
  const bytes = new Map<string, bigint>();
  for (const { counter } of nftObjects(text)) {
    if (!isRecord(counter)) continue;
    const { name, bytes: count } = counter;
    if (typeof name !== "string" || !isCount(count)) throw new TypeError("form");
    bytes.set(name, BigInt(count));
  }
  return new Map(
    neighbours.map((neighbour): readonly [string, NeighbourTally] => {
      // One that is missing is no zero: what was counted before would be counted once more.
      const of = (nameOf: (one: string) => string) => {
        const found = bytes.get(nameOf(neighbour));
        if (found === undefined) throw new TypeError(`no counter ${nameOf(neighbour)}`);
        return found;
      };
      const { came, junk, undue, freeIn, freeOut, leaked } = tallyNames;
      const carried = { freeIn: of(freeIn), freeOut: of(freeOut), leaked: of(leaked) };
      return [neighbour, { received: of(came), junk: of(junk), undue: of(undue), ...carried }];
    }),
  );
}

/** The elements of a set of names, as `nft -j list set` printed it. Throws as {@link parseUsage}. */
export function parseNames(text: string): readonly string[] {
  return nftObjects(text).flatMap((item) => {
    const { set } = item;
    if (!isRecord(set)) return [];
    const { elem } = set;
    if (elem === undefined) return [];
    if (!Array.isArray(elem)) throw new TypeError("form");
    return elem.map(nameOf);
  });
}

/** An element is its value, or an object with what else it has. */
function nameOf(element: unknown): string {
  const { elem } = isRecord(element) ? element : {};
  const { val: name = element } = isRecord(elem) ? elem : {};
  if (typeof name !== "string") throw new TypeError("form");
  return name;
}

function nftObjects(text: string): readonly Readonly<Record<string, unknown>>[] {
  const parsed: unknown = JSON.parse(text);
  if (!isRecord(parsed)) throw new TypeError("no object");
  const { nftables: list } = parsed;
  if (!Array.isArray(list)) throw new TypeError("no list");
  return list.filter(isRecord);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
