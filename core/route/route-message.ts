import {
  type CanonicalReader,
  canonicalReader,
  Malformed,
} from "#core/identity/canonical-reader.ts";
import { canonical, type Field } from "#core/identity/canonical-writer.ts";
import { sameBytes } from "#core/identity/hexadecimal.ts";
import { type PriceClass, priceClass, priceClassLimit } from "#core/units/price-class.ts";
import { type Attenuation, opaque } from "./attenuation.ts";
import { type Prefix, prefixBytes, readPrefixBytes } from "./prefix.ts";
import { delayLimit, type RouteVector, vectorPriceLimit } from "./vector.ts";

/**
 * What agents say to each other about routes. These messages share the class-0 link with those of
 * billing and are told from them by their kind; nothing in them ever enters a bill, so they are not
 * signed: the tunnel says who spoke.
 */
export type RouteMessage = Probe | Echo | Offers | Taken | TariffMessage;

/** What every message says of its sender. */
interface Head {
  /** Drawn when the sender's agent started: whoever begins anew has heard nothing yet. */
  readonly epoch: bigint;
}

/** "Are you there, and how much arrived?" */
export interface Probe extends Head {
  readonly type: "PROBE";
  readonly number: bigint;
  /** The sender's bytes on all tunnels to the recipient, just before this. */
  readonly sent: bigint;
  /** On the sender's clock, in microseconds: only ever compared with itself. */
  readonly at: bigint;
}

/** The answer to a probe: the two clocks are never compared with each other. */
export interface Echo extends Head {
  readonly type: "ECHO";
  readonly number: bigint;
  readonly at: bigint;
  /** Microseconds from the probe's arrival to this. */
  readonly held: bigint;
  /** Bytes that had arrived on all tunnels when the probe did, and bytes sent just before this. */
  readonly received: bigint;
  readonly sent: bigint;
}

/** What the sender carries bytes to destinations for. Newer replaces older, for each destination. */
export interface Offers extends Head {
  readonly type: "OFFERS";
  readonly number: bigint;
  readonly lines: readonly OfferLine[];
}

/** One destination, or that it is offered no more. */
export interface OfferLine {
  readonly prefix: Prefix;
  readonly offer: Offer | undefined;
}

/** What a destination costs the neighbour through us, in which class, and how good the way is. */
export interface Offer {
  readonly class: PriceClass;
  readonly vector: RouteVector;
}

/** "I have your OFFERS of that epoch and number." */
export interface Taken extends Head {
  readonly type: "TAKEN";
  readonly of: bigint;
  readonly number: bigint;
}

/**
 * What an exit asks of its clients. The tariff in it is signed and read on its own (core/peer): here
 * it is bytes. An agent that does not know this message counts it and goes on.
 */
export interface TariffMessage extends Head {
  readonly type: "TARIFF";
  readonly tariff: Uint8Array;
}

/** The first version; those of billing are counted on their own. */
const version = 1;

/** Kinds from here on are no messages of billing. */
const kinds = { PROBE: 32, ECHO: 33, OFFERS: 34, TAKEN: 35, TARIFF: 36 } as const;

/** The largest datagram, as of all messages between agents, in bytes. */
export const routeDatagramLimit = 1200;

/** No message has more lines. */
export const lineLimit = 64;

/** More than any tariff has. */
const tariffBytesLimit = 400;

/** Numbers and counters are unsigned 64-bit numbers. */
const counterLimit = (1n << 64n) - 1n;

/** Whether bytes are one of these messages, to tell them from those of billing. Never throws. */
export function isRouteMessage(bytes: Uint8Array): boolean {
  const [head = 0, , kind = 0] = bytes;
  return (head & 0xf0) === 0x90 && kind >= kinds.PROBE && kind <= kinds.TARIFF;
}

/** The bytes of a message. @throws RangeError above {@link routeDatagramLimit}. */
export function encodeRouteMessage(message: RouteMessage): Uint8Array {
  const bytes = canonical([version, kinds[message.type], message.epoch, ...fieldsOf(message)]);
  if (bytes.length > routeDatagramLimit) {
    throw new RangeError(`a message of ${bytes.length} bytes; at most ${routeDatagramLimit}`);
  }
  return bytes;
}

/** How many bytes a line takes in a message. */
export function lineSize(line: OfferLine): number {
  return canonical(lineField(line)).length;
}

/** Room for lines in a message: what the head takes is kept back. In bytes. */
export const lineRoom: number = routeDatagramLimit - 32;

/** A message, or nothing: any form but the one that is written is refused. Never throws. */
export function decodeRouteMessage(bytes: Uint8Array): RouteMessage | undefined {
  if (bytes.length > routeDatagramLimit) return undefined;
  try {
    const reader = canonicalReader(bytes);
    reader.array(4, 8);
    if (reader.small(255) !== version) return undefined;
    const message = readMessage(reader);
    reader.end();
    return sameBytes(encodeRouteMessage(message), bytes) ? message : undefined;
  } catch (error) {
    if (error instanceof Malformed || error instanceof RangeError) return undefined;
    throw error;
  }
}

function fieldsOf(message: RouteMessage): readonly Field[] {
  switch (message.type) {
    case "PROBE":
      return [message.number, message.sent, message.at];
    case "ECHO":
      return [message.number, message.at, message.held, message.received, message.sent];
    case "OFFERS":
      return [message.number, message.lines.map(lineField)];
    case "TAKEN":
      return [message.of, message.number];
    case "TARIFF":
      return [message.tariff];
  }
}

function lineField({ prefix, offer }: OfferLine): Field {
  if (offer === undefined) return [prefixBytes(prefix)];
  const { price, attenuation, delay } = offer.vector;
  return [prefixBytes(prefix), offer.class, price, attenuation, delay];
}

function readMessage(reader: CanonicalReader): RouteMessage {
  const kind = reader.small(255);
  const number = () => reader.integer(counterLimit);
  const epoch = number();
  switch (kind) {
    case kinds.PROBE:
      return { type: "PROBE", epoch, number: number(), sent: number(), at: number() };
    case kinds.ECHO: {
      const head = { number: number(), at: number(), held: number() };
      return { type: "ECHO", epoch, ...head, received: number(), sent: number() };
    }
    case kinds.OFFERS: {
      const count = number();
      const lines = Array.from({ length: reader.array(0, lineLimit) }, () => readLine(reader));
      return { type: "OFFERS", epoch, number: count, lines };
    }
    case kinds.TAKEN:
      return { type: "TAKEN", epoch, of: number(), number: number() };
    case kinds.TARIFF:
      return { type: "TARIFF", epoch, tariff: reader.bytes(1, tariffBytesLimit) };
    default:
      throw new Malformed(`no message about routes is of kind ${kind}`);
  }
}

function readLine(reader: CanonicalReader): OfferLine {
  const fields = reader.array(1, 5);
  const prefix = readPrefixBytes(reader.bytes(2, 18));
  if (prefix === undefined) throw new Malformed("bytes that are no prefix");
  if (fields === 1) return { prefix, offer: undefined };
  const sold = priceClass(reader.small(priceClassLimit));
  const price = reader.integer(vectorPriceLimit);
  const attenuation = reader.integer(opaque) as Attenuation;
  return {
    prefix,
    offer: { class: sold, vector: { price, attenuation, delay: reader.integer(delayLimit) } },
  };
}
