import {
  emptyWindow,
  type LossSample,
  type LossWindow,
  lossOf,
  withSample,
} from "#core/quality/loss-window.ts";
import {
  delayOf,
  type RoundTrips,
  recentDelayOf,
  withRoundTrip,
} from "#core/quality/round-trips.ts";
import type { StatedSample } from "#core/quality/statement-window.ts";
import { type Attenuation, attenuationOf } from "#core/route/attenuation.ts";
import type { Echo, Probe } from "#core/route/route-message.ts";
import { steady } from "#core/route/steady.ts";
import type { RouteVector } from "#core/route/vector.ts";

/** What is measured of the link to one neighbour. */
export interface LinkProbe {
  /**
   * The next probe. @param now microseconds on our clock. @param sent bytes on all tunnels to it, and
   * @param received from it, as read just before.
   */
  readonly next: (epoch: bigint, now: bigint, sent: bigint, received?: bigint) => Probe;
  /** Takes an answer in; false for one that nobody asked for. @param received bytes that came from it. */
  readonly take: (echo: Echo, now: bigint, received: bigint) => boolean;
  /** Whether it answers; at first yes. */
  readonly alive: (now: bigint) => boolean;
  /** Whether it ever answered: one that speaks no such message is asked rarely. */
  readonly answered: () => boolean;
  /** What the link adds to a way: what was told last, unless that is far from what is measured. */
  readonly vector: () => RouteVector;
  /** Bytes so far, as the newest answer has both counts of them; nothing before the first. */
  readonly totals: () => LossSample | undefined;
  /**
   * What the newest answer says that the neighbour had sent, between our readings before the probe and
   * after the answer: what came before the probe was surely sent before the answer was made.
   */
  readonly stated: () => StatedSample | undefined;
  /** As measured: lost there and back in parts per million, and microseconds one way. */
  readonly measured: () => {
    readonly lossOut: bigint | undefined;
    readonly lossIn: bigint | undefined;
    readonly delay: bigint | undefined;
    /** The same of the newest probes alone: it grows at once where packets begin to wait. */
    readonly recentDelay: bigint | undefined;
  };
}

/** So many probes in a row without an answer are silence. */
export const silentAfter = 3;

/** How long an answer may take, at least, in microseconds; else four times the usual. */
const patience = 200_000n;

/** Probes that may still be answered; older ones never come. */
const openLimit = 64;

/** Changes below half a per cent of loss and a millisecond of delay are not told on. */
const lossTremble = { floor: 5000n };
const delayTremble = { floor: 1000n };

/** A probe that may still be answered: when it went out, and our counters just before. */
interface OpenProbe {
  readonly at: bigint;
  readonly sent: bigint;
  readonly received: bigint;
}

/** Nothing is known of the link yet. */
export function linkProbe(): LinkProbe {
  const open = new Map<bigint, OpenProbe>();
  let stated: StatedSample | undefined;
  let number = 0n;
  let heard = 0n;
  let ever = false;
  let out: LossWindow = emptyWindow;
  let back: LossWindow = emptyWindow;
  let trips: RoundTrips = [];
  let loss: bigint | undefined;
  let delay: bigint | undefined;

  const overdueAfter = (): bigint => {
    const usual = 8n * (delayOf(trips) ?? 0n);
    return usual > patience ? usual : patience;
  };
  return {
    next: (epoch, now, sent, received = 0n) => {
      number += 1n;
      open.set(number, { at: now, sent, received });
      for (const old of open.keys()) if (open.size > openLimit) open.delete(old);
      return { type: "PROBE", epoch, number, sent, at: now };
    },
    take: (echo, now, received) => {
      const asked = open.get(echo.number);
      if (asked === undefined || asked.at !== echo.at) return false;
      open.delete(echo.number);
      ever = true;
      if (echo.number > heard) heard = echo.number;
      trips = withRoundTrip(trips, now - asked.at, echo.held);
      out = withSample(out, { sent: asked.sent, received: echo.received });
      back = withSample(back, { sent: echo.sent, received });
      stated = { sent: echo.sent, atLeast: asked.received, atMost: received };
      const [lost, away] = [lossOf(out), delayOf(trips)];
      if (lost !== undefined) loss = steady(loss, lost, lossTremble);
      if (away !== undefined) delay = steady(delay, away, delayTremble);
      return true;
    },
    alive: (now) => {
      const limit = overdueAfter();
      let overdue = 0;
      for (const [one, { at }] of open) if (one > heard && now - at > limit) overdue += 1;
      return overdue < silentAfter;
    },
    answered: () => ever,
    vector: () => ({
      price: 0n,
      attenuation: loss === undefined ? (0n as Attenuation) : attenuationOf(loss),
      delay: delay ?? 0n,
    }),
    stated: () => stated,
    totals: () => out[out.length - 1],
    measured: () => ({
      lossOut: lossOf(out),
      lossIn: lossOf(back),
      delay: delayOf(trips),
      recentDelay: recentDelayOf(trips),
    }),
  };
}
