import { attenuationOf } from "#core/route/attenuation.ts";
import type { Prefix } from "#core/route/prefix.ts";
import {
  lineLimit,
  lineRoom,
  lineSize,
  type Offer,
  type OfferLine,
  type Offers,
} from "#core/route/route-message.ts";

/** Brings what we offer to one neighbour: each change until it says that it took it. */
export interface OfferSender {
  /** From now on these are offered, and nothing else. */
  readonly offer: (offers: ReadonlyMap<Prefix, Offer>) => void;
  /** The messages that are due, at most so many as may go now. @param now milliseconds. */
  readonly due: (now: number) => readonly Offers[];
  /** The neighbour has a message of ours. */
  readonly taken: (epoch: bigint, number: bigint) => void;
  /** The neighbour says who it is: one that began anew knows nothing. */
  readonly meet: (epoch: bigint) => void;
  /** Changes that it has not taken yet. */
  readonly waiting: () => number;
}

/** Messages a second to one neighbour, and at once: a sixth of what it takes in from anybody. */
export const messagesPerSecond = 16;
const burst = 8;

/** After so long without an answer a message is as good as lost, in milliseconds. */
const answerTime = 1500;

/** Everything is said again so often, in milliseconds, though nothing changed. */
export const refreshTime = 600_000;

/**
 * Whether a neighbour need not be told: price and class are the same, and loss and delay are a sixteenth
 * off at most, or a thousandth of loss and a millisecond. One link that changes would else be told by
 * everybody behind it for every destination.
 */
function isNear(told: Offer, now: Offer): boolean {
  const [a, b] = [told.vector, now.vector];
  if (told.class !== now.class || a.price !== b.price) return false;
  const near = (x: bigint, y: bigint, floor: bigint) => {
    const room = x >> 4n > floor ? x >> 4n : floor;
    return x > y ? x - y <= room : y - x <= room;
  };
  return near(a.attenuation, b.attenuation, lossFloor) && near(a.delay, b.delay, delayFloor);
}

/** A thousandth of loss as an attenuation, and a millisecond. */
const lossFloor: bigint = attenuationOf(1000n);
const delayFloor = 1000n;

/** A sender that offers nothing yet. @param epoch ours. */
export function offerSender(epoch: bigint): OfferSender {
  let current: ReadonlyMap<Prefix, Offer> = new Map();
  /** What was said last of each destination; nothing where it was never said, or taken back. */
  const said = new Map<Prefix, Offer>();
  const dirty = new Set<Prefix>();
  const open = new Map<bigint, { readonly at: number; readonly prefixes: readonly Prefix[] }>();
  let number = 0n;
  let theirs: bigint | undefined;
  let tokens = burst;
  let last: number | undefined;
  let refreshed: number | undefined;

  const everything = (): void => {
    for (const prefix of [...said.keys(), ...current.keys()]) dirty.add(prefix);
  };
  const message = (now: number): Offers => {
    let room = lineRoom;
    const lines: OfferLine[] = [];
    for (const prefix of dirty) {
      const offer = current.get(prefix);
      const line = { prefix, offer };
      room -= lineSize(line);
      if (room < 0 || lines.length === lineLimit) break;
      lines.push(line);
      dirty.delete(prefix);
      if (offer === undefined) said.delete(prefix);
      else said.set(prefix, offer);
    }
    number += 1n;
    open.set(number, { at: now, prefixes: lines.map(({ prefix }) => prefix) });
    return { type: "OFFERS", epoch, number, lines };
  };
  return {
    offer: (offers) => {
      const kept = new Map<Prefix, Offer>();
      for (const [prefix, offer] of offers) {
        const before = said.get(prefix);
        const near = before !== undefined && isNear(before, offer);
        kept.set(prefix, near ? before : offer);
        if (!near) dirty.add(prefix);
      }
      current = kept;
      for (const prefix of said.keys()) if (!offers.has(prefix)) dirty.add(prefix);
    },
    due: (now) => {
      if (theirs === undefined) return []; // nobody there who would understand
      tokens = Math.min(burst, tokens + ((now - (last ?? now)) * messagesPerSecond) / 1000);
      last = now;
      refreshed ??= now;
      if (now - refreshed >= refreshTime) {
        refreshed = now;
        everything();
      }
      for (const [old, { at, prefixes }] of open) {
        if (now - at < answerTime) continue;
        open.delete(old);
        for (const prefix of prefixes) dirty.add(prefix);
      }
      const messages: Offers[] = [];
      while (dirty.size > 0 && tokens >= 1) {
        tokens -= 1;
        messages.push(message(now));
      }
      return messages;
    },
    taken: (of, which) => {
      if (of === epoch) open.delete(which);
    },
    meet: (who) => {
      if (who === theirs) return;
      theirs = who;
      everything();
    },
    waiting: () =>
      dirty.size + [...open.values()].reduce((n, { prefixes }) => n + prefixes.length, 0),
  };
}
