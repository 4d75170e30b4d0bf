import { memoryBabel } from "#adapters/babel/memory-babel.ts";
import type { Agent } from "#agent/agent/agent.ts";
import { type RouteBoard, routeBoard } from "#agent/routing/route-board.ts";
import { type Prefix, parsePrefix } from "#core/route/prefix.ts";
import type { OfferLine, Offers } from "#core/route/route-message.ts";
import { here } from "#core/route/vector.ts";
import { nodeId } from "#core/units/node-id.ts";
import { price } from "#core/units/price.ts";
import { priceClass } from "#core/units/price-class.ts";

/** What one look at all routes costs, with so many destinations by two neighbours each. */
export interface RoutingPoll {
  readonly destinations: number;
  /** Milliseconds of CPU, medians. */
  readonly cpuMillisecondsIdle: number;
  readonly cpuMillisecondsAllChosenAnew: number;
  /** The peer of the same run: reading what babeld says about as many routes. */
  readonly cpuMillisecondsReadingBabeld: number;
}

const runs = 15;

const ids = [nodeId(`02${"bb".repeat(32)}`), nodeId(`02${"cc".repeat(32)}`)] as const;

const prefixAt = (i: number): Prefix => parsePrefix(`10.${i >> 8}.${i & 255}.0/24`) as Prefix;

/** An agent with two neighbours, as far as choosing routes looks at it. */
function agentOfTwo(): Agent {
  const neighbours = ids.map((id, index) => ({
    config: { id, name: `n${index}`, maxPrice: price(10n ** 9n), endpoint: undefined },
    interfaces: [`n${index}0`, `n${index}1`],
    link: {
      id,
      interfaceName: `n${index}0`,
      ownAddress: "fe80::1",
      peerAddress: `fe80::${index + 2}`,
    },
    queue: { index, interfaces: [`n${index}0`, `n${index}1`] },
  }));
  const preference = { price: 100n, loss: 100n, delay: 100n, margin: 10n };
  const config = { routing: { preference, maxPrice: undefined }, routes: [], neighbours };
  const ledger = {
    neighbours: ids.map((id) => ({ id, inbound: [{ price: price(70n) }], outbound: [] })),
  };
  const blueprint = { neighbours, routes: [] };
  const parts = {
    config: () => config,
    blueprint: () => blueprint,
    node: () => ({ ledger, live: [] }),
  };
  return parts as unknown as Agent;
}

function offersOf(number: bigint, destinations: number, cost: bigint): Offers {
  const lines = Array.from(
    { length: destinations },
    (_, i): OfferLine => ({
      prefix: prefixAt(i),
      offer: { class: priceClass(1), vector: { ...here, price: cost + BigInt(i % 7) } },
    }),
  );
  return { type: "OFFERS", epoch: 1n, number, lines };
}

function cpu(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round((sorted[sorted.length >> 1] ?? 0) * 1000) / 1000;
}

/** Measures in this process; needs no kernel. */
export function routingPoll(destinations = 10_000): RoutingPoll {
  const lines = Array.from({ length: destinations }, (_, i) =>
    [0, 1].map(
      (n) =>
        `add route ${i}-${n} prefix ${prefixAt(i)} from 0.0.0.0/0 installed ${n === 0 ? "yes" : "no"} id 02:00:00:00:00:00:00:01 metric 192 refmetric 96 via fe80::${n + 2} if n${n}0`,
    ),
  ).flat();
  const dump = lines.map(
    (_, k) =>
      `${prefixAt(k >> 1)} from 0.0.0.0/0 metric 192 (192) refmetric 96 id 02:00:00:00:00:00:00:01 seqno 1 age 1 via n${k & 1}0 neigh fe80::${(k & 1) + 2} (feasible)`,
  );
  const reading: number[] = [];
  let babel = memoryBabel();
  for (let run = 0; run < 3; run++) {
    babel = memoryBabel();
    reading.push(
      cpu(() => {
        babel.say(...lines);
        babel.dump(["My id 1", ...dump, ""].join("\n"));
        babel.service.view();
      }),
    );
  }
  const board: RouteBoard = routeBoard(agentOfTwo(), () => []);
  ids.forEach(
    (id, n) => void board.of(id).book.take(offersOf(1n, destinations, 50n + BigInt(n)), 0),
  );
  const view = babel.service.view();
  board.choose(view);
  const anew: number[] = [];
  const idle: number[] = [];
  for (let run = 0; run < runs; run++) {
    board
      .of(ids[0])
      .book.take(offersOf(BigInt(run + 2), destinations, run % 2 === 0 ? 90n : 40n), 0);
    anew.push(cpu(() => void board.choose(view)));
    idle.push(cpu(() => void board.choose(view)));
  }
  return {
    destinations,
    cpuMillisecondsIdle: median(idle),
    cpuMillisecondsAllChosenAnew: median(anew),
    cpuMillisecondsReadingBabeld: median(reading),
  };
}
