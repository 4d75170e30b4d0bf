import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BidFacts } from "#agent/agent/bid-request.ts";
import { asked, type Bidder, type BidStage, bidders, bidStage, linkRate } from "./bid-stage.ts";
import { skipsLab } from "./lab.ts";

/** The bids of the example. */
const bids = {
  a: { receive: 5n, send: 5n },
  c: { receive: 3n, send: 4n },
  d: { receive: 2n, send: 1n },
} as const;

/** Waits until something holds; the runner's own time limit ends a wait in vain. */
async function eventually(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 100));
}

/** Four agents that begin on a busy machine, in milliseconds. */
const startTime = 240_000;

/** Until leases that name new bids have replaced those before, in milliseconds. */
const orderTime = 120_000;

const link = linkRate / 8;

describe.skipIf(skipsLab())("bids by message on the real kernel", () => {
  let stage: BidStage;

  beforeAll(async () => {
    stage = await bidStage();
    await stage.start(bids);
  }, startTime);
  afterAll(() => stage?.close());

  const order = async () => {
    const facts = (await stage.ask("r", "bids")) as readonly BidFacts[];
    return facts.map(({ from, to, bid }) => [`${from}->${to}`, `${bid}`]);
  };
  /** Traffic, until what was leased before is used up and all pairs are in an order; a failure shows both. */
  const sendUntil = async (
    expected: readonly (readonly [string, string])[],
    round: () => Promise<unknown>,
  ): Promise<void> => {
    await expect
      .poll(
        async () => {
          await round();
          return order();
        },
        { timeout: orderTime, interval: 100 },
      )
      .toEqual(expected);
  };
  /** The class of a sender on the paid tunnel to a client, as tc shows it. */
  const classOf = (from: Bidder, to: Bidder): string => {
    const minor = (0x100 + bidders.indexOf(from)).toString(16);
    const [, found = ""] = stage.classes(to).split(new RegExp(`class htb 1:${minor} `));
    return found.split("class htb")[0] ?? "";
  };

  /** Bits a second: the most that the router carries to a for nothing. */
  const freeCeiling = (): number => {
    const [, kilobits] = /class htb 1:30 .*ceil (\d+)Kbit/.exec(stage.classes("a", 0)) ?? [];
    return Number(kilobits) * 1000;
  };
  /** What clients sent and lost on the way they pay all the same. */
  const settled = async (): Promise<boolean> => {
    for (const place of ["r", ...bidders] as const) await stage.ask(place, "settle");
    const { neighbours } = await stage.status("r");
    return neighbours.every(({ accounts }) =>
      accounts.every(({ settled: paid, amount }) => BigInt(paid) >= BigInt(amount)),
    );
  };

  /** The accounts with each client, as the router has them and as the client does. */
  const bothEnds = async () => {
    const { neighbours } = await stage.status("r");
    return Promise.all(
      bidders.map(async (name, i) => ({
        name,
        ours: (neighbours[i]?.accounts ?? []).slice(0, 2),
        theirs: (await stage.status(name)).neighbours[0]?.accounts ?? [],
      })),
    );
  };

  test("four agents agree on three bids, and once leases carry them the pairs have the order of their sums, in HTB as well", async () => {
    await eventually(async () => {
      const bidding = (await stage.ask("r", "bidding")) as readonly {
        readonly theirs: { readonly verdict?: string };
      }[];
      return bidding.every(({ theirs }) => theirs.verdict === "granted");
    });
    const everybodySends = () =>
      Promise.all([
        stage.send(["a"], "c", 100, link / 2),
        stage.send(["c"], "d", 100, link / 2),
        stage.send(["d"], "a", 100, link / 2),
      ]);
    await sendUntil(
      [
        ["c->a", "9"],
        ["a->c", "8"],
        ["a->d", "7"],
        ["c->d", "6"],
        ["d->a", "6"],
        ["d->c", "4"],
      ],
      everybodySends,
    );
    const priority = (from: Bidder, to: Bidder) =>
      Number(/prio (\d)/.exec(classOf(from, to))?.[1] ?? -1);
    const pairs = [
      ["c", "a"],
      ["a", "c"],
      ["a", "d"],
      ["c", "d"],
      ["d", "a"],
      ["d", "c"],
    ] as const;
    await expect
      .poll(() => pairs.map(([from, to]) => priority(from, to)), { timeout: orderTime })
      .toEqual([0, 1, 2, 3, 3, 4]);
    expect(classOf("d", "a")).toContain("rate 200Kbit ceil 2Mbit");
  });

  test("what is bid is part of the leases that clients hold, for sending and for receiving, and both ends agree on what was paid", async () => {
    await eventually(settled);
    // A payment that is on its way counts at one end only.
    let ends: Awaited<ReturnType<typeof bothEnds>> = [];
    await eventually(async () => {
      ends = await bothEnds();
      return ends.every(({ ours, theirs }) =>
        ours.every(({ settled: credited }, i) => credited === theirs[i]?.settled),
      );
    });
    for (const { name, ours } of ends) {
      const [sending, receiving] = ours;
      expect(sending?.leasePrice).toBe(`${asked.price + bids[name].send}`);
      expect(receiving?.leasePrice).toBe(`${asked.tariff + bids[name].receive}`);
      expect(BigInt(sending?.settled ?? "0")).toBeGreaterThan(
        BigInt(sending?.position ?? "0") * asked.price,
      );
    }
  });

  test("under overload what the higher bid sends goes first, what the lower one sends keeps its floor, and all of it is paid for", async () => {
    const left = (from: Bidder): number =>
      Number(/Sent (\d+) bytes/.exec(classOf(from, "a"))?.[1] ?? 0);
    const [c, d] = [left("c"), left("d")];
    const seconds = 6;
    const began = process.hrtime.bigint();
    // All of the link is sold meanwhile: what is free has what it is guaranteed, on another tunnel. A busy
    // machine shapes less than the rate that it was given: there one flood may not be enough.
    let least = freeCeiling();
    for (let floods = 0; floods < 10 && least > 100_000; floods++) {
      let isFlooding = true;
      // Each alone would fill the link to a: together they are twice as much as it carries.
      const flood = stage.send(["c", "d"], "a", (link * seconds) / 1200, link).then(() => {
        isFlooding = false;
      });
      while (isFlooding) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        least = Math.min(least, freeCeiling());
      }
      await flood;
    }
    expect(least).toBe(100_000);
    const took = Number(process.hrtime.bigint() - began) / 1e9;
    const [first, behind] = [left("c") - c, left("d") - d];
    expect(first).toBeGreaterThan(2 * behind);
    // A tenth of the link, as long as it was fought over; what leaves is never exact to the packet.
    expect(behind).toBeGreaterThan(0.7 * (link / 10) * Math.min(took, seconds));
    expect(first + behind).toBeLessThan(1.2 * link * (took + 0.5));
    await eventually(settled);
    await eventually(async () => freeCeiling() === 200_000);
  });

  test("a bid that is taken back orders nothing any more once what it paid for is used", async () => {
    await stage.ask("c", "bid-at", "r", "0", "0");
    const bothSend = () =>
      Promise.all([stage.send(["c"], "a", 200, link / 2), stage.send(["a"], "c", 200, link / 2)]);
    await sendUntil(
      [
        ["a->d", "7"],
        ["d->a", "6"],
        ["a->c", "5"],
        ["c->a", "5"],
        ["c->d", "2"],
        ["d->c", "1"],
      ],
      bothSend,
    );
  });
});
