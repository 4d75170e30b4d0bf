import { sameBytes } from "#core/identity/hexadecimal.ts";
import type { SignatureCheck } from "#core/identity/signature.ts";
import type { NodeId } from "#core/units/node-id.ts";
import {
  type Acquaintance,
  acquainted,
  isAlive,
  type Place,
  sameFacts,
  samePlace,
  silentRounds,
} from "./acquaintance.ts";
import type { DiscoveryAnswer, DiscoveryHello, UnsignedDiscoveryHello } from "./discovery-hello.ts";
import { discoveryDigest } from "./discovery-hello-form.ts";
import { type DiscoveryHelloRefusal, decodeDiscoveryHello } from "./discovery-hello-reader.ts";

/** What a router says of itself on every interface. */
export interface OwnIntroduction {
  readonly id: NodeId;
  readonly tunnelKey: Uint8Array;
  readonly classes: number;
}

/** A challenge of ours that is out on one interface. */
interface OpenChallenge {
  readonly interfaceName: string;
  readonly round: bigint;
  readonly challenge: Uint8Array;
}

/**
 * Who has proven to be where: frozen data, changed only by {@link call}, {@link hear} and
 * {@link offer}. There is no clock in it: time is told by rounds of calls.
 */
export interface Introductions {
  readonly self: OwnIntroduction;
  readonly round: bigint;
  /** Of the last {@link openRounds} rounds. */
  readonly open: readonly OpenChallenge[];
  /** At most {@link acquaintanceLimit}, beside those with an offer. */
  readonly known: ReadonlyMap<NodeId, Acquaintance>;
  /** The port we tell whom; 0 tells that we have not accepted it. Whoever is here keeps its place. */
  readonly offers: ReadonlyMap<NodeId, number>;
  /** Numbers our answers. */
  readonly count: bigint;
}

/** How many routers are known that nobody chose. Whoever is there stays while it answers. */
export const acquaintanceLimit = 256;

/** How many of them from one address: so many keys may one machine invent. */
export const identitiesPerAddress = 8;

/** So many rounds a challenge can be answered. */
export const openRounds = 2n;

/** Why what was heard changes nothing. */
export type HearingRefusal =
  | DiscoveryHelloRefusal
  | "own voice"
  | "signed for another address"
  | "answer to somebody else"
  | "answer to no open challenge"
  | "answered before"
  | "bad signature"
  | "also elsewhere"
  | "too many from one address"
  | "table full";

/** What was heard: bytes, on which interface, from where. */
export interface Heard {
  readonly bytes: Uint8Array;
  readonly place: Place;
  /** All our own link-local addresses: what our key says from them is our own voice. */
  readonly own: ReadonlySet<string>;
}

/** What hearing led to. */
export type Hearing =
  | { readonly kind: "refused"; readonly why: HearingRefusal }
  /** Somebody calls: it is to be answered, and nothing is known by it. */
  | { readonly kind: "called"; readonly hello: DiscoveryHello }
  /** Proven. `news` where anything about it changed; it is to be answered where `hello` is given. */
  | {
      readonly kind: "proven";
      readonly one: Acquaintance;
      readonly news: boolean;
      readonly hello: DiscoveryHello;
    }
  /** Another machine holds our own node key: proven, so nobody can pretend it. */
  | { readonly kind: "twin"; readonly place: Place };

/** Nobody is known yet. */
export function introductions(self: OwnIntroduction): Introductions {
  return { self, round: 0n, open: [], known: new Map(), offers: new Map(), count: 0n };
}

/**
 * A new round: a fresh challenge on each interface. @param drawn by chance, never twice, for each
 * interface its own, so that an answer on one says nothing about another.
 */
export function call(state: Introductions, drawn: ReadonlyMap<string, Uint8Array>): Introductions {
  const round = state.round + 1n;
  const fresh = [...drawn].map(([interfaceName, challenge]) => ({
    interfaceName,
    round,
    challenge,
  }));
  const still = state.open.filter((one) => round - one.round < openRounds);
  return { ...state, round, open: [...fresh, ...still] };
}

/** Accepts a router (a port), or keeps its place without (0), or lets it go (nothing). */
export function offer(state: Introductions, id: NodeId, port: number | undefined): Introductions {
  const offers = new Map(state.offers);
  if (port === undefined) offers.delete(id);
  else offers.set(id, port);
  return { ...state, offers };
}

/** What we call on an interface; nothing before its first challenge. */
export function callOn(
  state: Introductions,
  interfaceName: string,
  address: string,
): UnsignedDiscoveryHello | undefined {
  const challenge = state.open.find((one) => one.interfaceName === interfaceName)?.challenge;
  if (challenge === undefined) return undefined;
  const { id: sender, tunnelKey, classes } = state.self;
  return { sender, tunnelKey, classes, address, challenge, answer: undefined };
}

/** Our answer to a challenge, and the state in which the next one has the next number. */
export function answerTo(
  state: Introductions,
  to: { readonly id: NodeId; readonly challenge: Uint8Array },
  interfaceName: string,
  address: string,
): readonly [Introductions, UnsignedDiscoveryHello | undefined] {
  const hello = callOn(state, interfaceName, address);
  if (hello === undefined) return [state, undefined];
  const count = state.count + 1n;
  const port = state.offers.get(to.id) ?? 0;
  const answer = { recipient: to.id, challenge: to.challenge, count, port };
  return [
    { ...state, count },
    { ...hello, answer },
  ];
}

/**
 * Something was heard. Nothing but a signed answer to an open challenge of ours, from the address
 * that it is signed for, changes what is known: a forged or replayed hello changes nothing.
 */
export function hear(
  state: Introductions,
  holds: SignatureCheck,
  { bytes, place, own }: Heard,
): readonly [Introductions, Hearing] {
  const refused = (why: HearingRefusal) => [state, { kind: "refused", why }] as const;
  const hello = decodeDiscoveryHello(bytes);
  if (typeof hello === "string") return refused(hello);
  if (hello.sender === state.self.id && own.has(place.address)) return refused("own voice");
  if (hello.address !== place.address) return refused("signed for another address");
  const { answer } = hello;
  const open = answer === undefined ? undefined : openFor(state, answer, place);
  if (answer !== undefined) {
    if (answer.recipient !== state.self.id) return refused("answer to somebody else");
    if (open === undefined) return refused("answer to no open challenge");
    const known = state.known.get(hello.sender);
    if (known !== undefined && isOld(known, open.round, answer, place)) {
      return refused("answered before");
    }
  }
  // The slow check comes last.
  if (!holds(hello.sender, discoveryDigest(hello), hello.signature))
    return refused("bad signature");
  if (answer === undefined || open === undefined) return [state, { kind: "called", hello }];
  if (hello.sender === state.self.id) return [state, { kind: "twin", place }];
  return prove(state, hello, acquainted(hello, answer, place, open.round));
}

function openFor(state: Introductions, { challenge }: DiscoveryAnswer, { interfaceName }: Place) {
  return state.open.find(
    (one) => one.interfaceName === interfaceName && sameBytes(one.challenge, challenge),
  );
}

/** Of the answers from one place only newer ones count: an old one cannot take back a new key. */
function isOld(
  known: Acquaintance,
  round: bigint,
  { count }: DiscoveryAnswer,
  place: Place,
): boolean {
  if (round !== known.round) return round < known.round;
  return samePlace(known.place, place) && count <= known.count;
}

function prove(
  state: Introductions,
  hello: DiscoveryHello,
  found: Acquaintance,
): readonly [Introductions, Hearing] {
  const before = state.known.get(found.id);
  if (before === undefined) {
    const room = roomFor(state, found);
    if (typeof room === "string") return [state, { kind: "refused", why: room }];
    const known = new Map(room).set(found.id, found);
    return [
      { ...state, known },
      { kind: "proven", one: found, news: true, hello },
    ];
  }
  if (!samePlace(before.place, found.place) && isAlive(before, state.round)) {
    return elsewhere(state, before, found);
  }
  const double = before.elsewhere;
  const lately = double !== undefined && found.round - double.round < silentRounds;
  const one: Acquaintance = { ...found, elsewhere: lately ? double : undefined };
  const known = new Map(state.known).set(one.id, one);
  return [
    { ...state, known },
    { kind: "proven", one, news: !sameFacts(before, one), hello },
  ];
}

/** Who answers here stays here; that somebody with its key is elsewhere too is told, and no more. */
function elsewhere(
  state: Introductions,
  before: Acquaintance,
  found: Acquaintance,
): readonly [Introductions, Hearing] {
  const clash = !sameBytes(before.tunnelKey, found.tunnelKey);
  const one = { ...before, elsewhere: { place: found.place, round: found.round, clash } };
  const known = new Map(state.known).set(one.id, one);
  return [
    { ...state, known },
    { kind: "refused", why: "also elsewhere" },
  ];
}

/**
 * The table with room for one more, or why there is none. Only a silent one makes room, and never
 * one that has an offer: inventing identities drives nobody out.
 */
function roomFor(
  state: Introductions,
  found: Acquaintance,
): ReadonlyMap<NodeId, Acquaintance> | "table full" | "too many from one address" {
  if (state.offers.has(found.id)) return state.known;
  const chosenByNobody = [...state.known.values()].filter(({ id }) => !state.offers.has(id));
  const beside = chosenByNobody.filter(
    (one) => samePlace(one.place, found.place) && isAlive(one, state.round),
  );
  if (beside.length >= identitiesPerAddress) return "too many from one address";
  if (chosenByNobody.length < acquaintanceLimit) return state.known;
  const silent = chosenByNobody
    .filter((one) => !isAlive(one, state.round))
    .reduce<Acquaintance | undefined>(
      (oldest, one) => (oldest === undefined || one.round < oldest.round ? one : oldest),
      undefined,
    );
  if (silent === undefined) return "table full";
  const known = new Map(state.known);
  known.delete(silent.id);
  return known;
}
