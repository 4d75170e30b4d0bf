import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lineLength, parseBabelLine } from "#adapters/babel/babel-line.ts";
import { babelTable } from "#adapters/babel/babel-table.ts";
import { hopKey, parseFeasibility } from "#adapters/babel/feasibility-dump.ts";
import { lineSplitter } from "#adapters/babel/watched-babel.ts";
import { type Prefix, parsePrefix } from "#core/route/prefix.ts";

const corpus = new URL("corpus/", import.meta.url);
const names = readdirSync(corpus).filter((name) => name.endsWith(".txt"));
const textOf = (name: string): string => readFileSync(new URL(name, corpus), "latin1");
const sockets = names.filter((name) => name.includes(".socket."));
const dumps = names.filter((name) => name.includes(".dump."));
const prefix = (text: string) => parsePrefix(text) as Prefix;

function tableOf(name: string) {
  const table = babelTable();
  for (const text of textOf(name).split("\n")) {
    const line = parseBabelLine(text);
    expect([text, line]).not.toEqual([text, undefined]);
    if (line !== undefined) expect(table.take(line)).toBe(true);
  }
  return table;
}

describe("what babeld says on its socket", () => {
  test.each(sockets)("every line of %s is understood", (name) => {
    const table = tableOf(name);
    expect(table.version()).toBeDefined();
    expect(table.neighbours().length).toBe(2);
    expect(table.own().length).toBeGreaterThan(0);
    expect([...table.routes().values()].flat().length).toBeGreaterThan(2);
  });

  test("the routes of a diamond: two ways to its far corner, one of them babeld's own", () => {
    const ways = tableOf("babeld-1.12.1.socket.txt").routes().get(prefix("10.99.0.4/32")) ?? [];
    expect(ways.map(({ installed, metric, refMetric }) => [installed, metric, refMetric])).toEqual(
      expect.arrayContaining([
        [true, 192, 96],
        [false, 192, 96],
      ]),
    );
  });

  test("the Althea dialect's price is read, and its other fields stand in nobody's way", () => {
    const ways =
      tableOf("written-after-althea-1.8.0.socket.txt").routes().get(prefix("10.28.7.7/32")) ?? [];
    expect(ways.map(({ price, refMetric, nextHop }) => [price, refMetric, nextHop])).toEqual([
      [3072n, 638, "fe80::a"],
      [5032n, 752, "fe80::b"],
    ]);
  });

  test("Althea's own prices: what a neighbour charges, with the dearer of two equal ways in use", () => {
    const table = tableOf("althea-b11ce5f.socket.txt").routes();
    const far = table.get(prefix("10.99.0.4/32")) ?? [];
    expect(far.map(({ price, metric, installed }) => [price, metric, installed])).toEqual([
      [3000n, 192, true],
      [2000n, 192, false],
    ]);
    const near = table.get(prefix("10.99.0.2/32")) ?? [];
    expect(near.map(({ price }) => price)).toEqual([0n, 7000n]);
  });

  test("any text is a line or refused; none throws, and too long ones are not looked at", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 2000 }), (text) => {
        const line = parseBabelLine(text);
        if (text.length > lineLength) expect(line).toBeUndefined();
      }),
    );
    expect(parseBabelLine(`add interface x up true ${"y".repeat(lineLength)}`)).toBeUndefined();
  });

  test("a line of the corpus with pieces lost, doubled or changed never becomes what it cannot be", () => {
    const lines = sockets.flatMap((name) => textOf(name).split("\n"));
    fc.assert(
      fc.property(
        fc.constantFrom(...lines),
        fc.nat(),
        fc.nat({ max: 40 }),
        fc.string(),
        (text, at, cut, put) => {
          const place = at % (text.length + 1);
          const line = parseBabelLine(text.slice(0, place) + put + text.slice(place + cut));
          if (line?.type !== "Route") return;
          expect(parsePrefix(line.prefix)).toBe(line.prefix);
          expect(line.metric).toBeLessThanOrEqual(65_535);
          expect(line.interfaceName).toMatch(/^[A-Za-z0-9_.-]{1,15}$/);
        },
      ),
    );
  });

  test("a route that lacks a field is none, and one without a price has none", () => {
    const routes = sockets
      .flatMap((name) => textOf(name).split("\n"))
      .filter((text) => parseBabelLine(text)?.type === "Route");
    expect(routes.length).toBeGreaterThan(5);
    for (const text of routes) {
      const without = (field: string) =>
        parseBabelLine(text.replace(new RegExp(` ${field} \\S+`), ""));
      for (const field of ["prefix", "metric", "refmetric", "via", "if", "installed"]) {
        expect([text, field, without(field)]).toEqual([text, field, undefined]);
      }
      expect(without("price")).toMatchObject({ type: "Route", price: undefined });
    }
  });

  test("pieces of a stream make the same lines wherever it is cut", () => {
    const whole = sockets.map(textOf).join("");
    fc.assert(
      fc.property(fc.array(fc.nat({ max: whole.length })), (cuts) => {
        const split = lineSplitter();
        const edges = [0, ...cuts.sort((a, b) => a - b), whole.length];
        const lines = edges.flatMap((edge, i) => split(whole.slice(edges[i - 1] ?? 0, edge)).lines);
        expect(lines).toEqual(whole.split("\n").slice(0, -1));
      }),
    );
  });
});

describe("what babeld writes on SIGUSR1", () => {
  test.each(dumps)("%s says which routes are feasible", (name) => {
    const found = parseFeasibility(textOf(name));
    expect(found?.feasible.size).toBeGreaterThan(1);
    expect(found?.routes).toBeGreaterThanOrEqual(found?.feasible.size ?? 0);
  });

  const recorded = dumps.filter((name) => sockets.includes(name.replace(".dump.", ".socket.")));

  test.each(recorded)(
    "%s has every way of the socket, and finds feasible what is in use",
    (name) => {
      const found = parseFeasibility(textOf(name));
      const ways = [...tableOf(name.replace(".dump.", ".socket.")).routes()].flatMap(([to, hops]) =>
        hops.map((hop) => ({ ...hop, key: hopKey(to, hop.nextHop, hop.interfaceName) })),
      );
      expect(found?.routes).toBe(ways.length);
      const used = ways.filter(({ installed }) => installed);
      expect(used.length).toBeGreaterThan(1);
      for (const { key } of used) expect(found?.feasible).toContain(key);
    },
  );

  test("feasible is what is marked so or installed, and nothing else", () => {
    const found = parseFeasibility(textOf("written-after-1.13.1.dump.txt"));
    expect([...(found?.feasible ?? [])].sort()).toEqual([
      hopKey(prefix("10.99.0.4/32"), "fe80::b", "tollb0"),
      hopKey(prefix("10.99.0.4/32"), "fe80::c", "tollc0"),
    ]);
    // One that depends on where packets come from is no route of ours.
    expect(found?.routes).toBe(3);
    const old = parseFeasibility(textOf("babeld-1.9.2.dump.txt"));
    expect(
      old?.feasible.has(hopKey(prefix("fd99::2/128"), "fe80::ccf6:68ff:fea3:9cd9", "rxac")),
    ).toBe(false);
  });

  test("the last of several dumps counts, and a line that is not complete does not", () => {
    const text = textOf("written-after-1.13.1.dump.txt");
    const cut = text.slice(0, text.indexOf(" (feasible)") + 3);
    expect(parseFeasibility(text + cut)?.feasible.size).toBe(1);
    expect(parseFeasibility("no dump at all")).toBeUndefined();
  });

  test("any log is read without throwing, and cut short it never says more than whole", () => {
    const text = textOf("babeld-1.12.1.dump.txt");
    const whole = parseFeasibility(text)?.feasible ?? new Set();
    fc.assert(
      fc.property(fc.nat({ max: text.length }), fc.string(), (end, more) => {
        for (const key of parseFeasibility(text.slice(0, end))?.feasible ?? []) {
          expect(whole.has(key)).toBe(true);
        }
        parseFeasibility(`My id ${more}`);
      }),
    );
  });
});
