/** Something signed that a journal shows, under the number by which both sides know it. */
export interface Shown<A> {
  readonly number: bigint;
  /** Of the commit that carried it. */
  readonly sequence: bigint;
  readonly value: A;
}

/** What is walked through: claims of the one who holds signatures, and the book of who made them. */
export type WalkSide = "claims" | "book";

/** What makes a claim good. */
export interface ClaimRules<A, P> {
  /** Whether claims from before everything that the book knows are held against nobody. */
  readonly excused: () => boolean;
  readonly same: (entry: A, claim: A) => boolean;
  /** What a claim means that the book lacks, or shows otherwise; nothing where that proves nothing. */
  readonly parted: (claim: Shown<A>, entry: Shown<A> | undefined) => P | undefined;
}

/** Two lists that are walked in step, in whatever portions they come. */
export interface ClaimWalk<A, P> {
  readonly show: (side: WalkSide, item: Shown<A>) => void;
  /** Nothing more comes from this side. */
  readonly end: (side: WalkSide) => void;
  /** Which side the walk waits for; nothing once it is over. */
  readonly wants: () => WalkSide | undefined;
  /** How many claims and entries are in memory because the other side is not so far yet. */
  readonly waiting: () => number;
  /** The first claim that does not hold, once it was met. */
  readonly parting: () => P | undefined;
  /** Ends the walk where it is, and lets go of everything. */
  readonly abandon: () => void;
}

/**
 * Holds claims against a book, both in the order of their journals: every claim must be in the book
 * under its number. The book may know more. The walk is over at the first claim that does not hold.
 */
export function claimWalk<A, P>({ excused, same, parted }: ClaimRules<A, P>): ClaimWalk<A, P> {
  const waiting = { claims: line<Shown<A>>(), book: line<Shown<A>>() };
  const ended = { claims: false, book: false };
  let firstKnown: bigint | undefined;
  let parting: P | undefined;
  let over = false;

  const finish = (): void => {
    over = true;
    waiting.claims.clear();
    waiting.book.clear();
  };
  /** Decides the claim that comes next, if the book is far enough. */
  const decided = (claim: Shown<A>): boolean => {
    const { book } = waiting;
    for (let head = book.head(); head !== undefined && head.number < claim.number; ) {
      book.drop();
      head = book.head();
    }
    const entry = book.head();
    if (entry === undefined && !ended.book) return false;
    const older = firstKnown !== undefined && claim.number < firstKnown;
    const holds = entry !== undefined && same(entry.value, claim.value);
    if (!holds && !(older && excused())) parting = parted(claim, entry);
    return true;
  };
  const goOn = (): void => {
    const { claims } = waiting;
    for (let claim = claims.head(); claim !== undefined; claim = claims.head()) {
      if (!decided(claim)) return;
      claims.drop();
      if (parting !== undefined) return finish();
    }
    if (ended.claims) finish();
  };
  return {
    show: (side, item) => {
      if (over) return;
      if (side === "book") firstKnown ??= item.number;
      waiting[side].add(item);
      goOn();
    },
    end: (side) => {
      ended[side] = true;
      if (!over) goOn();
    },
    wants: () => {
      if (over) return undefined;
      return waiting.claims.head() === undefined ? "claims" : "book";
    },
    waiting: () => waiting.claims.size() + waiting.book.size(),
    parting: () => parting,
    abandon: finish,
  };
}

/** First in, first out. */
function line<A>() {
  let items: A[] = [];
  let at = 0;
  return {
    add: (item: A): void => void items.push(item),
    head: (): A | undefined => items[at],
    drop: (): void => {
      at += 1;
      if (at < 64 || at * 2 < items.length) return;
      items = items.slice(at);
      at = 0;
    },
    size: (): number => items.length - at,
    clear: (): void => {
      items = [];
      at = 0;
    },
  };
}
