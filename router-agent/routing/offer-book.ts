import type { Prefix } from "#core/route/prefix.ts";
import type { Offer, Offers } from "#core/route/route-message.ts";

/** What one neighbour offers us, and what it took back. */
export interface OfferBook {
  /** Takes a message in, in whatever order they come; tells whether anything changed. */
  readonly take: (offers: Offers, now: number) => boolean;
  readonly offer: (prefix: Prefix) => Offer | undefined;
  /** The dearest offer of a class, or nothing. In grains a byte. */
  readonly dearest: (priceClass: number) => bigint | undefined;
  /** Grows with every change: equal numbers, equal offers. */
  readonly change: () => number;
  /** Destinations offered now. */
  readonly size: () => number;
  /** Lines beyond the limit, so far. */
  readonly refused: () => number;
  /** Forgets what a neighbour that began anew did not offer again; tells whether anything changed. */
  readonly expire: (now: number) => boolean;
}

interface Entry {
  readonly number: bigint;
  readonly epoch: bigint;
  /** Nothing: it is not offered any more, which older messages may not know yet. */
  readonly offer: Offer | undefined;
}

/** How many messages back one may be overtaken by another: then nothing older comes. */
const reordered = 256n;

/** How long a neighbour that began anew has to offer everything again, in milliseconds. */
export const renewTime = 30_000;

/** An empty book. @param limit destinations that it holds at most. */
export function offerBook(limit: () => number): OfferBook {
  const entries = new Map<Prefix, Entry>();
  let epoch: bigint | undefined;
  let highest = 0n;
  let renewed = 0;
  let refused = 0;
  let change = 0;
  const dearest = new Map<
    number,
    { readonly change: number; readonly price: bigint | undefined }
  >();
  const offered = () => {
    let count = 0;
    for (const { offer } of entries.values()) if (offer !== undefined) count += 1;
    return count;
  };
  return {
    take: (message, now) => {
      if (message.epoch !== epoch) {
        epoch = message.epoch;
        highest = 0n;
        renewed = now;
      }
      if (message.number > highest) highest = message.number;
      let changed = false;
      for (const { prefix, offer } of message.lines) {
        const before = entries.get(prefix);
        if (before?.epoch === message.epoch && before.number >= message.number) continue;
        if (before === undefined && entries.size >= limit()) {
          refused += 1;
          continue;
        }
        entries.set(prefix, { number: message.number, epoch: message.epoch, offer });
        changed ||= !sameOffer(before?.offer, offer);
      }
      if (changed) change += 1;
      return changed;
    },
    offer: (prefix) => entries.get(prefix)?.offer,
    change: () => change,
    dearest: (priceClass) => {
      const known = dearest.get(priceClass);
      if (known?.change === change) return known.price;
      let most: bigint | undefined;
      for (const { offer } of entries.values()) {
        if (offer?.class !== priceClass) continue;
        if (most === undefined || offer.vector.price > most) most = offer.vector.price;
      }
      dearest.set(priceClass, { change, price: most });
      return most;
    },
    size: offered,
    refused: () => refused,
    expire: (now) => {
      let changed = false;
      const renewing = now - renewed < renewTime;
      for (const [prefix, entry] of entries) {
        const old = entry.epoch !== epoch && !renewing;
        const settled = entry.offer === undefined && entry.number + reordered < highest;
        if (!old && !settled) continue;
        entries.delete(prefix);
        changed ||= entry.offer !== undefined;
      }
      if (changed) change += 1;
      return changed;
    },
  };
}

/** Whether two offers are the same in every part. */
export function sameOffer(a: Offer | undefined, b: Offer | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.class === b.class &&
    a.vector.price === b.vector.price &&
    a.vector.attenuation === b.vector.attenuation &&
    a.vector.delay === b.vector.delay
  );
}
