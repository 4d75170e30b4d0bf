import { type Damped, type Movement, mayResume, moved, withheld } from "./damping.ts";
import { averageWith, millionth, type PurchaseWindow, spent } from "./purchase-window.ts";
import { marketRefusal, type Wishes, type WishRefusal } from "./wishes.ts";

/** What a seller knows when it thinks about its price again. */
export interface Sight {
  readonly bought: PurchaseWindow;
  /** What the next byte costs upstream: the dearest lease held; nothing where that is not known. */
  readonly present: bigint | undefined;
  /** What is added to it at least (T12). */
  readonly fee: bigint;
  /** Bytes carried as paid since the last look, and how many could have been. */
  readonly sold: bigint;
  readonly capacity: bigint;
}

/** What is asked from now on, for positions that are not leased yet, and why. */
export interface Asking {
  readonly damped: Damped;
  /** Nothing where nothing may be sold: see `refusal`. Grains a byte. */
  readonly price: bigint | undefined;
  /** The floor, or what covers cost and profit: never less than this. */
  readonly least: bigint;
  readonly movement: Movement | "nothing can be sold within the wishes";
  readonly refusal: WishRefusal | undefined;
  /** What was bought is a whole calm ago: it counts no more, and the window begins anew. */
  readonly isStale: boolean;
}

/**
 * The price to ask next. It never lies below the floor, or below what the last N bytes cost on average
 * with the profit on top; never above the ceiling; and is damped in between. Where what upstream charges now does
 * not allow for both, nothing is sold. Leases that were granted keep their price (T16).
 * @param wishes without faults of their own, see `wishRefusals`.
 */
export function ask(wishes: Wishes, before: Damped, sight: Sight): Asking {
  const { bought, present, fee } = sight;
  const least = leastPrice(wishes, bought);
  const refusal = marketRefusal(wishes, { ...spent(bought), present, fee });
  const passed = sight.capacity > sight.sold ? sight.capacity : sight.sold;
  const stopped = before.isWithheld || refusal !== undefined ? withheld(before, passed) : before;
  if (refusal !== undefined) {
    // Without sales nothing is bought, and without purchases no byte ages: unsold capacity does it then.
    const isStale = present === undefined && stopped.passed >= wishes.damping.calm;
    const movement = "nothing can be sold within the wishes";
    return { damped: stopped, price: undefined, least, movement, refusal, isStale };
  }
  if (stopped.isWithheld && !mayResume(stopped, wishes.damping)) {
    const movement = "waits for more bytes";
    return { damped: stopped, price: undefined, least, movement, refusal, isStale: false };
  }
  const target = targetOf(wishes, before.price, least, sight);
  const begun = { ...before, isWithheld: false };
  const aim = { least, most: wishes.ceiling, target };
  const { next, movement } = moved(begun, wishes.damping, aim, passed);
  const { price } = next;
  return { damped: next, price, least, movement, refusal: undefined, isStale: false };
}

/**
 * The floor, or what covers cost and profit of the last N bytes, whichever is more; or the ceiling, where that
 * is less: a dear past does not stop sales that the present price allows. In grains a byte.
 */
function leastPrice({ floor, ceiling, profit }: Wishes, bought: PurchaseWindow): bigint {
  const covering = averageWith(spent(bought), profit);
  const least = covering !== undefined && covering > floor ? covering : floor;
  return least < ceiling ? least : ceiling;
}

/** Where the price should go: to one end of what it may be, or nowhere. */
function targetOf(wishes: Wishes, price: bigint, least: bigint, { sold, capacity }: Sight): bigint {
  if (wishes.mode === "cost") return least;
  if (capacity === 0n) return price;
  const share = (sold * millionth) / capacity;
  if (share >= wishes.scarce) return wishes.ceiling;
  return share <= wishes.idle ? least : price;
}
