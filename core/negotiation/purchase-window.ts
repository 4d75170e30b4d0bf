import { moneyLimit } from "#core/units/money.ts";
import { positionLimit } from "#core/units/position.ts";
import { priceLimit } from "#core/units/price.ts";

/** Bytes that were bought of an upstream neighbour, by position. */
export interface Purchase {
  readonly bytes: bigint;
  /** What they cost together: F(to) - F(from). */
  readonly grains: bigint;
  /** The dearest price among them, grains a byte. */
  readonly dearest: bigint;
}

/**
 * What was bought upstream for the last so many bytes. Bytes, not minutes and not a number of
 * purchases: a quiet night ages nothing, and many small purchases push no large one out (T10). What is
 * told of it is never less than what was really paid for those bytes.
 */
export interface PurchaseWindow {
  /** N: so many bytes back. */
  readonly limit: bigint;
  /** Oldest first; neighbouring ones of one price melt together. */
  readonly segments: readonly Purchase[];
}

/** How many segments a window remembers: more price changes than that melt, dearer than they were. */
export const purchaseLimit = 64;

/** Profits and shares are whole numbers of this many parts. */
export const millionth = 1_000_000n;

/** Why a purchase or a window is none. */
export type PurchaseFault =
  | "window out of range"
  | "purchase of no bytes"
  | "purchase beyond the numeric limits"
  | "purchase dearer than its dearest price";

/** A window in which nothing was bought. @throws RangeError for a limit that is none. */
export function emptyWindow(limit: bigint): PurchaseWindow {
  if (limit < 1n || limit > positionLimit) throw new RangeError("window out of range");
  return { limit, segments: [] };
}

/** Why a purchase cannot be counted; nothing where it can. */
export function purchaseFault({ bytes, grains, dearest }: Purchase): PurchaseFault | undefined {
  if (bytes < 1n) return "purchase of no bytes";
  const isPossible =
    bytes <= positionLimit && grains >= 0n && grains <= moneyLimit && dearest <= priceLimit;
  if (!isPossible) return "purchase beyond the numeric limits";
  return grains > bytes * dearest ? "purchase dearer than its dearest price" : undefined;
}

/**
 * The window after one more purchase: what is more than N bytes back is forgotten.
 * @throws RangeError where {@link purchaseFault} finds a reason.
 */
export function withPurchase(window: PurchaseWindow, purchase: Purchase): PurchaseWindow {
  const fault = purchaseFault(purchase);
  if (fault !== undefined) throw new RangeError(fault);
  return {
    ...window,
    segments: coalesced(lastBytes([...window.segments, purchase], window.limit)),
  };
}

/** The same purchases in a window of another size; what a smaller one has forgotten stays forgotten. */
export function resized(window: PurchaseWindow, limit: bigint): PurchaseWindow {
  return { ...emptyWindow(limit), segments: lastBytes(window.segments, limit) };
}

/** What the last N bytes cost: bytes and grains, of which the grains are never too few. */
export function spent({ segments }: PurchaseWindow): Omit<Purchase, "dearest"> {
  return segments.reduce(
    (all, { bytes, grains }) => ({ bytes: all.bytes + bytes, grains: all.grains + grains }),
    { bytes: 0n, grains: 0n },
  );
}

/**
 * The weighted average of the prices of what was bought, with a profit on top: rounded once, and upwards.
 * Nothing where nothing was bought. In grains a byte.
 * @param profit in parts per million of what was paid.
 */
export function averageWith(
  { bytes, grains }: Omit<Purchase, "dearest">,
  profit: bigint,
): bigint | undefined {
  if (bytes === 0n) return undefined;
  const parts = bytes * millionth;
  return (grains * (millionth + profit) + parts - 1n) / parts;
}

/** The newest purchases, as far as they are within so many bytes. */
function lastBytes(segments: readonly Purchase[], limit: bigint): readonly Purchase[] {
  const kept: Purchase[] = [];
  let room = limit;
  for (const segment of [...segments].reverse()) {
    if (room === 0n) break;
    const part = newestOf(segment, room);
    kept.push(part);
    room -= part.bytes;
  }
  return kept.reverse();
}

/**
 * The newest so many bytes of a segment. Where several prices melted into it nobody knows which of them
 * go: what is left cost at most what all of it did, and at most the dearest price for every byte.
 */
function newestOf({ bytes, grains, dearest }: Purchase, room: bigint): Purchase {
  if (bytes <= room) return { bytes, grains, dearest };
  const most = room * dearest;
  return { bytes: room, grains: grains < most ? grains : most, dearest };
}

/** At most {@link purchaseLimit} segments: those melt first whose prices are nearest to each other. */
function coalesced(segments: readonly Purchase[]): readonly Purchase[] {
  const melted: Purchase[] = [];
  for (const segment of segments) {
    const last = melted[melted.length - 1];
    if (
      last !== undefined &&
      isUniform(last) &&
      isUniform(segment) &&
      last.dearest === segment.dearest
    )
      melted[melted.length - 1] = together(last, segment);
    else melted.push(segment);
  }
  while (melted.length > purchaseLimit) {
    const at = nearestPair(melted);
    melted.splice(at, 2, together(melted[at] as Purchase, melted[at + 1] as Purchase));
  }
  return melted;
}

/** Whether every byte cost the same. */
function isUniform({ bytes, grains, dearest }: Purchase): boolean {
  return grains === bytes * dearest;
}

function together(a: Purchase, b: Purchase): Purchase {
  const dearest = a.dearest > b.dearest ? a.dearest : b.dearest;
  return { bytes: a.bytes + b.bytes, grains: a.grains + b.grains, dearest };
}

function nearestPair(segments: readonly Purchase[]): number {
  let found = 0;
  let least: bigint | undefined;
  for (let at = 0; at + 1 < segments.length; at++) {
    const apart = (segments[at] as Purchase).dearest - (segments[at + 1] as Purchase).dearest;
    const distance = apart < 0n ? -apart : apart;
    if (least !== undefined && distance >= least) continue;
    [found, least] = [at, distance];
  }
  return found;
}
