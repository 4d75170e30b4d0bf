import { readdirSync, readFileSync } from "node:fs";
import * as Result from "effect/Result";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { spawnedLinks } from "#adapters/counters/spawned-link-events.ts";
import { parseRules } from "#adapters/queueing/policy-routes.ts";
import { parseNames, parseTally, parseUsage } from "#adapters/queueing/quota-usage.ts";
import { strangeDevice } from "#adapters/queueing/route-tables.ts";
import { parseRoutes } from "#adapters/queueing/spawned-route-tables.ts";
import { parseLinks } from "#adapters/tunnel/link-list.ts";

const corpus = new URL("corpus/", import.meta.url);
const names = readdirSync(corpus).filter((name) => name.endsWith(".txt"));
const textOf = (name: string): string => readFileSync(new URL(name, corpus), "utf8");
const of = (kind: string) => names.filter((name) => name.endsWith(`.${kind}.txt`));

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
interface Told {
  readonly name?: Json;
  readonly used?: Json;
  readonly bytes?: Json;
}
type Objects = readonly { readonly quota?: Told; readonly counter?: Told }[];

/** The objects of an nft listing, read without the parser under test. */
function objectsOf(text: string): Objects {
  const { nftables } = JSON.parse(text) as { readonly nftables: readonly unknown[] };
  return nftables.filter((one) => typeof one === "object" && one !== null) as Objects;
}

/** What a reader throws is of these two, so that whoever calls it can tell it from a mistake of ours. */
function orRefused<A>(read: () => A): A | undefined {
  try {
    return read();
  } catch (error) {
    expect(error instanceof TypeError || error instanceof SyntaxError).toBe(true);
    return undefined;
  }
}

/** Every place in a document, as the keys that lead there. */
function placesOf(value: Json): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [[]];
  const inner = Object.entries(value).flatMap(([key, one]) =>
    placesOf(one as Json).map((place) => [key, ...place]),
  );
  return [[], ...inner];
}

/** The document with what is at a place taken away, or something else there. */
function altered(value: Json, [key, ...rest]: readonly string[], put: Json | undefined): Json {
  if (key === undefined) return put ?? null;
  const entries = Object.entries(value as object).flatMap(([name, one]): [string, Json][] => {
    if (name !== key) return [[name, one as Json]];
    if (rest.length > 0) return [[name, altered(one as Json, rest, put)]];
    return put === undefined ? [] : [[name, put]];
  });
  return Array.isArray(value) ? entries.map(([, one]) => one) : Object.fromEntries(entries);
}

const odd: fc.Arbitrary<Json | undefined> = fc.constantFrom<(Json | undefined)[]>(
  undefined,
  null,
  true,
  -1,
  1.5,
  2 ** 53,
  "7",
  "",
  [],
  {},
  [1],
  "x".repeat(300),
);

/** ip before 5.0 prints no JSON where there is a route of a type. */
const isDocument = (name: string): boolean => name !== "ip-4.20.routes.txt";

/** A document of the corpus with something missing, or of another kind than it was. */
const mutated = (files: readonly string[]) =>
  fc.constantFrom(...files.filter(isDocument)).chain((name) => {
    const whole = JSON.parse(textOf(name)) as Json;
    return fc
      .tuple(fc.constantFrom(...placesOf(whole)), odd)
      .map(([place, put]) => JSON.stringify(altered(whole, place, put)));
  });

/** Or with characters changed, so that it may be no JSON at all. */
const scribbled = (files: readonly string[]) =>
  fc
    .tuple(fc.constantFrom(...files), fc.nat(), fc.nat({ max: 9 }), fc.string({ maxLength: 5 }))
    .map(([name, at, cut, put]) => {
      const text = textOf(name);
      const place = at % (text.length + 1);
      return text.slice(0, place) + put + text.slice(place + cut);
    });

const any = (files: readonly string[]) => fc.oneof(mutated(files), scribbled(files));

describe("nft's quotas", () => {
  test.each(of("quotas"))("of %s are read", (name) => {
    const told = objectsOf(textOf(name)).flatMap(({ quota }) => (quota ? [quota] : []));
    expect(parseUsage(textOf(name)).size).toBe(told.length);
    expect(told.length).toBeGreaterThan(0);
  });

  test("nothing is no quota, and no counter of a neighbour that has some", () => {
    expect(parseUsage(textOf("public-nft-0.9.3.nothing.txt")).size).toBe(0);
    expect(() => parseTally(textOf("public-nft-0.9.3.nothing.txt"), ["mab0"])).toThrow(
      /^no counter \w+_mab0$/,
    );
  });

  test("altered in any way are refused, or are the numbers that stand there", () => {
    fc.assert(
      fc.property(any(of("quotas")), (text) => {
        const usage = orRefused(() => parseUsage(text));
        for (const [name, { used, limit }] of usage ?? []) {
          const told = objectsOf(text).map(({ quota }) => quota ?? ({} as Told));
          const same = told.filter((one) => one.name === name);
          expect(same.map((one) => [one.used, one.bytes])).toContainEqual([
            Number(used),
            Number(limit),
          ]);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("nft's counters", () => {
  const fields = ["received", "junk", "undue", "freeIn", "freeOut", "leaked"] as const;
  const counters = ["came", "junk", "undue", "freein", "freeout", "leaked"] as const;

  test.each(of("counters"))("of %s are read", (name) => {
    expect([...parseTally(textOf(name), ["mab0"]).keys()]).toEqual(["mab0"]);
  });

  test("altered in any way are refused, or are the numbers that stand there: none is taken for 0", () => {
    fc.assert(
      fc.property(any(of("counters")), (text) => {
        const tally = orRefused(() => parseTally(text, ["mab0"]))?.get("mab0");
        if (tally === undefined) return;
        const told = objectsOf(text).map(({ counter }) => counter ?? ({} as Told));
        for (const [i, field] of fields.entries()) {
          const same = told.filter((one) => one.name === `${counters[i]}_mab0`);
          expect(same.map((one) => one.bytes)).toContain(Number(tally[field]));
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("nft's set of tunnels", () => {
  test.each(of("set"))("of %s is read, whatever its elements have beside their names", (name) => {
    expect(parseNames(textOf(name))).toEqual(["mab0", "mab1"]);
  });

  test("altered in any way is refused, or a list of names", () => {
    fc.assert(
      fc.property(any(of("set")), (text) => {
        const found = orRefused(() => parseNames(text)) ?? [];
        expect(found.every((one) => typeof one === "string")).toBe(true);
      }),
    );
  });
});

describe("ip's links", () => {
  test.each(of("links"))("of %s are read", (name) => {
    const there = (JSON.parse(textOf(name)) as readonly object[]).filter(
      (one) => Object.keys(one).length > 0,
    );
    expect(parseLinks(textOf(name)).length).toBe(there.length);
    expect(Result.getOrThrow(spawnedLinks(textOf(name))).length).toBe(there.length);
  });

  test("altered in any way are refused, or what stands there: no interface becomes a tunnel", () => {
    fc.assert(
      fc.property(any(of("links")), (text) => {
        const listed = Result.getOrElse(spawnedLinks(text), () => []);
        expect(listed.every((one) => one.interfaceIndex >= 1)).toBe(true);
        const found = orRefused(() => parseLinks(text)) ?? [];
        if (found.length === 0) return;
        const told = JSON.parse(text) as readonly {
          readonly ifname?: unknown;
          readonly linkinfo?: { readonly info_kind?: unknown } | null;
        }[];
        for (const { name, kind } of found) {
          const kinds = told
            .filter((one) => one?.ifname === name)
            .map((one) => one.linkinfo?.info_kind);
          if (kind === "kernel") expect(kinds).toContain("wireguard");
          if (kind === "userspace") expect(kinds).toContain("tun");
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("ip's rules and routes", () => {
  test.each(of("rules"))("of %s: ours are found, however their owner is written", (name) => {
    expect(parseRules(textOf(name), { base: 5100 })).toEqual([
      "pref 5100 not fwmark 0x5001 lookup 5100 protocol 201",
      "pref 5101 fwmark 0x5001 lookup 5101 protocol 201",
    ]);
  });

  const read = (name: string) =>
    parseRoutes(textOf(name), "-4", 5100).map(({ prefix, device }) => [prefix, device]);

  test.each(of("routes").filter((name) => name.startsWith("ip-")))("of %s are ours", (name) => {
    expect(read(name)).toEqual([
      ["10.98.3.1/32", "d0"],
      ["172.31.1.1/32", undefined],
    ]);
  });

  test("routes in a form that we do not write are strange", () => {
    expect(read("public-ip-numeric.routes.txt")).toEqual([
      ["10.98.3.1/32", "d0"],
      ["172.31.1.1/32", strangeDevice],
      ["0.0.0.0/0", strangeDevice],
      ["10.200.0.0/16", "d0"],
    ]);
  });

  test("altered in any way are refused, or lead where they say", () => {
    fc.assert(
      fc.property(any([...of("routes"), ...of("rules")]), (text) => {
        for (const rule of orRefused(() => parseRules(text, { base: 5100 })) ?? []) {
          expect(rule).toMatch(/^pref 510[01] .*protocol 201$/);
        }
        const routes = orRefused(() => parseRoutes(text, "-4", 5100)) ?? [];
        if (routes.length === 0) return;
        const told = JSON.parse(text.replaceAll('{"throw",', '{"type":"throw",')) as readonly {
          readonly dev?: unknown;
          readonly type?: unknown;
        }[];
        for (const [i, { device }] of routes.entries()) {
          if (device === undefined) expect(told[i]?.type).toBe("throw");
          else if (device !== strangeDevice) expect(told[i]?.dev).toBe(device);
        }
      }),
      { numRuns: 500 },
    );
  });
});
