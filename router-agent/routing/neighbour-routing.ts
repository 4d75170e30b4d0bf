import { linkLocal } from "#adapters/link/link-local.ts";
import type { NeighbourBlueprint } from "#agent/agent/blueprint.ts";
import type { NeighbourLedger } from "#core/journal/ledger.ts";
import {
  afterLeases,
  believedPrice,
  newBelief,
  type PriceBelief,
} from "#core/route/believed-price.ts";
import { lastPrice } from "#core/schedule/schedule.ts";
import type { Price } from "#core/units/price.ts";
import { type LinkProbe, linkProbe } from "./link-probe.ts";
import { type MeasuringShare, measuringShare } from "./measuring-share.ts";
import { type OfferBook, offerBook } from "./offer-book.ts";
import { type OfferSender, offerSender } from "./offer-sender.ts";
import type { PriceNow } from "./resold-leases.ts";
import type { Hop } from "./route-choice.ts";
import { type TariffSender, tariffSender } from "./tariff-sender.ts";

/** All that is known of one neighbour for choosing routes. */
export interface NeighbourRouting {
  readonly probe: LinkProbe;
  readonly book: OfferBook;
  readonly sender: OfferSender;
  /** Where it is a client of ours. */
  readonly tariff: TariffSender;
  /** What may be sent to measure it. */
  readonly measuring: MeasuringShare;
  /** When the last probe went to it, in milliseconds, and how many it never answered so far. */
  probed: number;
  asked: number;
  /**
   * As a next hop, now.
   * @param cap the operator's own, for every neighbour.
   * @param priceNow what it is chosen by, of what it asks.
   */
  readonly hop: (
    drawn: NeighbourBlueprint,
    ledger: NeighbourLedger | undefined,
    cap: Price | undefined,
    now: bigint,
    factors: Hop["factors"],
    priceNow?: PriceNow,
  ) => Hop;
}

/** A neighbour that nothing is known of. @param epoch ours; @param limit destinations kept of it. */
export function neighbourRouting(epoch: bigint, limit: () => number): NeighbourRouting {
  const [probe, book, sender] = [linkProbe(), offerBook(limit), offerSender(epoch)];
  const beliefs = new Map<number, PriceBelief>();
  const dearest = recentlyDearest(book);
  let caughtSince: bigint | undefined;

  /** Holds the newest lease of each class against what was advertised for it. */
  const lookAtLeases = (ledger: NeighbourLedger | undefined, now: bigint): void => {
    if (caughtSince !== undefined && now - caughtSince > mistrustTime) {
      beliefs.clear();
      caughtSince = undefined;
    }
    ledger?.outbound.forEach(({ schedule }, i) => {
      const belief = beliefs.get(i + 1) ?? newBelief(schedule.leases);
      const advertised = dearest(i + 1, now);
      beliefs.set(i + 1, afterLeases(belief, schedule.leases, lastPrice(schedule), advertised));
    });
    const caught = [...beliefs.values()].some((belief) => belief.caught !== undefined);
    caughtSince = caught ? (caughtSince ?? now) : undefined;
  };
  return {
    probe,
    book,
    sender,
    tariff: tariffSender(),
    measuring: measuringShare(performance.now()),
    probed: Number.NEGATIVE_INFINITY,
    asked: 0,
    hop: ({ config, queue, link }, ledger, cap, now, factors, priceNow = (_, asked) => asked) => {
      lookAtLeases(ledger, now);
      return {
        id: config.id,
        index: queue.index,
        interfaceName: link.interfaceName,
        address: linkLocal(link.peerAddress) ?? link.peerAddress,
        alive: probe.alive(now),
        link: probe.vector(),
        factors,
        cap: cap !== undefined && cap < config.maxPrice ? cap : config.maxPrice,
        offer: book.offer,
        believed: (priceClass, advertised) => {
          const belief = beliefs.get(priceClass);
          return belief === undefined ? advertised : believedPrice(belief, advertised);
        },
        priceNow,
        classes: queue.interfaces.length - 1,
      };
    },
  };
}

/** A lease may be as dear as an advert of so long ago: both were on their way. In microseconds. */
const underWay = 30_000_000n;

/**
 * So long whoever leased dearer than it advertised is not believed, in microseconds. For ever would be
 * wrong: without traffic there is no lease by which it could show that it is honest now.
 */
const mistrustTime = 600_000_000n;

/** The dearest advert of a class within the last {@link underWay}. */
function recentlyDearest(book: OfferBook) {
  const recent = new Map<number, { readonly price: bigint; readonly until: bigint }>();
  return (priceClass: number, now: bigint): bigint | undefined => {
    const current = book.dearest(priceClass);
    const before = recent.get(priceClass);
    if (before !== undefined && now < before.until && before.price > (current ?? 0n)) {
      return before.price;
    }
    if (current === undefined) recent.delete(priceClass);
    else recent.set(priceClass, { price: current, until: now + underWay });
    return current;
  };
}
