import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readConfigText } from "#agent/config/config-reader.ts";
import { renderConfig } from "#agent/config/config-text.ts";
import { exampleConfig } from "#agent/config/example-config.ts";
import { mainOptions, neighbourOptions, routeOptions } from "#agent/config/options.ts";
import { accepted, complaints, configOf, keyOf, neighbour, nodeIdOf } from "./config-bench.ts";

describe("the UCI form", () => {
  test.each([
    ["a quote that does not end", "config meshtoll 'main", "closing quote"],
    ["an option before a section", "option a b", "a config line before it"],
    ["a word too many", "config meshtoll\noption journal /a /b", "option name 'value'"],
    [
      "an option twice",
      "config meshtoll\noption journal /a\noption journal /b",
      "first given in line 2",
    ],
    [
      "a list and an option",
      "config meshtoll\noption journal /a\nlist journal /b",
      "either option or list",
    ],
    [
      "a list where one value is meant",
      "config meshtoll\nlist journal /a\nlist journal /b",
      "one value",
    ],
    ["an unknown word", "confg meshtoll", "did you mean config?"],
    ["an unknown section", "config neighbor", "did you mean neighbour?"],
    ["two main sections", "config meshtoll\nconfig meshtoll", "one"],
    ["a control character", "config meshtoll\n\u0007", "no control characters"],
    ["a semicolon", "config meshtoll;", "quotes round a semicolon"],
    ["a backslash at the end", "config meshtoll \\", "a character after"],
    ["the name twice", "config neighbour anna\noption name anna", "first given in line 1"],
  ])("refuses %s", (_, text, words) => {
    const said = complaints(text);
    expect(said).toContain(words);
    expect(said).toMatch(/line \d/);
  });

  test("knows all of UCI's ways to quote", () => {
    const path = (text: string) =>
      accepted(`config meshtoll\noption journal ${text}`).journal.directory;
    expect(path(`/a/'b c'/"d \\"e\\""\\ f`)).toBe(`/a/b c/d "e" f`);
    expect(path(`'/it'\\''s'`)).toBe("/it's");
    expect(path("'/a#b' # a comment")).toBe("/a#b");
    expect(path("/a\r")).toBe("/a");
  });
});

describe("the JSON form", () => {
  test.each([
    ["a key twice", `{"journal": "/a", "journal": "/b"}`, "each key once"],
    ["a comma too many", `{"journal": "/a",}`, "a text in double quotes"],
    ["an end too early", `{"journal": "/a"`, "the end of the file"],
    ["text behind the end", `{} x`, "the end of the file"],
    ["true", `{"journal": true}`, "a text in double quotes"],
    ["an object as a value", `{"journal": {}}`, "a text, a number or a list"],
    ["a list of lists", `{"journal": [["/a"]]}`, "a text, a number or a list"],
    ["neighbours that are no list", `{"neighbours": {}}`, "a list [ ... ]"],
    ["a neighbour that is no object", `{"neighbours": ["anna"]}`, "an object { ... }"],
    ["brackets without end", `{"a":${"[".repeat(100_000)}`, "levels of brackets"],
    ["a fraction where a whole number is meant", `{"control_port": 84.5}`, "whole number"],
  ])("refuses %s", (_, text, words) => {
    expect(complaints(text)).toContain(words);
  });

  test("says in which line", () => {
    expect(complaints(`{\n\n"control_port": 0\n}`)).toContain("control_port (line 3)");
    expect(complaints(`{\n"journal": "/a",\n"journal": "/b"}`)).toContain("(line 3)");
  });

  test("a number is what is written, not the float next to it", () => {
    const text = `{"neighbours": [${JSON.stringify(neighbour(1, { deposit_in: 0 })).replace(`"deposit_in":0`, `"deposit_in": 340282366920938463463374607431768211455`)}]}`;
    expect(accepted(text).neighbours[0]?.depositIn).toBe((1n << 128n) - 1n);
  });
});

/** Texts of values, good ones mostly, for each option by its name. */
const amounts = fc.constantFrom("0.02 USDC", "20000000000000001", "1 USDC", "0.0123456789 USDC");
const prices = fc.constantFrom("0.05/GB", "0.1/GB", "1", "99999999", "0.000000000001 USDC/kB");
const chunks = fc.constantFrom("1500", "1MB", "1MiB", "2.5MB", "7654321");
const hosts = fc.constantFrom("a.example:1", "10.0.0.1:51820", "[fe80::1]:500", "[FD00::0:1]:9");
const main = fc.record(
  {
    journal: fc.oneof(
      fc.constantFrom("/a'b", `/a "b"\\c`, "/ä#;"),
      fc.string({ minLength: 1 }).map((text) => `/${text}`),
    ),
    keys: fc.constantFrom("/k", "/etc/x y/k"),
    journal_limit: fc.constantFrom("256KiB", "1GiB"),
    journal_archive: fc.constantFrom("/mnt/stick", "/a b/c"),
    snapshot_every: fc.constantFrom("16", "100"),
    history: fc.constantFrom("on", "off"),
    history_days: fc.constantFrom("1", "36500"),
    history_limit: fc.constantFrom("1MiB", "1048576"),
    interface_prefix: fc.constantFrom("a", "abcdef"),
    control_port: fc.constantFrom("1", "65535"),
    grains_per_unit: fc.constantFrom("1000000000000", "3000000000000"),
    chain_id: fc.constantFrom("0", "31337"),
    contract: fc.constantFrom("ab".repeat(20)),
    pay_threshold: fc.constantFrom("1", "0.001 USDC"),
    credit_limit: amounts,
    loss_share: fc.constantFrom("0%", "2.5 %"),
    loss_bytes: fc.constantFrom("0", "1MB"),
    credit_growth: fc.constantFrom("0%", "0.25%", "0.0001 %", "100%"),
    credit_ceiling: fc.constantFrom("1000000 USDC"),
    reservation: chunks,
    read_chunk: chunks,
    price_cap: fc.constantFrom("0.1/GB", "100000001"),
    round_trip: chunks,
    allowance: fc.constantFrom("0", "1MB"),
    free_rate: fc.constantFrom("8kbit", "123456"),
    link_rate: fc.constantFrom("1Gbit", "20Mbit"),
    control_rate: fc.constantFrom("9999"),
    poke_interval: fc.constantFrom("10", "3600000"),
  },
  { requiredKeys: [] },
);
const someNeighbours = fc
  .array(
    fc.record(
      {
        endpoint: hosts,
        price: prices,
        max_price: prices,
        credit_limit: amounts,
        deposit_in: fc.constantFrom("5 USDC", "17", "0.000001 USDC"),
        deposit_out: fc.constantFrom("0", "340282366920938463463374607431768211455"),
        spending_limit: amounts,
        classes: fc.constantFrom("2", "3"),
        delivery: fc.constantFrom("exit", "client"),
        delivery_class: fc.constantFrom("1", "2"),
        tariff: fc.constantFrom("0.02/GB", "1"),
      },
      { requiredKeys: [] },
    ),
    { maxLength: 4 },
  )
  .map((list) => list.map((more, n) => neighbour(n, more)));
const prefixes = fc.uniqueArray(
  fc.constantFrom("0.0.0.0/0", "::/0", "10.1.0.0/16", "FD00:0:1::/64", "::ffff:1.2.3.4/128"),
);

describe("what is accepted can be printed", () => {
  test("in both forms, and reads the same again", async () => {
    let good = 0;
    await fc.assert(
      fc.property(main, someNeighbours, prefixes, (options, neighbours, routed) => {
        const routes =
          neighbours.length === 0 ? [] : routed.map((prefix) => ({ prefix, via: "n0" }));
        const reading = readConfigText(JSON.stringify({ ...options, neighbours, routes }));
        if (!reading.ok) return;
        good += 1;
        for (const form of ["uci", "json"] as const) {
          const text = renderConfig(reading.config, form);
          expect(accepted(text)).toEqual(reading.config);
          expect(renderConfig(accepted(text), form)).toBe(text);
        }
      }),
      { numRuns: 500 },
    );
    expect(good).toBeGreaterThan(50);
  });

  test("resale, too", () => {
    const config = accepted(configOf(neighbour(1), neighbour(2, { resells_via: "n1", fee: "5" })));
    for (const form of ["uci", "json"] as const) {
      expect(accepted(renderConfig(config, form))).toEqual(config);
    }
  });

  test("no text whatever makes the reader throw or accept what it cannot print", async () => {
    const piece = fc.oneof(
      fc.string({ unit: "binary", maxLength: 8 }),
      fc.constantFrom(
        "config ",
        "option ",
        "list ",
        "meshtoll",
        "neighbour",
        "route",
        "\n",
        " ",
        "'",
        `"`,
        "\\",
        "#",
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "neighbours",
        "routes",
        `"journal"`,
        "journal",
        "/a",
        "1",
        nodeIdOf(1),
        keyOf(1),
        "price",
        "0.05/GB",
        "__proto__",
        "constructor",
        "\u0000",
        "\ud800",
      ),
    );
    const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));
    await fc.assert(
      fc.property(fc.constantFrom("", "{", "config meshtoll\n"), text, (head, tail) => {
        const reading = readConfigText(head + tail);
        if (reading.ok) {
          expect(accepted(renderConfig(reading.config, "uci"))).toEqual(reading.config);
        } else {
          expect(reading.problems.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 3000 },
    );
  });

  test("a good file with one character altered is read or refused, never worse", async () => {
    const good = renderConfig(accepted(exampleConfig), "uci");
    const json = renderConfig(accepted(exampleConfig), "json");
    await fc.assert(
      fc.property(
        fc.constantFrom(good, json),
        fc.nat(),
        fc.string({ unit: "binary", maxLength: 2 }),
        (text, at, put) => {
          const place = at % text.length;
          const reading = readConfigText(text.slice(0, place) + put + text.slice(place + 1));
          if (reading.ok) {
            expect(accepted(renderConfig(reading.config, "json"))).toEqual(reading.config);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("the example", () => {
  test("is accepted as it stands, and its comments show the defaults", () => {
    const config = accepted(exampleConfig);
    expect(config.neighbours).toHaveLength(1);
    expect({ ...config, neighbours: [], routes: [] }).toEqual(accepted(""));
  });

  test("shows every option there is", () => {
    for (const options of [mainOptions, neighbourOptions, routeOptions]) {
      for (const key of Object.keys(options)) {
        expect(exampleConfig).toMatch(new RegExp(`^\\t(# )?(option|list) ${key} '.+'$`, "m"));
      }
    }
  });

  test("an endpoint of a chain stands beside the chain and its contract, and no deposit is above its limit", () => {
    const chain = { rpc: ["https://rpc.example.net"], chain_id: "100", contract: "ab".repeat(20) };
    const text = (changes: object) => JSON.stringify({ ...chain, ...changes });
    expect(readConfigText(text({}))).toMatchObject({ ok: true });
    const problems = (changes: object) => {
      const reading = readConfigText(text(changes));
      return reading.ok ? [] : reading.problems.map(({ path }) => path);
    };
    expect(problems({ chain_id: "0" })).toEqual(["chain_id"]);
    expect(problems({ contract: "00".repeat(20) })).toEqual(["contract"]);
    expect(problems({ rpc: ["https://one.example.net", "https://one.example.net"] })).toEqual([
      "rpc",
    ]);
    expect(problems({ rpc: ["ftp://one.example.net"] })).toEqual(["rpc[0]"]);
    expect(problems({ finality: "0" })).toEqual(["finality"]);
  });

  test("every commented option can be uncommented, those for resale, rpc and exits apart", () => {
    const lines = exampleConfig.split("\n");
    lines.forEach((line, at) => {
      if (!/^\t# (option|list) /.test(line) || /resells_via|fee '|list rpc|exit_route/.test(line))
        return;
      const text = [...lines.slice(0, at), line.replace("# ", ""), ...lines.slice(at + 1)].join(
        "\n",
      );
      expect(readConfigText(text), line).toMatchObject({ ok: true });
    });
  });

  test("keeps within a hundred columns", () => {
    for (const line of exampleConfig.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
  });
});
