import * as Effect from "effect/Effect";
import { describe, expect, test } from "vitest";
import { datagramLimit, type Link } from "#adapters/link/link.ts";
import type { LinkNeighbour } from "#adapters/link/link-neighbour.ts";
import { type NodeId, nodeId } from "#core/units/node-id.ts";

/** Three nodes, `a` in the middle, over one implementation of the port, and ways to disturb them. */
export interface LinkBench {
  readonly a: Link["Service"];
  readonly b: Link["Service"];
  readonly c: Link["Service"];
  /** How a's link is told of b, or of c. */
  readonly neighbour: (id: NodeId) => LinkNeighbour;
  /** Sends past b's adapter, as b, to a. */
  readonly forge: (bytes: Uint8Array) => Promise<void>;
  /** Sends to a, on its interface to b, from an address that is not b's. */
  readonly intrude: (bytes: Uint8Array) => Promise<void>;
  /** Takes away the interfaces between a and b / makes them again. */
  readonly takeDown: () => Promise<void>;
  readonly bringUp: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** How many datagrams b may send at once in every bench; the clock of a bench stands still. */
export const benchShare = { perSecond: 1, burst: 40 };
/** The queue of every bench: 10 of one neighbour, 15 in all. */
export const benchLimits = { ofOne: 10, ofAll: 15 };

export const idA = nodeId(`02${"aa".repeat(32)}`);
export const idB = nodeId(`02${"bb".repeat(32)}`);
export const idC = nodeId(`03${"cc".repeat(32)}`);
const stranger = nodeId(`03${"dd".repeat(32)}`);

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (words: string): Uint8Array => new TextEncoder().encode(words);
const send = (link: Link["Service"], to: NodeId, words: string): Promise<void> =>
  Effect.runPromise(link.send(to, bytes(words)));
const receive = (link: Link["Service"]) => Effect.runPromise(link.receive);

/** Waits until something holds; the runner's own time limit ends a wait in vain. */
export async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
}

type OnBench = (claim: string, check: (bench: LinkBench) => Promise<void>) => void;

/** What every link does. @param make a fresh bench whose ways are all open. */
export function linkContract(name: string, make: () => Promise<LinkBench>): void {
  const onBench: OnBench = (claim, check) => {
    test(claim, async () => {
      const bench = await make();
      try {
        await check(bench);
      } finally {
        await bench.close();
      }
    });
  };
  describe(`link contract: ${name}`, () => {
    deliveries(onBench);
    refusals(onBench);
    crowds(onBench);
    outages(onBench);
    changes(onBench);
  });
}

function deliveries(onBench: OnBench): void {
  onBench("a datagram arrives with its bytes and the name of its sender", async ({ a, b, c }) => {
    await send(b, idA, "from b");
    const first = await receive(a);
    expect([first.neighbour, text(first.bytes)]).toEqual([idB, "from b"]);
    await send(c, idA, "from c");
    const second = await receive(a);
    expect([second.neighbour, text(second.bytes)]).toEqual([idC, "from c"]);
    await send(a, idB, "to b");
    expect(text((await receive(b)).bytes)).toBe("to b");
  });

  onBench("bytes altered after sending arrive as they were sent", async ({ a, b }) => {
    const buffer = bytes("before");
    await Effect.runPromise(b.send(idA, buffer));
    buffer.fill(0);
    expect(text((await receive(a)).bytes)).toBe("before");
  });

  onBench("an interrupted wait loses no datagram", async ({ a, b }) => {
    const controller = new AbortController();
    const wait = Effect.runPromise(a.receive, { signal: controller.signal });
    controller.abort();
    await expect(wait).rejects.toThrow();
    await send(b, idA, "for the next one");
    expect(text((await receive(a)).bytes)).toBe("for the next one");
  });
}

function refusals(onBench: OnBench): void {
  onBench("the longest datagram passes, one byte more is refused", async ({ a, b }) => {
    const longest = new Uint8Array(datagramLimit).fill(7);
    await Effect.runPromise(b.send(idA, longest));
    expect((await receive(a)).bytes).toEqual(longest);
    const error = await Effect.runPromise(
      Effect.flip(b.send(idA, new Uint8Array(datagramLimit + 1))),
    );
    expect(error).toMatchObject({ _tag: "DatagramTooLarge", found: 1201, allowed: 1200 });
  });

  onBench("a node that is no neighbour cannot be sent to", async ({ a }) => {
    const error = await Effect.runPromise(Effect.flip(a.send(stranger, bytes("hello"))));
    expect(error._tag).toBe("UnknownNeighbour");
  });

  onBench("a datagram longer than the protocol allows is counted and dropped", async (bench) => {
    await bench.forge(new Uint8Array(datagramLimit + 1));
    await eventually(() => bench.a.counts().get(idB)?.oversized === 1);
    await send(bench.b, idA, "after");
    expect(text((await receive(bench.a)).bytes)).toBe("after");
  });

  onBench("a datagram from another address is counted and dropped", async (bench) => {
    await bench.intrude(bytes("I am b, honestly"));
    await eventually(() => bench.a.counts().get(idB)?.strange === 1);
    await send(bench.b, idA, "after");
    expect(text((await receive(bench.a)).bytes)).toBe("after");
  });
}

function crowds(onBench: OnBench): void {
  onBench("a full queue drops the newest, counts it, and keeps room for others", async (bench) => {
    for (let i = 0; i < 13; i++) await send(bench.b, idA, `b${i}`);
    await eventually(() => tallied(bench.a, idB) === 13);
    expect(bench.a.counts().get(idB)).toMatchObject({ received: 10, overflowed: 3 });
    for (let i = 0; i < 7; i++) await send(bench.c, idA, `c${i}`);
    await eventually(() => tallied(bench.a, idC) === 7);
    expect(bench.a.counts().get(idC)).toMatchObject({ received: 5, overflowed: 2 });
    const heard: string[] = [];
    for (let i = 0; i < 15; i++) heard.push(text((await receive(bench.a)).bytes));
    const turns = ["b0", "c0", "b1", "c1", "b2", "c2", "b3", "c3", "b4", "c4"];
    expect(heard).toEqual([...turns, "b5", "b6", "b7", "b8", "b9"]);
  });

  onBench("a neighbour beyond its share is dropped, another is not", async ({ a, b, c }) => {
    for (let i = 0; i < 45; i++) {
      await send(b, idA, `b${i}`);
      await eventually(() => tallied(a, idB) === i + 1);
      if (i < benchShare.burst) await receive(a);
    }
    expect(a.counts().get(idB)).toMatchObject({ received: 40, flooded: 5 });
    await send(c, idA, "still heard");
    expect(text((await receive(a)).bytes)).toBe("still heard");
  });
}

function outages(onBench: OnBench): void {
  onBench(
    "without its interface a send fails with words; with it again, it works",
    async (bench) => {
      await bench.takeDown();
      await eventually(() => !bench.b.isUp(idA));
      const error = await Effect.runPromise(Effect.flip(bench.b.send(idA, bytes("lost"))));
      expect(error._tag).toBe("LinkDown");
      expect(error.message).toContain(idA);
      await send(bench.c, idA, "others do not notice");
      expect(text((await receive(bench.a)).bytes)).toBe("others do not notice");
      await bench.bringUp();
      await eventually(() => bench.b.isUp(idA) && bench.a.isUp(idB));
      await send(bench.b, idA, "back");
      expect(text((await receive(bench.a)).bytes)).toBe("back");
      expect(bench.b.counts().get(idA)).toMatchObject({ opened: 2, unsent: 1, sent: 1 });
    },
  );
}

function changes(onBench: OnBench): void {
  onBench(
    "who stays a neighbour keeps what waits; who goes is unknown, until it is back",
    async (bench) => {
      const { a, b, c } = bench;
      await send(b, idA, "of one that goes");
      await send(c, idA, "of one that stays");
      await eventually(() => tallied(a, idB) + tallied(a, idC) === 2);
      await Effect.runPromise(a.setNeighbours([bench.neighbour(idC)]));
      const error = await Effect.runPromise(Effect.flip(a.send(idB, bytes("gone"))));
      expect(error._tag).toBe("UnknownNeighbour");
      expect(text((await receive(a)).bytes)).toBe("of one that stays");
      expect([...a.counts().keys()]).toEqual([idC]);
      expect(a.counts().get(idC)?.opened).toBe(1);
      await Effect.runPromise(a.setNeighbours([bench.neighbour(idB), bench.neighbour(idC)]));
      await eventually(() => a.isUp(idB));
      await send(b, idA, "back");
      expect(text((await receive(a)).bytes)).toBe("back");
      expect(a.counts().get(idC)?.opened).toBe(1);
    },
  );
}

function tallied(link: Link["Service"], neighbour: NodeId): number {
  const counts = link.counts().get(neighbour);
  return counts === undefined ? 0 : counts.received + counts.overflowed + counts.flooded;
}
