import type { AccountId } from "#core/schedule/account-id.ts";
import type { NodeId } from "#core/units/node-id.ts";
import { type BookListener, bookReader, type NumberedEvent } from "./book-reader.ts";
import type { WalkSide } from "./claim-walk.ts";
import { type BookWalk, type Difference, leaseWalk, type Parting, voucherWalk } from "./parting.ts";

/** One node's journal, to be held against its neighbours'. */
export interface Book {
  readonly node: NodeId;
  /** Its neighbours, by their numbers in this journal. */
  readonly neighbours: readonly NodeId[];
  /** Its events, from the first on each time they are asked for. */
  readonly events: () => Iterable<NumberedEvent>;
}

/**
 * So many leases and vouchers are kept in memory at most, because the other side's journal is not read
 * so far yet: some ten megabytes.
 */
export const waitingLimit = 16_384;

/** So many events are read of one journal before another one may be more wanted. */
const turnSize = 64;

/**
 * Where the books of each of these accounts first part, in the order of the accounts. All journals are
 * read side by side, once, whichever is waited for most going ahead; memory is bounded by `limit`
 * and does not grow with the journals. Where books are so far apart that more would have to wait, the
 * accounts with most waiting are read by themselves afterwards: slower, with the same result.
 */
export function partings(
  accounts: readonly AccountId[],
  books: readonly Book[],
  limit: number = waitingLimit,
): readonly Parting[] {
  const matters = new Map<string, Matter>();
  const matter = (key: string, make: () => Matter | undefined): Matter | undefined => {
    const found = matters.get(key) ?? make();
    if (found !== undefined) matters.set(key, found);
    return found;
  };
  const asked = accounts.map((account) => ({
    account,
    matters: [
      matter(`${account.payer} ${account.payee} ${account.class}`, () =>
        matterOf(books, account.payer, account.payee, () => leaseWalk(account)),
      ),
      matter(`${account.payer} ${account.payee}`, () =>
        matterOf(books, account.payee, account.payer, () => voucherWalk(account)),
      ),
    ],
  }));
  const found = readTogether([...matters.values()], books, limit);
  return asked.flatMap(({ account, matters: its }) => {
    const first = its.flatMap((one) => (one === undefined ? [] : (found.get(one) ?? [])))[0];
    return first === undefined ? [] : [{ account, ...first }];
  });
}

/** Where a side of a walk is read: which book, and which of its neighbours. */
interface Place {
  readonly book: number;
  readonly neighbour: number;
}

/** Something that two books must agree about. */
interface Matter {
  readonly place: Readonly<Record<WalkSide, Place>>;
  readonly begin: () => BookWalk;
}

const sides = ["claims", "book"] as const satisfies readonly WalkSide[];

/** Nothing where either journal is not among the books, or does not know the other. */
function matterOf(
  books: readonly Book[],
  holder: NodeId,
  signer: NodeId,
  begin: () => BookWalk,
): Matter | undefined {
  const placeOf = (node: NodeId, other: NodeId): Place | undefined => {
    const book = books.findIndex((one) => one.node === node);
    const neighbour = books[book]?.neighbours.indexOf(other) ?? -1;
    return neighbour < 0 ? undefined : { book, neighbour };
  };
  const [claims, book] = [placeOf(holder, signer), placeOf(signer, holder)];
  if (claims === undefined || book === undefined) return undefined;
  return { place: { claims, book }, begin };
}

/** A walk under way, and what of it waits. */
interface Running {
  readonly matter: Matter;
  readonly walk: BookWalk;
  /** The book that is waited for, and how many claims or entries wait. */
  wanted: number;
  count: number;
}

/** All walks side by side. */
function readTogether(
  matters: readonly Matter[],
  books: readonly Book[],
  limit: number,
): ReadonlyMap<Matter, Difference> {
  const all = matters.map(
    (matter): Running => ({
      matter,
      walk: matter.begin(),
      wanted: matter.place.claims.book,
      count: 0,
    }),
  );
  const alone: Matter[] = [];
  const wanted = books.map(() => 0);
  let [waiting, under] = [0, all.length];

  const refresh = (one: Running): void => {
    wanted[one.wanted] = (wanted[one.wanted] ?? 0) - one.count;
    waiting -= one.count;
    const side = one.walk.wants();
    if (side !== undefined) one.wanted = one.matter.place[side].book;
    one.count = one.walk.waiting();
    wanted[one.wanted] = (wanted[one.wanted] ?? 0) + one.count;
    waiting += one.count;
  };
  const giveUp = (): void => {
    const most = all.reduce((a, b) => (b.count > a.count ? b : a));
    alone.push(most.matter);
    most.walk.abandon();
    refresh(most);
  };
  const readers = books.map((book, i) =>
    bookTurns(book, linksOf(all, i), (touched) => {
      for (const one of touched) refresh(one);
      while (waiting > limit) giveUp();
    }),
  );
  while (under > 0) {
    const next = mostWanted(readers, wanted);
    if (next === undefined) break;
    next.turn();
    under = all.filter(({ walk }) => walk.wants() !== undefined).length;
  }
  const found = new Map<Matter, Difference>();
  for (const { matter, walk } of all) {
    const difference = alone.includes(matter) ? readAlone(matter, books) : walk.parting();
    if (difference !== undefined) found.set(matter, difference);
  }
  return found;
}

/** A journal that is read a turn at a time. */
interface Turns {
  readonly turn: () => void;
  readonly ended: () => boolean;
}

/** What a journal is listened to for about one of its neighbours. */
interface Link {
  readonly neighbour: number;
  readonly running: readonly Running[];
  readonly listeners: readonly BookListener[];
  readonly end: () => void;
}

function linksOf(all: readonly Running[], book: number): readonly Link[] {
  const at = all.flatMap((one) =>
    sides.flatMap((side) => {
      const place = one.matter.place[side];
      return place.book === book ? [{ one, side, neighbour: place.neighbour }] : [];
    }),
  );
  return [...new Set(at.map(({ neighbour }) => neighbour))].map((neighbour) => {
    const its = at.filter((one) => one.neighbour === neighbour);
    return {
      neighbour,
      running: its.map(({ one }) => one),
      listeners: its.map(({ one, side }) => one.walk.listener[side]),
      end: () => {
        for (const { one, side } of its) one.walk.end(side);
      },
    };
  });
}

function bookTurns(
  book: Book,
  links: readonly Link[],
  touched: (running: readonly Running[]) => void,
): Turns {
  const readers = links.map(({ neighbour, listeners }) =>
    bookReader(neighbour, heardByAll(listeners)),
  );
  const byNeighbour = new Map(links.map(({ neighbour }, i) => [neighbour, i]));
  const events = book.events()[Symbol.iterator]();
  let ended = false;
  const one = (): void => {
    const { value, done } = events.next();
    if (done === true) {
      ended = true;
      for (const { end, running } of links) {
        end();
        touched(running);
      }
      return;
    }
    if (!("neighbour" in value.event)) {
      for (const reader of readers) reader(value);
      return;
    }
    const at = byNeighbour.get(value.event.neighbour);
    if (at !== undefined && readers[at]?.(value) === true) touched(links[at]?.running ?? []);
  };
  return {
    turn: () => {
      for (let i = 0; i < turnSize && !ended; i++) one();
    },
    ended: () => ended,
  };
}

function heardByAll(listeners: readonly BookListener[]): BookListener {
  return {
    lease: (...what) => {
      for (const one of listeners) one.lease(...what);
    },
    voucher: (...what) => {
      for (const one of listeners) one.voucher(...what);
    },
    begun: (...what) => {
      for (const one of listeners) one.begun(...what);
    },
  };
}

/** The journal that is not over and that most waits for; the first such one where nothing waits. */
function mostWanted(readers: readonly Turns[], wanted: readonly number[]): Turns | undefined {
  let best: number | undefined;
  for (const [i, reader] of readers.entries()) {
    if (reader.ended()) continue;
    if (best === undefined || (wanted[i] ?? 0) > (wanted[best] ?? 0)) best = i;
  }
  return best === undefined ? undefined : readers[best];
}

/** One walk by itself: only what it waits for is read, so that next to nothing waits. */
function readAlone({ place, begin }: Matter, books: readonly Book[]): Difference | undefined {
  const walk = begin();
  const open = (side: WalkSide) => {
    const { book, neighbour } = place[side];
    const events = (books[book]?.events() ?? [])[Symbol.iterator]();
    const reader = bookReader(neighbour, walk.listener[side]);
    return { events, reader };
  };
  const sources = { claims: open("claims"), book: open("book") };
  for (let side = walk.wants(); side !== undefined; side = walk.wants()) {
    const { value, done } = sources[side].events.next();
    if (done === true) walk.end(side);
    else sources[side].reader(value);
  }
  return walk.parting();
}
