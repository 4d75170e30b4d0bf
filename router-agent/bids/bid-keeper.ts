import * as Effect from "effect/Effect";
import * as Semaphore from "effect/Semaphore";
import type { Datagram, Link } from "#adapters/link/link.ts";
import { type Share, type TokenBucket, tokenBucket } from "#adapters/link/token-bucket.ts";
import type { Agent } from "#agent/agent/agent.ts";
import { neighbourFacts } from "#agent/agent/facts.ts";
import { orderOf } from "#agent/agent/pair-plans.ts";
import { noBid } from "#agent/config/bid-options.ts";
import type { Config, NeighbourConfig } from "#agent/config/config.ts";
import { askedPrices } from "#agent/routing/asked-prices.ts";
import {
  type BidVerdict,
  type SignedBid,
  type Surcharge,
  surchargePriceLimit,
} from "#core/peer/bid.ts";
import { encodeBidMessage, signSurcharge } from "#core/peer/bid-form.ts";
import { type BidMessageRefusal, isSigned, readBidMessage } from "#core/peer/bid-reader.ts";
import { type Bid, isSameBid } from "#core/queue/bids.ts";
import type { NodeId } from "#core/units/node-id.ts";
import {
  type AnswerRefusal,
  type BidAsker,
  type BidWish,
  bidAsker,
  verdictWords,
} from "./bid-asker.ts";
import { type BidTaker, bidTaker } from "./bid-taker.ts";
import { type LeasedOrder, leasedOrder } from "./leased-order.ts";

/** What is bid between us and one neighbour, in numbers and words. Amounts are grains a byte. */
export interface BiddingFacts {
  readonly id: NodeId;
  readonly name: string;
  /** What we bid at it. */
  readonly ours: {
    readonly bid: Bid;
    readonly number: bigint | undefined;
    readonly verdict: BidVerdict | undefined;
    readonly words: string;
    /** What it says that a byte costs with the bid, class 1 first, a delivery last. */
    readonly prices: readonly bigint[];
  };
  /** What it bids here: what leases to come carry, and what orders its packets by now. */
  readonly theirs: {
    readonly bid: Bid;
    readonly ordered: Bid;
    readonly number: bigint | undefined;
    readonly verdict: BidVerdict | undefined;
  };
  /** Messages about bids that changed nothing, by why. */
  readonly refused: Readonly<Record<string, number>>;
}

/** Speaks with neighbours about priority, beside the loop: what is agreed on is prices of leases to come. */
export interface BidKeeper {
  readonly facts: () => readonly BiddingFacts[];
  /** Does now what is due. */
  readonly look: Effect.Effect<void>;
}

/** How often it is looked whether something is due, in milliseconds. */
export const biddingInterval = 1000;

/** So many messages about bids are read of one neighbour: each may cost a signature. */
const share: Share = { perSecond: 4, burst: 16 };

/** What a keeper knows of one neighbour. All of it may be lost. */
interface Book {
  readonly asker: BidAsker;
  readonly taker: BidTaker;
  readonly order: Readonly<Record<keyof Bid, LeasedOrder>>;
  readonly share: TokenBucket;
  readonly refused: Map<string, number>;
}

/** Why a message about a bid changed nothing. */
type Refused = BidMessageRefusal | AnswerRefusal | BidVerdict | "too many";

/** A keeper of bids, for as long as its scope lasts. Whatever goes wrong is told, and tried again. */
export const startBidKeeper = Effect.fnUntraced(function* (
  agent: Agent,
  link: Link["Service"],
  interval = biddingInterval,
) {
  const books = bidBooks();
  const send = (to: NodeId, bytes: Uint8Array) => Effect.ignore(link.send(to, bytes));
  const answer = Effect.fnUntraced(function* (bid: SignedBid, book: Book) {
    const before = configOf(agent.config(), bid.bidder)?.bid ?? noBid;
    const verdict = book.taker.take(bid, agent.config(), performance.now());
    if (verdict !== "granted") note(book, verdict);
    else if (!isSameBid(before, bid.bid)) yield* agree(agent, bid.bidder, book);
    const { number } = bid;
    const shown = verdict === "out of date" ? (book.taker.number() ?? number) : number;
    yield* send(bid.bidder, surchargeOf(agent, bid.bidder, verdict, shown));
  });
  const handle = Effect.fnUntraced(function* ({ neighbour, bytes }: Datagram) {
    const one = configOf(agent.config(), neighbour);
    if (one === undefined) return;
    const book = books.of(one.id);
    if (!book.share.take(performance.now())) return note(book, "too many");
    const message = readBidMessage(bytes, one.id, agent.node().signer.id);
    if (typeof message === "string") return note(book, message);
    if (!isSigned(message)) return note(book, "forged");
    if (message.type === "BID") return yield* answer(message, book);
    yield* heardAnswer(agent, one, book, message);
  });
  const look = Effect.gen(function* () {
    const { neighbours } = agent.config();
    books.keep(neighbours);
    for (const one of neighbours) {
      const book = books.of(one.id);
      const due = book.asker.due(wishOf(agent, one), performance.now());
      if (due !== undefined) yield* send(one.id, due);
      // A configuration that was read again knows nothing of what was agreed on by message.
      const agreed = book.taker.agreed();
      if (isSameBid(one.bid, noBid) && !isSameBid(agreed, noBid)) yield* agree(agent, one.id, book);
      else if (waits(book)) yield* reorder(agent, one.id, book);
    }
  });
  // What is agreed on takes a while: one after the other, so that nothing is agreed on twice.
  const alone = Semaphore.makeUnsafe(1);
  const hear = Effect.flatMap(agent.bidMail, (mail) => alone.withPermit(handle(mail)));
  const tend = alone.withPermit(look);
  const facts = () =>
    agent.config().neighbours.map((one) => factsOf(one, books.of(one.id), wishOf(agent, one)));
  yield* Effect.forkScoped(Effect.forever(guarded(hear)));
  const later = Effect.andThen(Effect.sleep(interval), guarded(tend));
  yield* Effect.forkScoped(Effect.forever(later));
  const keeper: BidKeeper = { facts, look: guarded(tend) };
  return keeper;
});

/** One book for each neighbour; of those that are none any more nothing is kept. */
function bidBooks() {
  const books = new Map<NodeId, Book>();
  return {
    of: (id: NodeId): Book => {
      const book = books.get(id) ?? {
        asker: bidAsker(),
        taker: bidTaker((config) => configOf(config, id)),
        order: { send: leasedOrder(), receive: leasedOrder() },
        share: tokenBucket(share, performance.now()),
        refused: new Map(),
      };
      books.set(id, book);
      return book;
    },
    keep: (neighbours: readonly NeighbourConfig[]) => {
      for (const id of books.keys()) if (!neighbours.some((one) => one.id === id)) books.delete(id);
    },
  };
}

/** Leases to come carry the bid from here on; what orders packets follows as they are used. */
const agree = Effect.fnUntraced(function* (agent: Agent, id: NodeId, book: Book) {
  const bid = book.taker.agreed();
  yield* agent.amend((config) => {
    // Nobody leases meanwhile: these are the last positions that do not carry it.
    const { sending, receiving } = earning(agent, id);
    book.order.send.change(bid.send, sending);
    book.order.receive.change(bid.receive, receiving);
    const ordered = inUse(agent, id, book);
    return changed(config, id, (one) => ({ ...one, bid, ordered }));
  });
  const { name = id } = configOf(agent.config(), id) ?? {};
  yield* Effect.logInfo(`${name} bids ${bid.send} for sending and ${bid.receive} for receiving`);
});

/** Whether leases that carry another bid are still to be used up. */
function waits({ order }: Book): boolean {
  return order.send.waits() || order.receive.waits();
}

const reorder = Effect.fnUntraced(function* (agent: Agent, id: NodeId, book: Book) {
  const ordered = inUse(agent, id, book);
  const one = configOf(agent.config(), id);
  // A bid that the operator wrote meanwhile orders by itself.
  if (one?.ordered === undefined || isSameBid(orderOf(one), ordered)) return;
  yield* agent.amend((config) => changed(config, id, (now) => ({ ...now, ordered })));
});

function inUse(agent: Agent, id: NodeId, { order }: Book): Bid {
  const { sending, receiving } = earning(agent, id);
  return { send: order.send.inUse(sending), receive: order.receive.inUse(receiving) };
}

/** The accounts by which a neighbour pays us: for what it sends, and as our client for what it receives. */
function earning(agent: Agent, id: NodeId) {
  const { ledger, live } = agent.node();
  const all = neighbourFacts(ledger, live, agent.resets).find((one) => one.id === id);
  const accounts = (all?.accounts ?? []).filter(({ direction }) => direction === "we are paid");
  return {
    sending: accounts.filter(({ delivery }) => !delivery),
    receiving: accounts.filter(({ delivery }) => delivery),
  };
}

function surchargeOf(agent: Agent, bidder: NodeId, verdict: BidVerdict, number: bigint) {
  const node = agent.node();
  const at = node.ledger.neighbours.findIndex(({ id }) => id === bidder);
  const prices = askedPrices(node, at).slice(0, surchargePriceLimit);
  const { bid = noBid } = configOf(agent.config(), bidder) ?? {};
  const words = { bidder, number, verdict, bid, prices: prices.map((price) => price ?? 0n) };
  return encodeBidMessage(signSurcharge(node.signer, words));
}

const heardAnswer = Effect.fnUntraced(function* (
  agent: Agent,
  one: NeighbourConfig,
  { asker, refused }: Book,
  message: Surcharge,
) {
  const before = asker.answer()?.verdict;
  const taken = asker.take(message, wishOf(agent, one));
  if (taken !== "taken") return note({ refused }, taken);
  if (isSameBid(one.ourBid, noBid) || message.verdict === before) return;
  const words = asker.withdrawn() ?? verdictWords[message.verdict];
  const said = `our bid at ${one.name}: ${words}`;
  const fine = message.verdict === "granted" && asker.withdrawn() === undefined;
  yield* fine ? Effect.logInfo(said) : Effect.logWarning(said);
});

function factsOf(
  one: NeighbourConfig,
  { asker, taker, refused }: Book,
  wish: BidWish,
): BiddingFacts {
  const answer = asker.answer();
  const words =
    asker.withdrawn() ?? (answer === undefined ? "not answered" : verdictWords[answer.verdict]);
  const ours = {
    bid: wish.bid,
    number: asker.said()?.number,
    verdict: answer?.verdict,
    words: isSameBid(wish.bid, noBid) ? "nothing is bid" : words,
    prices: answer?.prices ?? [],
  };
  const heard = { number: taker.number(), verdict: taker.verdict() };
  const theirs = { bid: one.bid, ordered: orderOf(one), ...heard };
  return { id: one.id, name: one.name, ours, theirs, refused: Object.fromEntries(refused) };
}

function wishOf(agent: Agent, { id, ourBid, maxPrice }: NeighbourConfig): BidWish {
  const { signer, ledger } = agent.node();
  return { signer, seller: id, run: ledger.run, bid: ourBid, maxPrice };
}

function note({ refused }: Pick<Book, "refused">, why: Refused): void {
  refused.set(why, (refused.get(why) ?? 0) + 1);
}

function configOf({ neighbours }: Config, id: string): NeighbourConfig | undefined {
  return neighbours.find((one) => one.id === id);
}

function changed(
  config: Config,
  id: NodeId,
  change: (one: NeighbourConfig) => NeighbourConfig,
): Config {
  const neighbours = config.neighbours.map((one) => (one.id === id ? change(one) : one));
  return { ...config, neighbours };
}

const guarded = (effect: Effect.Effect<void, { readonly message: string }>): Effect.Effect<void> =>
  effect.pipe(
    Effect.catch(({ message }) => Effect.logWarning(`bids: ${message}`)),
    Effect.catchDefect((defect) => Effect.logError(`bids: ${String(defect)}`)),
  );
