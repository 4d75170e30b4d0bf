import { resume } from "#core/account/counter.ts";
import type { NeighbourLedger } from "#core/journal/ledger.ts";
import type { Meter } from "#core/meter/meter.ts";
import type { Advert, Hello, Speaker, Speaks } from "#core/peer/message.ts";
import { type Money, noMoney } from "#core/units/money.ts";
import type { NodeId } from "#core/units/node-id.ts";
import { origin, type Position } from "#core/units/position.ts";
import type { Defence } from "./input.ts";
import type { Standing } from "./output.ts";
import type { NeighbourPolicy } from "./policy.ts";
import type { Refusal } from "./refusal.ts";

/** What a node knows of a neighbour only while it runs: all of it can be lost at any moment. */
export interface LiveNeighbour {
  /** Undefined while it is not configured: its accounts rest then. */
  readonly policy: NeighbourPolicy | undefined;
  /** Class 1 first. */
  readonly paths: readonly LivePath[];
  /** What the shell was last told. */
  readonly standing: Standing;
  readonly hello: Hello | undefined;
  /** Who said HELLO last, met or not: whom ours answers. */
  readonly heard: Speaker | undefined;
  /** What it says it speaks, in a HELLO that says so; nothing for version 1. */
  readonly speaks: Speaks | undefined;
  /** The neighbour has heard our present run. */
  readonly greeted: boolean;
  /** The neighbour has shown which leases it holds: until then a blank ledger grants nothing. */
  readonly shown: boolean;
  /** Grains: the sum of the best of our vouchers that the neighbour says it has credited. */
  readonly acknowledged: Money;
  readonly advert: Advert | undefined;
  /** How many ADVERTs we made in this run, and the prices in the last one. */
  readonly adverts: bigint;
  /** Raw bytes received on class 0: read last, and at the last offer (Q6). */
  readonly freeReceived: bigint;
  readonly freeOffered: bigint;
  /** How it is treated for its junk. */
  readonly defence: Defence;
  /** How often each refusal happened. */
  readonly refusals: Readonly<Partial<Record<Refusal, number>>>;
}

/** One paid class of one neighbour, live. */
export interface LivePath {
  /** The kernel was read in this run: nothing is reserved before (P6). */
  readonly seen: boolean;
  readonly outMeter: Meter | undefined;
  /** x: the payer's position, never beyond r. */
  readonly sent: Position;
  readonly inMeter: Meter | undefined;
  /** The payee's position as last read, perhaps ahead of the journaled y. */
  readonly read: Position;
  /** Up to here the neighbour had paid when `read` was read: what it sent, by its own word. */
  readonly paid: Position;
  /** The raw limits the shell was last told, so that only changes are told. */
  readonly quota: bigint | undefined;
  readonly gate: bigint | undefined;
  /** The neighbour's own counters, as it last stated them. */
  readonly theirSent: Position;
  readonly theirRead: Position;
  /** What of ours was last stated to it. */
  readonly stated: Position;
  /**
   * Bytes we sent in the last round trip of STATEMENTs, the neighbour's waiting for its own U
   * included: D (T14), as measured. Nothing before the first, and with a neighbour of version 1.
   */
  readonly roundTrip: bigint | undefined;
  /** Both ends' counters of the newest STATEMENT that fits those before it: shown, and never billed by. */
  readonly counted: SignedCounts | undefined;
  /** Leases out that were sold over upstreams which the class is resold from no more (T12). */
  readonly resold: readonly Resold[];
}

/** Cumulative counters of both directions of a tunnel, each as the end that counted it signed it. */
export interface SignedCounts {
  /** What we had sent by our own STATEMENT that the neighbour heard last, and what had arrived by its. */
  readonly ours: Position;
  readonly arrived: Position;
  /** What the neighbour had sent by its STATEMENT, and what had arrived here when that came. */
  readonly theirs: Position;
  readonly here: Position;
}

/** Leases that are covered by what is held at an upstream, though nothing more is sold over it. */
export interface Resold {
  readonly via: NodeId;
  /** The end of the last of them: what is leased beyond was sold otherwise. */
  readonly until: Position;
}

/** A neighbour at the start of a run: its meters go on where the journal left them. */
export function awaken(neighbour: NeighbourLedger): LiveNeighbour {
  return {
    policy: undefined,
    paths: neighbour.outbound.map((_, i) => awakenPath(neighbour, i)),
    standing: "open",
    hello: undefined,
    heard: undefined,
    speaks: undefined,
    greeted: false,
    shown: false,
    acknowledged: noMoney,
    advert: undefined,
    adverts: 0n,
    freeReceived: 0n,
    freeOffered: 0n,
    defence: { stage: "none", junk: 0n, undue: 0n },
    refusals: {},
  };
}

/** One path of {@link awaken}, also after an account was restored. */
export function awakenPath(neighbour: NeighbourLedger, index: number): LivePath {
  const outbound = neighbour.outbound[index];
  const inbound = neighbour.inbound[index];
  return {
    seen: false,
    outMeter: outbound?.counter === undefined ? undefined : resume(outbound.counter),
    sent: outbound?.sent ?? origin,
    inMeter: inbound?.counter === undefined ? undefined : resume(inbound.counter),
    read: inbound?.read ?? origin,
    paid: origin,
    quota: undefined,
    gate: undefined,
    theirSent: origin,
    theirRead: origin,
    stated: origin,
    roundTrip: undefined,
    counted: undefined,
    resold: [],
  };
}
