import { expect, test } from "vitest";
import { keysFromSeed } from "#adapters/keys/seeded-keys.ts";
import { blueprint } from "#agent/agent/blueprint.ts";
import type { Config } from "#agent/config/config.ts";
import { readConfigText } from "#agent/config/config-reader.ts";
import { wishesOf } from "#agent/config/market-config.ts";
import { marketBook } from "#agent/market/market-book.ts";
import { price } from "#core/units/price.ts";
import {
  drain,
  type LineWorld,
  lineWorld,
  nodeAt,
  read,
  smallTerms,
  traffic,
} from "../simulator/line-world.ts";
import { setPrice } from "../simulator/op.ts";

/** a forwards through b, the middle one, to c; b adds a fee to whatever c charges. */
const line = (): LineWorld =>
  lineWorld({
    terms: smallTerms,
    deposit: 1_000_000n,
    grainsPerUnit: 1n,
    prices: [1n, { fee: 2n }, 3n],
  });

/** The configuration of the middle router, with wishes. Prices are grains a byte. */
function configOf(world: LineWorld, wishes: Record<string, string>, resells = true): Config {
  const neighbour = (name: string, index: number, port: string, charge: object) => ({
    name,
    id: nodeAt(world, index).signer.id,
    tunnel_key: keysFromSeed(`market ${name}`).tunnelPublicKey,
    listen_port: port,
    ...charge,
  });
  const text = JSON.stringify({
    price_cap: "100",
    pay_threshold: "1000000000000000",
    market: "cost",
    market_window: "1000",
    market_pause: "0",
    ...wishes,
    neighbours: [
      neighbour("a", 0, "51820", resells ? { resells_via: "c", fee: "2" } : { price: "5" }),
      neighbour("c", 2, "51830", { price: "4" }),
    ],
  });
  const reading = readConfigText(text);
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  return reading.config;
}

/** Everybody sends so much on, and reads and pays. */
function carry(world: LineWorld, bytes: bigint): void {
  for (let i = 0n; i < bytes; i += 5n) {
    const carried = traffic(world, 0, 0, 5n, 0n);
    traffic(world, 1, 0, carried, 0n);
    for (const node of world.nodes.keys()) read(world, node);
    drain(world, 1);
  }
}

function thinking(world: LineWorld, config: Config) {
  const book = marketBook();
  const wishes = wishesOf(config);
  if (wishes === undefined) throw new Error("off");
  const a = nodeAt(world, 0).signer.id;
  return {
    think: () => {
      for (let i = 0; i < 10; i++) book.think(nodeAt(world, 1).node, config, wishes, 1);
      return { asked: book.asked(a)?.[0], seat: book.seat(a, 1) };
    },
  };
}

test("what is resold is asked at cost and profit of its own upstream, never above the ceiling", () => {
  const world = line();
  drain(world, 4);
  carry(world, 200n);
  const { think } = thinking(
    world,
    configOf(world, { market_profit: "100%", market_ceiling: "50" }),
  );
  const { asked, seat } = think();
  expect(seat?.bought.segments).toEqual([{ bytes: 200n, grains: 600n, dearest: 3n }]);
  expect(asked).toEqual({ least: 6n, most: 50n });
});

test("where upstream charges more than the wishes allow, nothing is sold, and it is said what would do", () => {
  const world = line();
  drain(world, 4);
  carry(world, 100n);
  const { think } = thinking(world, configOf(world, { market_profit: "50%", market_ceiling: "6" }));
  expect(think().asked?.least).toBeGreaterThanOrEqual(5n);
  setPrice(world, 2, 5n);
  carry(world, 200n);
  const { asked, seat } = think();
  expect(asked).toEqual({ least: undefined, most: 6n });
  expect(seat?.asking.refusal?.words).toContain("allowed is");
});

test("what is bought of a neighbour itself is no cost of what is sold to it: two would drive each other up", () => {
  const world = line();
  drain(world, 4);
  carry(world, 200n);
  const config = configOf(world, { market_profit: "10%" }, false);
  const book = marketBook();
  const wishes = wishesOf(config);
  if (wishes === undefined) throw new Error("off");
  book.think(nodeAt(world, 1).node, config, wishes, 1);
  const [a, c] = [0, 2].map((i) => nodeAt(world, i).signer.id);
  if (a === undefined || c === undefined) throw new Error("no neighbours");
  expect(book.seat(a, 1)?.bought.segments).toEqual([{ bytes: 200n, grains: 600n, dearest: 3n }]);
  expect(book.seat(c, 1)?.bought.segments).toEqual([]);
});

test("a book that begins anew knows from the leases what the one before knew", () => {
  const world = line();
  drain(world, 4);
  const config = configOf(world, { market_profit: "100%" });
  const { think } = thinking(world, config);
  think();
  carry(world, 150n);
  setPrice(world, 2, 4n);
  carry(world, 150n);
  const before = think().seat;
  const after = thinking(world, config).think().seat;
  expect(after?.bought).toEqual(before?.bought);
  expect(after?.asking.least).toBe(before?.asking.least);
});

test("what is resold stays so while nothing is sold: whoever leased it still counts among those that are covered", () => {
  const world = line();
  const config = configOf(world, {});
  const [a, c] = config.neighbours;
  if (a === undefined || c === undefined) throw new Error("no neighbours");
  const stopped = [{ least: undefined, most: price(50n) }];
  const neighbours = [
    { ...a, asked: stopped },
    { ...c, asked: stopped },
  ];
  const { neighbours: drawn } = blueprint(nodeAt(world, 1).signer.id, { ...config, neighbours });
  expect(drawn.map(({ policy }) => policy.prices)).toEqual([
    [{ kind: "resale", via: c.id, fee: 2n, most: 1n }],
    [{ kind: "withheld" }],
  ]);
});
