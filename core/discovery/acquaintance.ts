import { sameBytes } from "#core/identity/hexadecimal.ts";
import type { NodeId } from "#core/units/node-id.ts";
import type { DiscoveryAnswer, DiscoveryHello } from "./discovery-hello.ts";

/** Where a router was heard: an interface of ours, and its link-local address there. */
export interface Place {
  readonly interfaceName: string;
  readonly address: string;
}

/** A router that has proven, to a challenge of ours, that it holds the key of its id. */
export interface Acquaintance {
  readonly id: NodeId;
  readonly tunnelKey: Uint8Array;
  readonly classes: number;
  readonly place: Place;
  /** Of its class-0 tunnel towards us; 0 where it has not accepted us. */
  readonly port: number;
  /** The round of ours whose challenge it answered last, and the number of its answer. */
  readonly round: bigint;
  readonly count: bigint;
  /** Its own challenge, as last heard: what an answer of ours has to repeat. */
  readonly challenge: Uint8Array;
  /** Somebody with the same key who answered from another place, while it did here. */
  readonly elsewhere: Double | undefined;
}

/** The same node key at a second place: a second cable of one machine, or two machines. */
export interface Double {
  readonly place: Place;
  readonly round: bigint;
  /** It shows another tunnel key: two machines have one node key. */
  readonly clash: boolean;
}

/** So many rounds without an answer, and whoever was here may be elsewhere. */
export const silentRounds = 3n;

/** Whether it has answered lately. */
export function isAlive(one: Acquaintance, round: bigint): boolean {
  return round - one.round < silentRounds;
}

/** What a proof says, about a router that was not known. */
export function acquainted(
  hello: DiscoveryHello,
  answer: DiscoveryAnswer,
  place: Place,
  round: bigint,
): Acquaintance {
  return {
    id: hello.sender,
    tunnelKey: hello.tunnelKey,
    classes: hello.classes,
    place,
    port: answer.port,
    round,
    count: answer.count,
    challenge: hello.challenge,
    elsewhere: undefined,
  };
}

/** Whether two moments of one acquaintance differ in anything that matters to a neighbour. */
export function sameFacts(a: Acquaintance, b: Acquaintance): boolean {
  return (
    sameBytes(a.tunnelKey, b.tunnelKey) &&
    a.classes === b.classes &&
    a.port === b.port &&
    a.elsewhere?.clash === b.elsewhere?.clash &&
    samePlace(a.place, b.place)
  );
}

/** Whether two places are one. */
export function samePlace(a: Place, b: Place): boolean {
  return a.interfaceName === b.interfaceName && a.address === b.address;
}
