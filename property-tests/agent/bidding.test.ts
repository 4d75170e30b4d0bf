import * as Effect from "effect/Effect";
import { afterEach, expect, test } from "vitest";
import { memoryDisk } from "#adapters/journal/memory-journal.ts";
import { keysFromSeed } from "#adapters/keys/seeded-keys.ts";
import { Link } from "#adapters/link/link.ts";
import { bidAt, bidFacts, setBid } from "#agent/agent/bid-request.ts";
import { type BidKeeper, startBidKeeper } from "#agent/bids/bid-keeper.ts";
import { bidTaker, changeBurst, changePause } from "#agent/bids/bid-taker.ts";
import type { Config } from "#agent/config/config.ts";
import { readConfigText } from "#agent/config/config-reader.ts";
import { renderConfig } from "#agent/config/config-text.ts";
import type { SignedBid } from "#core/peer/bid.ts";
import { encodeBidMessage, signBid } from "#core/peer/bid-form.ts";
import type { Bid } from "#core/queue/bids.ts";
import {
  end,
  eventsOf,
  kill,
  type MemoryRouters,
  memoryRouters,
  type RouterName,
  rounds,
  start,
  traffic,
} from "./memory-routers.ts";

let world: MemoryRouters | undefined;
afterEach(async () => {
  if (world !== undefined) await end(world);
});

/** Keepers look only when a test asks them to. */
const never = 3_600_000;

const keysOf = (name: string) => keysFromSeed(`agent test ${name}`);

/** Agents of both routers, each with a keeper of bids. */
async function bidders(made: MemoryRouters) {
  world = made;
  const keepers = new Map<RouterName, BidKeeper>();
  const begin = (name: RouterName) =>
    start(made, name, {
      beside: (agent) =>
        Effect.gen(function* () {
          keepers.set(name, yield* startBidKeeper(agent, yield* Link, never));
        }),
    });
  const look = async () => {
    for (const keeper of keepers.values()) await Effect.runPromise(keeper.look);
    await rounds(made, 2);
  };
  const factsOf = (name: RouterName, at = 0) => {
    const facts = keepers.get(name)?.facts()[at];
    if (facts === undefined) throw new Error(`${name} has no neighbour ${at}`);
    return facts;
  };
  /** A bid of somebody as if it came from the tunnel of a neighbour of b. */
  const say = async (bid: SignedBid, from = "a") => {
    made.network.forge(keysOf(from).nodeId, keysOf("b").nodeId, encodeBidMessage(bid));
    await rounds(made, 1);
  };
  return { begin, look, factsOf, say };
}

const nothing: Bid = { send: 0n, receive: 0n };

const bidOf = (name: string, number: bigint, send: bigint, receive = 0n): SignedBid =>
  signBid(keysOf(name).signer, { seller: keysOf("b").nodeId, number, bid: { send, receive } });

const leasePrice = (made: MemoryRouters) =>
  made.a.agent?.node().ledger.neighbours[0]?.outbound[0]?.schedule.segments.at(-1)?.price;

test("a payer bids by message: its neighbour grants it, leases to come cost so much more and are paid, and the order follows once they are used", async () => {
  const made = memoryRouters();
  const { begin, look, factsOf } = await bidders(made);
  const [a, b] = [await begin("a"), await begin("b")];
  await rounds(made, 4);
  traffic(made, 10_000n);
  await rounds(made, 4);
  expect(leasePrice(made)).toBe(50_000_000n);
  await Effect.runPromise(bidAt(a, ["b", "0.01/GB"]));
  await look();
  const granted = { verdict: "granted", prices: [60_000_000n] };
  expect(factsOf("a").ours).toMatchObject({ ...granted, bid: { send: 10_000_000n, receive: 0n } });
  expect(b.config().neighbours[0]?.bid).toEqual({ send: 10_000_000n, receive: 0n });
  // What it may still send at the price of before does not go first.
  expect(factsOf("b").theirs.ordered).toEqual(nothing);
  const used = async (send: bigint) => {
    for (let i = 0; i < 40 && factsOf("b").theirs.ordered.send !== send; i++) {
      traffic(made, 1_000_000n);
      await rounds(made, 2);
      await look();
    }
    expect(factsOf("b").theirs.ordered).toEqual({ send, receive: 0n });
    return b.node().live[0]?.paths[0]?.read ?? 0n;
  };
  const account = () => b.node().ledger.neighbours[0]?.inbound[0];
  const end = async () => {
    for (let i = 0; i < 4; i++) await rounds(made, 2);
    expect(account()?.credited).toBe(a.node().ledger.neighbours[0]?.outbound[0]?.signed);
    expect(b.node().live[0]?.standing).toBe("open");
  };
  const position = await used(10_000_000n);
  const dear = account()?.schedule.segments.find(({ price }) => price === 60_000_000n);
  expect(position).toBeGreaterThanOrEqual(dear?.from ?? BigInt(never));
  await end();
  // Taken back, it orders for as long as what is leased was paid for.
  await Effect.runPromise(bidAt(a, ["b", "0"]));
  await look();
  expect(b.config().neighbours[0]?.bid).toEqual(nothing);
  expect(factsOf("b").theirs.ordered).toEqual({ send: 10_000_000n, receive: 0n });
  await used(0n);
  expect(leasePrice(made)).toBe(50_000_000n);
  await end();
});

test("what A, C and D bid by message orders the pairs: C->A 9, A->C 8, A->D 7, then C->D and D->A 6, then D->C 4", async () => {
  const made = memoryRouters();
  const config = withClients(made.b.config, ["a", "c", "d"]);
  const { begin, look, factsOf, say } = await bidders({ ...made, b: { ...made.b, config } });
  if (world !== undefined) Object.assign(made.b, world.b);
  const b = await begin("b");
  expect(bidFacts(b.config()).map(({ bid }) => bid)).toEqual(Array(6).fill(0n));
  await say(bidOf("a", 1n, 5n, 5n), "a");
  await say(bidOf("c", 1n, 4n, 3n), "c");
  await say(bidOf("d", 1n, 1n, 2n), "d");
  await look();
  // Nothing was leased at another price: the order holds from the first byte.
  expect([0, 1, 2].map((at) => factsOf("b", at).theirs.verdict)).toEqual(Array(3).fill("granted"));
  const order = bidFacts(b.config()).map(({ from, to, bid }) => [`${from}->${to}`, bid]);
  expect(order).toEqual([
    ["c->a", 9n],
    ["a->c", 8n],
    ["a->d", 7n],
    ["c->d", 6n],
    ["d->a", 6n],
    ["d->c", 4n],
  ]);
  const queues = b.blueprint().neighbours.map(({ queue }) => queue.pairs);
  expect(queues.map((pairs) => pairs?.map(({ from, priority }) => [from, priority]))).toEqual([
    [
      [1, 0],
      [2, 3],
    ],
    [
      [0, 1],
      [2, 4],
    ],
    [
      [0, 2],
      [1, 3],
    ],
  ]);
  const prices = b.blueprint().neighbours.map(({ policy }) => policy.prices);
  expect(prices[0]).toEqual([
    { kind: "fixed", price: 30_000_005n },
    { kind: "fixed", price: 20_000_005n },
  ]);
});

/** The same router with these clients of it, whose exit it is. */
function withClients(config: Config, names: readonly string[]): Config {
  const base = JSON.parse(renderConfig(config, "json"));
  const neighbours = names.map((name, i) => ({
    name,
    id: keysOf(name).nodeId,
    tunnel_key: keysOf(name).tunnelPublicKey,
    listen_port: `${51_820 + 10 * i}`,
    price: "0.03/GB",
    delivery: "exit",
    tariff: "0.02/GB",
  }));
  const reading = readConfigText(JSON.stringify({ ...base, neighbours }));
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  return reading.config;
}

test("bids that are too high, for receiving without a delivery, of old, used twice, of others, forged, malformed or too many are refused and counted, and nothing changes", async () => {
  const made = memoryRouters({ bid_most: "0.02/GB" });
  const { begin, factsOf, say } = await bidders(made);
  const b = await begin("b");
  const held = () => b.config().neighbours[0]?.bid;
  await say(bidOf("a", 5n, 1000n));
  expect(held()).toEqual({ send: 1000n, receive: 0n });
  const refusals: readonly (readonly [SignedBid, string])[] = [
    [bidOf("a", 6n, 20_000_001n), "above the limit"],
    [bidOf("a", 7n, 0n, 1n), "no delivery"],
    [bidOf("a", 3n, 2000n), "out of date"],
    [bidOf("a", 7n, 2000n), "out of date"],
    [bidOf("c", 9n, 2000n), "of another node"],
    [{ ...bidOf("c", 9n, 2000n), bidder: keysOf("a").nodeId }, "forged"],
    [{ ...bidOf("a", 9n, 2000n), bid: { send: 3000n, receive: 0n } }, "forged"],
    [
      signBid(keysOf("a").signer, { seller: keysOf("c").nodeId, number: 9n, bid: nothing }),
      "for another node",
    ],
  ];
  const wanted: Record<string, number> = {};
  for (const [bid, why] of refusals) {
    await say(bid);
    wanted[why] = (wanted[why] ?? 0) + 1;
    expect(factsOf("b").refused, why).toEqual(wanted);
    expect(held()).toEqual({ send: 1000n, receive: 0n });
  }
  const raw = (bytes: Uint8Array) =>
    made.network.forge(keysOf("a").nodeId, keysOf("b").nodeId, bytes);
  raw(encodeBidMessage(bidOf("a", 9n, 1n)).subarray(0, 100));
  raw(Uint8Array.from([0x97, 1, 41, ...new Uint8Array(400)]));
  await rounds(made, 1);
  expect(factsOf("b").refused).toMatchObject({ malformed: 1, oversized: 1 });
  for (let i = 0; i < 30; i++) raw(encodeBidMessage(bidOf("a", 3n, 2000n)));
  await rounds(made, 2);
  expect(factsOf("b").refused["too many"]).toBeGreaterThan(5);
  expect(held()).toEqual({ send: 1000n, receive: 0n });
  expect(b.stopped()).toBeUndefined();
});

test("the same bid said again is no other bid, and one that was refused may be followed by one that is not", async () => {
  const made = memoryRouters({ bid_most: "0.02/GB" });
  const { begin, factsOf, say } = await bidders(made);
  const b = await begin("b");
  const first = eventsOf(made.b).length;
  for (let i = 0; i < 3; i++) await say(bidOf("a", 1n, 20_000_001n));
  await say(bidOf("a", 2n, 1000n));
  // In the journal is the price that follows, and nothing of who said what.
  const kinds = eventsOf(made.b)
    .slice(first)
    .map(({ type }) => type);
  expect(kinds.filter((kind) => kind === "PriceSet")).toEqual(["PriceSet"]);
  const writes = made.b.disk.commits.length;
  for (let i = 0; i < 3; i++) await say(bidOf("a", 2n, 1000n));
  expect(factsOf("b").refused).toEqual({ "above the limit": 3 });
  expect(b.config().neighbours[0]?.bid.send).toBe(1000n);
  expect(made.b.disk.commits.length).toBe(writes);
});

test("whoever changes its bid again and again is taken at its word eight times, then once in ten minutes, and its last bid is not lost", () => {
  const config = memoryRouters().b.config;
  const taker = bidTaker(({ neighbours }) => neighbours[0]);
  const taken = (number: bigint, at: number) => {
    const bid = { send: number, receive: 0n };
    const neighbours = config.neighbours.map((one) => ({ ...one, bid: taker.agreed() }));
    const signed = { type: "BID", bidder: keysOf("a").nodeId, seller: keysOf("b").nodeId } as const;
    const signature = new Uint8Array(65);
    return taker.take({ ...signed, number, bid, signature }, { ...config, neighbours }, at);
  };
  const verdicts = Array.from({ length: 10 }, (_, i) => taken(BigInt(i + 1), i));
  expect(verdicts).toEqual([...Array(changeBurst).fill("granted"), "too soon", "too soon"]);
  expect(taker.agreed().send).toBe(8n);
  expect(taken(10n, changePause - 1)).toBe("too soon");
  expect(taken(10n, changePause + 20)).toBe("granted");
  expect(taker.agreed().send).toBe(10n);
  expect(taken(11n, changePause + 30)).toBe("too soon");
});

test("the operator's own words go first: a bid that is written is not replaced by a message, and with bid_most 0 none is taken", async () => {
  const made = memoryRouters({ bid_most: "0.02/GB" });
  const { begin, factsOf, say } = await bidders(made);
  const b = await begin("b");
  await say(bidOf("a", 1n, 1000n));
  await Effect.runPromise(setBid(b, ["a", "7"]));
  expect(factsOf("b").theirs).toMatchObject({ bid: { send: 7n }, ordered: { send: 7n } });
  await say(bidOf("a", 2n, 1000n));
  expect(factsOf("b").refused).toEqual({ "set by the operator": 1 });
  expect(b.config().neighbours[0]?.bid.send).toBe(7n);
  await Effect.runPromise(b.amend((config) => ({ ...config, mostBid: 0n })));
  await Effect.runPromise(setBid(b, ["a", "0"]));
  await say(bidOf("a", 3n, 1n));
  expect(factsOf("b").refused).toMatchObject({ "no bids are taken": 1 });
  expect(b.config().neighbours[0]?.bid).toEqual(nothing);
});

test("a bid that would cost more than max_price is taken back by whoever made it, and nobody is left without leases", async () => {
  const made = memoryRouters();
  const { begin, look, factsOf } = await bidders(made);
  const [a, b] = [await begin("a"), await begin("b")];
  await rounds(made, 4);
  const max = 55_000_000n;
  await Effect.runPromise(
    a.amend((config) => ({
      ...config,
      neighbours: config.neighbours.map((one) => ({ ...one, maxPrice: max as never })),
    })),
  );
  await Effect.runPromise(bidAt(a, ["b", "0.01/GB"]));
  await look();
  expect(factsOf("a").ours.words).toContain("max_price allows 55000000");
  expect(b.config().neighbours[0]?.bid.send).toBe(10_000_000n);
  await look();
  expect(b.config().neighbours[0]?.bid).toEqual(nothing);
  traffic(made, 1_000_000n);
  await rounds(made, 4);
  expect(leasePrice(made)).toBe(50_000_000n);
});

test("lost messages are said again; a seller that starts again is told again, and a payer whose journal is lost finds its number", async () => {
  const made = memoryRouters();
  const { begin, look, factsOf } = await bidders(made);
  let a = await begin("a");
  let b = await begin("b");
  await rounds(made, 4);
  made.network.cut(keysOf("a").nodeId, keysOf("b").nodeId);
  await Effect.runPromise(bidAt(a, ["b", "0.01/GB"]));
  await look();
  expect(factsOf("a").ours.verdict).toBeUndefined();
  made.network.mend(keysOf("a").nodeId, keysOf("b").nodeId);
  const until = async (granted: () => boolean) => {
    while (!granted()) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      await look();
    }
  };
  await until(() => factsOf("a").ours.verdict === "granted");
  await kill(made.a);
  a = await begin("a");
  await Effect.runPromise(bidAt(a, ["b", "0.02/GB"]));
  await until(() => b.config().neighbours[0]?.bid.send === 20_000_000n);
  await kill(made.b);
  await kill(made.a);
  Object.assign(made.a, { disk: memoryDisk() });
  b = await begin("b");
  expect(b.config().neighbours[0]?.bid).toEqual(nothing);
  made.network.forge(
    keysOf("a").nodeId,
    keysOf("b").nodeId,
    encodeBidMessage(bidOf("a", 1n << 40n, 5n)),
  );
  await rounds(made, 1);
  expect(b.config().neighbours[0]?.bid.send).toBe(5n);
  a = await begin("a");
  await Effect.runPromise(bidAt(a, ["b", "0.01/GB"]));
  await until(() => b.config().neighbours[0]?.bid.send === 10_000_000n);
  expect(factsOf("a").ours.number).toBeGreaterThan(1n << 40n);
});
