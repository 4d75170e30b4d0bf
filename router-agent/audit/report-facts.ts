import type { Verdict } from "./examination.ts";

/** Everything that a report shows, already small enough to be drawn. Money is grains. */
export interface ReportFacts {
  readonly verdict: Verdict;
  readonly journals: readonly JournalFacts[];
  readonly nodes: readonly NodeFacts[];
  readonly accounts: readonly AccountSeries[];
  /** Whatever does not fit, in words, the most telling first. */
  readonly differences: readonly string[];
  /** How money is written: grains moved by so many decimal places, and called so. */
  readonly money: { readonly name: string; readonly places: number };
}

/** One journal that was read. */
export interface JournalFacts {
  readonly directory: string;
  readonly node: string;
  readonly name: string;
  readonly verdict: Verdict;
  readonly commits: bigint;
  readonly events: number;
  readonly repaired: number;
  /** Days, where they were noted. */
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** One node, whether its journal was read or only its neighbours'. */
export interface NodeFacts {
  readonly node: string;
  readonly name: string;
  readonly paid: bigint;
  readonly received: bigint;
  readonly known: boolean;
}

/** A value at a byte position of an account. */
export interface Point {
  readonly at: bigint;
  readonly value: bigint;
}

/** One account over its byte positions, as its two journals tell it, thinned to be drawn. */
export interface AccountSeries {
  readonly payer: string;
  readonly payee: string;
  readonly class: number;
  readonly sent: bigint;
  readonly received: bigint;
  readonly owed: bigint;
  readonly expected: bigint;
  readonly signed: bigint;
  readonly credited: bigint;
  readonly payments: number;
  readonly exposureBound: bigint;
  /** F at the payer's readings, and at the payee's. */
  readonly owedAt: readonly Point[];
  readonly expectedAt: readonly Point[];
  /** Totals signed, and credited. */
  readonly signedAt: readonly Point[];
  readonly creditedAt: readonly Point[];
  /** The price from a position on, grains a byte. */
  readonly priceFrom: readonly Point[];
  /** Bytes sent and not read, as of each payment that arrived. */
  readonly lossAt: readonly Point[];
  /** Credit given: F(y) - w. */
  readonly exposureAt: readonly Point[];
}

/** At most so many points of one line. */
export const pointLimit = 300;

/** At most so many accounts are drawn; the others are in the table. */
export const drawnLimit = 60;

/** A line that stays small: when it has too many points, every second one goes. */
export function thinned(): { add: (point: Point) => void; points: () => readonly Point[] } {
  let points: Point[] = [];
  let skip = 1;
  let count = 0;
  let last: Point | undefined;
  return {
    add: (point) => {
      last = point;
      count += 1;
      if (count % skip !== 0) return;
      points.push(point);
      if (points.length < 2 * pointLimit) return;
      points = points.filter((_, i) => i % 2 === 0);
      skip *= 2;
    },
    points: () => {
      const step = Math.ceil(points.length / pointLimit);
      const some = points.filter((_, i) => i % step === 0);
      return last === undefined || some.at(-1) === last ? some : [...some, last];
    },
  };
}
