import type { Signer } from "#core/identity/signature.ts";
import { type Tariff, type TariffPrice, tariffNumberLimit } from "#core/peer/tariff.ts";
import { encodeTariff, signTariff } from "#core/peer/tariff-form.ts";

/** Tells one client our tariff: when it changes, when the client begins anew, and now and then. */
export interface TariffSender {
  /** The tariff to be told now, in bytes; nothing where none is due. */
  readonly due: (wanted: WantedTariff, now: number) => Uint8Array | undefined;
  /** The client says who it is: one that began anew knows no tariff. */
  readonly meet: (epoch: bigint) => void;
  readonly told: () => Tariff | undefined;
}

/** What our tariff is to say. */
export interface WantedTariff {
  readonly signer: Signer;
  /** Which run of the agent this is: numbers go on rising over restarts. */
  readonly run: bigint;
  readonly loss: bigint;
  readonly prices: readonly TariffPrice[];
}

/** It is told again after so long, in milliseconds: nobody acknowledges it. */
export const tariffInterval = 20_000;

/** So many tariffs there can be in one run. */
const perRun = 1n << 24n;

/** A sender that has told nothing. */
export function tariffSender(): TariffSender {
  let told: Tariff | undefined;
  let bytes: Uint8Array | undefined;
  let count = 0n;
  let last = Number.NEGATIVE_INFINITY;
  let theirs: bigint | undefined;
  let text = "";
  return {
    told: () => told,
    meet: (epoch) => {
      if (epoch === theirs) return;
      theirs = epoch;
      last = Number.NEGATIVE_INFINITY;
    },
    due: ({ signer, run, loss, prices }, now) => {
      if (theirs === undefined) return undefined; // nobody there who would understand
      const wanted = [loss, ...prices.flatMap((one) => [one.class, one.price])].join(" ");
      if (wanted !== text && count + 1n < perRun) {
        count += 1n;
        const number = run * perRun + count;
        if (number > tariffNumberLimit) return undefined;
        told = signTariff(signer, { number, loss, prices });
        bytes = encodeTariff(told);
        text = wanted;
        last = Number.NEGATIVE_INFINITY;
      }
      if (now - last < tariffInterval) return undefined;
      last = now;
      return bytes;
    },
  };
}
