import type { Config } from "#agent/config/config.ts";
import { wishesOf } from "#agent/config/market-config.ts";
import { askedPrices } from "#agent/routing/asked-prices.ts";
import { averageWith, spent } from "#core/negotiation/purchase-window.ts";
import type { Node } from "#core/node/node.ts";
import type { MarketBook, MarketSeat } from "./market-book.ts";

/** What `market` answers. Prices are grains a byte, shares parts per million, all as texts. */
export interface MarketAnswer {
  readonly mode: string;
  /** Nothing where prices are as written. */
  readonly wishes: WishFacts | undefined;
  readonly asked: readonly AskedFacts[];
}

/** The wishes that hold, with all that follows from the slider and the price cap. */
export interface WishFacts {
  readonly slider: string | undefined;
  readonly profit: string;
  readonly window: string;
  readonly floor: string;
  readonly ceiling: string;
  readonly scarce: string;
  readonly idle: string;
  /** What is paid for own traffic at most, by any way: `route_max_price`, or the price cap. */
  readonly pays: string;
  /** Grains that a stranger may owe, and the share of all that it ever paid by which that grows. */
  readonly credit: string;
  readonly growth: string;
}

/** What one neighbour is asked for one class. */
export interface AskedFacts {
  readonly neighbour: string;
  readonly class: number;
  /** What its next lease would cost; nothing where nothing is sold to it. */
  readonly price: string | undefined;
  /** What the market asks at least. */
  readonly least: string | undefined;
  /** The average paid upstream, and over how many bytes. */
  readonly average: string | undefined;
  readonly bytes: string;
  readonly changes: number;
  readonly why: string;
  /** Why the wishes cannot be fulfilled now, with numbers that would do. */
  readonly refusal: string | undefined;
}

/** Everything about the market, as it stands. */
export function marketAnswer(node: Node, config: Config, book: MarketBook): MarketAnswer {
  const { market, neighbours, routing, terms } = config;
  const wishes = wishesOf(config);
  if (wishes === undefined) return { mode: market.mode, wishes: undefined, asked: [] };
  const { profit, window, floor, ceiling, scarce, idle } = wishes;
  return {
    mode: market.mode,
    wishes: {
      slider: market.mode === "slider" ? `${market.slider}` : undefined,
      profit: `${profit}`,
      window: `${window}`,
      floor: `${floor}`,
      ceiling: `${ceiling}`,
      scarce: `${scarce}`,
      idle: `${idle}`,
      pays: `${routing.maxPrice ?? terms.priceCap}`,
      credit: `${strangersCredit(config)}`,
      growth: `${terms.growth?.share ?? 0n}`,
    },
    asked: neighbours.flatMap(({ id, name, classes }) => {
      const index = node.ledger.neighbours.findIndex((one) => one.id === id);
      const prices = index < 0 ? [] : askedPrices(node, index);
      return Array.from({ length: classes }, (_, i) => i).flatMap((i) => {
        const seat = book.seat(id, i + 1);
        return seat === undefined ? [] : [askedFacts(name, i + 1, prices[i], seat)];
      });
    }),
  };
}

/** Who is found and accepted gets discovery's own credit; where nobody is looked for there are no strangers. */
function strangersCredit({ discovery, terms }: Config): bigint {
  return discovery.interfaces.length > 0 ? discovery.creditLimit : terms.creditLimit;
}

function askedFacts(
  neighbour: string,
  paidClass: number,
  price: bigint | undefined,
  { asking, bought, changes }: MarketSeat,
): AskedFacts {
  const paid = spent(bought);
  return {
    neighbour,
    class: paidClass,
    price: price?.toString(),
    least: asking.price?.toString(),
    average: averageWith(paid, 0n)?.toString(),
    bytes: `${paid.bytes}`,
    changes,
    why: asking.movement,
    refusal: asking.refusal?.words,
  };
}
