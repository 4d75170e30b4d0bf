import type { Signature } from "#core/identity/signature.ts";
import type { NodeId } from "#core/units/node-id.ts";
import type { Price } from "#core/units/price.ts";
import type { PriceClass } from "#core/units/price-class.ts";

/**
 * What an exit asks and promises, signed, the same for whoever asks: it can be shown to others. Binds
 * no bill, leases do; but a lease above it, or a loss beyond it, is a broken word.
 */
export interface Tariff {
  readonly exit: NodeId;
  /** Newer replaces older: a tariff holds until one with a higher number is seen. No clock is asked. */
  readonly number: bigint;
  /** The most of what it states that gets lost on the way to the client, in parts per million. */
  readonly loss: bigint;
  /** What a client pays for each byte it receives, by the classes that carry it, class 1 first. */
  readonly prices: readonly TariffPrice[];
  readonly signature: Signature;
}

/** A tariff before it is signed. */
export type UnsignedTariff = Omit<Tariff, "signature">;

/** The price of what is delivered in one class. */
export interface TariffPrice {
  readonly class: PriceClass;
  readonly price: Price;
}

/** The version of the form. */
export const tariffVersion = 1;

/** The longest tariff in bytes: seven classes at the dearest price have 224. */
export const tariffLimit = 240;

/** The highest number of a tariff. */
export const tariffNumberLimit = (1n << 64n) - 1n;

/** A promise to lose everything. */
export const tariffLossLimit = 1_000_000n;

/** What a tariff asks for deliveries in a class; nothing where it does not offer that class. */
export function tariffPrice({ prices }: Tariff, carrier: PriceClass): Price | undefined {
  return prices.find((one) => one.class === carrier)?.price;
}
