import type { LossSample } from "#core/quality/loss-window.ts";
import {
  afterTraffic,
  amongOnly,
  emptyTable,
  type Quality,
  type RankTable,
  withMeasurement,
} from "#core/quality/rank-table.ts";
import type { Prefix } from "#core/route/prefix.ts";
import type { NodeId } from "#core/units/node-id.ts";

/**
 * Measures ways end to end: whoever we have an account with, and reach through another neighbour,
 * counts what arrives as we count what we send. The next hop sees the packets of a tunnel, and not
 * which of them measure.
 */
export interface PathWatch {
  /** Looks at all of them. Ranks only follow what was measured since the way was last changed. */
  readonly look: (seen: readonly SeenPath[]) => void;
  readonly table: () => RankTable;
  /** Grows with every measurement. */
  readonly change: () => number;
}

/** A neighbour with which there is an account, and the way to it, if it is through another one. */
export interface SeenPath {
  readonly end: NodeId;
  readonly way: MeasuredWay | undefined;
  /** Bytes of all tunnels to it, by both ends' counts. */
  readonly totals: LossSample | undefined;
  /** One way, in microseconds. */
  readonly delay: bigint | undefined;
}

/** The way to somebody's address. */
export interface MeasuredWay {
  readonly hop: NodeId;
  readonly prefix: Prefix;
  readonly advertised: Quality;
  /** Whether the next hop is paid for what takes it. */
  readonly paid: boolean;
  /** Bytes so far on the tunnel that the way takes: what did not go by it says nothing about it. */
  readonly carried: bigint;
}

/** A measurement is of so many bytes at least: a packet is then two per cent. */
export const measuredBytes = 65_536n;

/** A measurement counts where at least one in so many bytes took the tunnel: readings lag behind. */
const carriedShare = 2n;

/** Ranks fade in steps of so much traffic: smaller ones would be lost in rounding. */
const fadingStep = 1_048_576n;

/**
 * Packets that a queue holds back while a probe overtakes them look lost until they come. What arrives
 * beyond what was sent makes up for so many bytes that are missing later; more says nothing.
 */
export const overtaken = 30_000n;

/** Where a way is measured from. */
interface Anchor {
  readonly way: string;
  readonly totals: LossSample;
  readonly carried: bigint;
  /** Bytes that arrived beyond those sent, at most {@link overtaken}. */
  readonly ahead: bigint;
  /** Answers to probes that are still to come before anything counts: those under way as the way changed. */
  readonly skips: number;
}

/**
 * The answer at hand when a way changes is of before, and the next one may have been asked before: what
 * was sent since went by the old way in part.
 */
const staleAnswers = 2;

/** Nothing was measured. */
export function pathWatch(): PathWatch {
  const anchors = new Map<NodeId, Anchor>();
  const sentTo = new Map<NodeId, bigint>();
  let table: RankTable = emptyTable;
  let change = 0;
  let unfaded = 0n;

  /** Bytes to anybody since the last look: by those ranks fade. */
  const traffic = (seen: readonly SeenPath[]): bigint =>
    seen.reduce((sum, { end, totals }) => {
      const before = sentTo.get(end);
      if (totals === undefined) return sum;
      sentTo.set(end, totals.sent);
      return before === undefined || totals.sent < before ? sum : sum + totals.sent - before;
    }, 0n);

  const measure = ({ end, way, totals, delay }: SeenPath): void => {
    if (way === undefined || totals === undefined) return void anchors.delete(end);
    const name = `${way.hop} ${way.prefix}`;
    const from = { way: name, totals, carried: way.carried, ahead: 0n };
    const before = anchors.get(end);
    if (before?.way !== name) return void anchors.set(end, { ...from, skips: staleAnswers });
    const sent = totals.sent - before.totals.sent;
    const received = totals.received - before.totals.received;
    if (sent < 0n || received < 0n) return void anchors.set(end, { ...from, skips: 0 });
    if (before.skips > 0) {
      if (sent > 0n) anchors.set(end, { ...from, skips: before.skips - 1 });
      return;
    }
    if (sent < measuredBytes) return;
    const missing = sent - received - before.ahead;
    const ahead = missing >= 0n ? 0n : -missing < overtaken ? -missing : overtaken;
    anchors.set(end, { ...from, ahead, skips: 0 });
    // WireGuard in user space sends by the interface on which it was called last, whatever routes say.
    if (carriedShare * (way.carried - before.carried) < sent) return;
    const lost = missing > 0n ? missing : 0n;
    const { hop: neighbour, prefix: destination, advertised } = way;
    table = withMeasurement(table, { neighbour, destination, sent, lost, delay, advertised });
    change += 1;
  };
  return {
    look: (seen) => {
      const ends = new Set(seen.map(({ end }) => end));
      if ([...table.keys()].some((one) => !ends.has(one))) table = amongOnly(table, ends);
      for (const known of [anchors, sentTo]) {
        for (const end of known.keys()) if (!ends.has(end)) known.delete(end);
      }
      unfaded += traffic(seen);
      if (unfaded >= fadingStep) {
        table = afterTraffic(table, unfaded);
        unfaded = 0n;
        change += 1;
      }
      for (const one of seen) measure(one);
    },
    table: () => table,
    change: () => change,
  };
}
