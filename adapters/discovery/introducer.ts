import * as Effect from "effect/Effect";
import * as Latch from "effect/Latch";
import { type Acquaintance, isAlive, type Place, samePlace } from "#core/discovery/acquaintance.ts";
import {
  challengeLength,
  type DiscoveryHello,
  type UnsignedDiscoveryHello,
} from "#core/discovery/discovery-hello.ts";
import { encodeDiscoveryHello, signDiscoveryHello } from "#core/discovery/discovery-hello-form.ts";
import {
  answerTo,
  call,
  callOn,
  type Hearing,
  hear,
  type Introductions,
  introductions,
  type OwnIntroduction,
  offer,
} from "#core/discovery/introductions.ts";
import { sameBytes } from "#core/identity/hexadecimal.ts";
import { type Signer, signedBy } from "#core/identity/signature.ts";
import type { NodeId } from "#core/units/node-id.ts";
import type { DiscoveredPeer, Discovery, DiscoveryCounts, DiscoveryReport } from "./discovery.ts";
import { type HearingShares, hearingShare } from "./hearing-share.ts";

/** What carries hellos: sockets, or a cable in memory. Nothing of it throws. */
export interface Carrier {
  /** The interfaces that can be called on now, and our own address on each. */
  readonly places: () => readonly Place[];
  /** All our link-local addresses. */
  readonly own: () => ReadonlySet<string>;
  /** To everybody on an interface. */
  readonly callOut: (interfaceName: string, bytes: Uint8Array) => void;
  readonly send: (to: Place, bytes: Uint8Array) => void;
}

/** What an introducer is made of. */
export interface IntroducerOptions {
  readonly self: OwnIntroduction;
  readonly signer: Signer;
  /** The interfaces of the configuration, up or not. */
  readonly interfaces: readonly string[];
  readonly shares: HearingShares;
  /** A monotonic clock, for the shares only. */
  readonly milliseconds: () => number;
  /** So many bytes by chance. */
  readonly random: (length: number) => Uint8Array;
}

/** Calls, hears and answers; all that discovery is but for what carries it. */
export interface Introducer {
  readonly service: Discovery["Service"];
  readonly hear: (place: Place, bytes: Uint8Array) => void;
  readonly count: (what: "sent" | "unsent" | "strange") => void;
}

/** What an introducer knows and has done. */
interface Desk {
  state: Introductions;
  twin: Place | undefined;
  /** The challenge that each router was answered last: once is enough. */
  readonly answered: Map<NodeId, Uint8Array>;
  readonly counts: { -readonly [What in keyof Omit<DiscoveryCounts, "refused">]: number };
  readonly refused: { -readonly [Why in keyof DiscoveryCounts["refused"]]: number };
  /** Open while something is news. */
  readonly fresh: Latch.Latch;
}

/** An introducer that speaks by a carrier. */
export function introducer(options: IntroducerOptions, carrier: Carrier): Introducer {
  const { signer, random, milliseconds } = options;
  const share = hearingShare(options.shares, milliseconds);
  const desk: Desk = {
    state: introductions(options.self),
    twin: undefined,
    answered: new Map(),
    counts: { rounds: 0, sent: 0, unsent: 0, heard: 0, flooded: 0, strange: 0 },
    refused: {},
    fresh: Latch.makeUnsafe(false),
  };
  const answer: Answering = (to, place) => {
    // Whoever has not called yet on an interface has no challenge to answer with.
    if (!desk.state.open.some((one) => one.interfaceName === place.interfaceName)) {
      callAll(desk, signer, carrier, random);
    }
    giveAnswer(desk, signer, carrier, to, place);
  };
  return {
    service: {
      report: () => reportOf(desk, options.interfaces, carrier.places()),
      news: Effect.andThen(
        desk.fresh.await,
        Effect.sync(() => void desk.fresh.closeUnsafe()),
      ),
      offer: (id, port) => Effect.sync(() => offerTo(desk, answer, id, port)),
      call: Effect.sync(() => callAll(desk, signer, carrier, random)),
    },
    hear: (place, bytes) => {
      desk.counts.heard += 1;
      const proven = [...desk.state.known.values()].some((one) => samePlace(one.place, place));
      if (!share.take(place, proven)) {
        desk.counts.flooded += 1;
        return;
      }
      const [next, found] = hear(desk.state, signedBy, { bytes, place, own: carrier.own() });
      desk.state = next;
      act(desk, answer, found, place);
    },
    count: (what) => {
      desk.counts[what] += 1;
    },
  };
}

type Answering = (
  to: { readonly id: NodeId; readonly challenge: Uint8Array },
  place: Place,
) => void;

function act(desk: Desk, answer: Answering, found: Hearing, place: Place): void {
  switch (found.kind) {
    case "refused": {
      desk.refused[found.why] = (desk.refused[found.why] ?? 0) + 1;
      if (found.why === "also elsewhere") desk.fresh.openUnsafe();
      return;
    }
    case "called":
      return answer(idAndChallenge(found.hello), place);
    case "twin":
      desk.twin = found.place;
      desk.fresh.openUnsafe();
      return;
    case "proven": {
      if (found.news) desk.fresh.openUnsafe();
      const last = desk.answered.get(found.one.id);
      if (last !== undefined && sameBytes(last, found.hello.challenge)) return;
      return answer(idAndChallenge(found.hello), place);
    }
  }
}

function giveAnswer(
  desk: Desk,
  signer: Signer,
  carrier: Carrier,
  to: { readonly id: NodeId; readonly challenge: Uint8Array },
  place: Place,
): void {
  const own = carrier.places().find((one) => one.interfaceName === place.interfaceName);
  if (own === undefined) return;
  const [next, hello] = answerTo(desk.state, to, place.interfaceName, own.address);
  desk.state = next;
  if (hello === undefined) return;
  if (next.known.has(to.id)) desk.answered.set(to.id, to.challenge);
  carrier.send(place, written(signer, hello));
}

function callAll(
  desk: Desk,
  signer: Signer,
  carrier: Carrier,
  random: IntroducerOptions["random"],
): void {
  const places = carrier.places();
  const drawn = places.map(
    ({ interfaceName }) => [interfaceName, random(challengeLength)] as const,
  );
  desk.state = call(desk.state, new Map(drawn));
  desk.counts.rounds += 1;
  for (const id of desk.answered.keys()) if (!desk.state.known.has(id)) desk.answered.delete(id);
  for (const { interfaceName, address } of places) {
    const hello = callOn(desk.state, interfaceName, address);
    if (hello !== undefined) carrier.callOut(interfaceName, written(signer, hello));
  }
}

/** Whoever is offered another port than before is told at once. */
function offerTo(desk: Desk, answer: Answering, id: NodeId, port: number | undefined): void {
  if (desk.state.offers.get(id) === port) return;
  desk.state = offer(desk.state, id, port);
  const known = desk.state.known.get(id);
  if (known !== undefined) answer(known, known.place);
}

function written(signer: Signer, hello: UnsignedDiscoveryHello): Uint8Array {
  return encodeDiscoveryHello(signDiscoveryHello(signer, hello));
}

function reportOf(
  { state, twin, counts, refused }: Desk,
  interfaces: readonly string[],
  places: readonly Place[],
): DiscoveryReport {
  return {
    peers: [...state.known.values()].map((one) => peerOf(one, state.round)),
    twin,
    interfaces: interfaces.map((name) => ({
      name,
      address: places.find(({ interfaceName }) => interfaceName === name)?.address,
    })),
    counts: { ...counts, refused: { ...refused } },
  };
}

function idAndChallenge({ sender: id, challenge }: DiscoveryHello) {
  return { id, challenge };
}

function peerOf(one: Acquaintance, round: bigint): DiscoveredPeer {
  const { id, classes, place, port, elsewhere } = one;
  return {
    id,
    tunnelKey: Buffer.from(one.tunnelKey).toString("base64"),
    classes,
    place,
    port,
    alive: isAlive(one, round),
    elsewhere:
      elsewhere === undefined ? undefined : { place: elsewhere.place, clash: elsewhere.clash },
  };
}
