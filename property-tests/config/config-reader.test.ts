import { describe, expect, test } from "vitest";
import { backlog } from "#adapters/queueing/nft-table.ts";
import { boundsOf, smallestCreditLimit } from "#agent/config/bounds.ts";
import { interfaceName } from "#agent/config/config.ts";
import { money } from "#core/units/money.ts";
import { price } from "#core/units/price.ts";
import { accepted, complaints, configOf, keyOf, neighbour, nodeIdOf } from "./config-bench.ts";

describe("a configuration", () => {
  test("may be empty: then it is a node without neighbours, by the defaults", () => {
    for (const empty of ["", "{}", "\n# nothing\n", "config meshtoll 'main'\n"]) {
      const config = accepted(empty);
      expect(config).toEqual(accepted(""));
      expect(config.neighbours).toEqual([]);
      expect(config.terms.priceCap).toBe(100_000_000n);
    }
  });

  test("has history by default, can do without, and refuses sizes and ages beyond their limits", () => {
    expect(accepted("").history).toEqual({ on: true, days: 400, limit: 4_194_304n });
    expect(accepted(`{"history": "off"}`).history.on).toBe(false);
    const wrong = [
      ["history", "yes", "`on` or `off`"],
      ["history_days", "0", "a whole number from 1 to 36500"],
      ["history_days", "36501", "a whole number from 1 to 36500"],
      ["history_limit", "1048575", "1MiB to 1TB"],
      ["history_limit", "1000000000001", "1MiB to 1TB"],
    ] as const;
    for (const [option, value, allowed] of wrong) {
      const said = complaints(JSON.stringify({ [option]: value }));
      expect(said).toContain(option);
      expect(said).toContain(allowed);
    }
  });

  test("says the same as JSON and as UCI", () => {
    const json = JSON.stringify({
      price_cap: "0.08/GB",
      neighbours: [{ ...Object(neighbour(1)), classes: 2, price: ["0.03/GB", "0.04/GB"] }],
      routes: [{ prefix: "10.7.0.0/16", via: "n1", class: 2 }],
    });
    const uci = [
      "config meshtoll",
      "  option price_cap '0.08/GB'",
      "config neighbour n1",
      `  option id "${nodeIdOf(1)}"`,
      `  option tunnel_key '${keyOf(1)}'`,
      "  option listen_port 10010  # a port",
      "  option classes 2",
      "  list price 0.03/GB",
      "  list price 0.04'/GB'",
      "config route",
      "  option prefix 10.7.0.0/16",
      "  option via n1",
      "  option class 2",
    ].join("\n");
    expect(accepted(uci)).toEqual(accepted(json));
  });

  test("has one price for all classes, or one for each", () => {
    const [first] = accepted(configOf(neighbour(1, { classes: 3, price: "0.02/GB" }))).neighbours;
    expect(first?.charge).toEqual({
      kind: "price",
      prices: [20_000_000n, 20_000_000n, 20_000_000n],
    });
    const said = complaints(configOf(neighbour(1, { classes: 3, price: ["1", "2"] })));
    expect(said).toContain("neighbours[0].price");
    expect(said).toContain("found 2 prices");
    const eight = complaints(configOf(neighbour(1, { price: Array(8).fill("1") })));
    expect(eight).toContain("at most 7 values");
  });

  test("names interfaces within the kernel's fifteen characters", () => {
    const config = accepted(
      JSON.stringify({
        interface_prefix: "abcdef",
        neighbours: [neighbour(1, { name: "12345678" })],
      }),
    );
    const [first] = config.neighbours;
    expect(interfaceName(config.interfacePrefix, first?.name ?? "", 7)).toBe("abcdef123456787");
    expect(complaints(configOf(neighbour(1, { name: "123456789" })))).toContain("1 to 8");
    expect(complaints(`{"interface_prefix": "abcdefg"}`)).toContain("interface_prefix");
  });

  test("uses the token's own name, with the same defaults", () => {
    const config = accepted(`{"token_symbol": "XDAI", "token_decimals": 18}`);
    expect(config.token).toEqual({ symbol: "XDAI", decimals: 18, grainsPerUnit: 1n });
    expect(config.terms).toEqual(accepted("").terms);
    const said = complaints(`{"token_symbol": "XDAI", "pay_threshold": "0.001 USDC"}`);
    expect(said).toContain("0.01 XDAI");
  });

  test("a default that is not exact with the token has to be given", () => {
    const said = complaints(`{"token_decimals": 2, "grains_per_unit": 1}`);
    expect(said).toContain("found the default 0.001 USDC");
  });

  test("resells from another neighbour with a fee", () => {
    const config = accepted(
      configOf(neighbour(1), neighbour(2, { resells_via: "n1", fee: "0.01/GB" })),
    );
    expect(config.neighbours[1]?.charge).toEqual({ kind: "resale", via: "n1", fee: 10_000_000n });
  });
});

describe("what is refused is named, with what was found and what is allowed", () => {
  test("an unknown option, with the one that was meant", () => {
    expect(complaints(`{"credit_limt": "1"}`)).toContain("did you mean credit_limit?");
    expect(complaints(configOf(neighbour(1, { prise: "1" })))).toMatch(
      /neighbours\[0\]\.prise .*did you mean price\?/,
    );
    expect(complaints(`{"zzzzzz": "1"}`)).not.toContain("did you mean");
    expect(complaints(`{"__proto__": "1"}`)).toContain("__proto__");
    expect(complaints(`{"toString": "1"}`)).toContain("toString");
  });

  test("a required option that is missing, with what it is for", () => {
    expect(complaints(configOf({ name: "anna" }))).toContain(
      "neighbours[0].id (line 1): found nothing",
    );
  });

  test("what discovery would find is needed where nobody is looked for", () => {
    const unknown = neighbour(1, { tunnel_key: undefined });
    const said = complaints(configOf(unknown));
    expect(said).toContain("neighbours[0].tunnel_key (line 1): found nothing");
    expect(said).toContain("discovery_interface");
    expect(complaints(configOf(neighbour(1, { listen_port: undefined })))).toContain(
      "neighbours[0].listen_port",
    );
    const looking = { discovery_interface: ["wlan0"], neighbours: [unknown] };
    expect(accepted(JSON.stringify(looking)).neighbours[0]?.tunnelKey).toBeUndefined();
  });

  test("what a stranger can take and not pay is at risk, where strangers are looked for", () => {
    const risk = (options: object) =>
      boundsOf(accepted(JSON.stringify({ discovery_credit: "5 USDC", ...options })))
        .atRiskPerNeighbour;
    expect(risk({ discovery_interface: ["eth0"] })).toBe(5n * 10n ** 18n);
    expect(risk({})).toBe(10n ** 16n);
  });

  test("discovery's own options beyond their limits, each by its name", () => {
    const said = (options: object) =>
      complaints(JSON.stringify({ discovery_interface: ["eth0"], ...options }));
    expect(said({ discovery_interface: ["eth0", "eth0"] })).toContain("each once");
    expect(said({ discovery_interface: ["tollanna0"] })).toContain("no tunnel of the agent's own");
    expect(said({ discovery_interface: ["a/b"] })).toContain("the name of an interface");
    const many = Array.from({ length: 17 }, (_, i) => `eth${i}`);
    expect(said({ discovery_interface: many })).toContain("at most 16 values");
    expect(said({ discovery_policy: "maybe" })).toContain("off, ask or accept");
    expect(said({ discovery_credit: "1" })).toContain("0, or at least");
    expect(said({ discovery_price: "0.11/GB" })).toContain("at most price_cap");
    expect(said({ discovery_max_price: "0.11/GB" })).toContain("at most price_cap");
    expect(said({ discovery_limit: "251" })).toContain("from 0 to 250");
    expect(said({ neighbours: [neighbour(1, { listen_port: "8471" })] })).toContain(
      "8471 is that of discovery_port",
    );
  });

  test("everything at once, each with its line", () => {
    const said = complaints(
      [
        "config meshtoll",
        "\toption control_port 0",
        "\toption price_cap cheap",
        "config route",
        "\toption prefix 10.0.0.1/8",
        "\toption via x",
      ].join("\n"),
    );
    expect(said).toContain("control_port (line 2)");
    expect(said).toContain("price_cap (line 3)");
    expect(said).toContain("routes[0].prefix (line 5)");
    expect(said).toContain("10.0.0.0/8");
  });

  test.each([
    ["name", { name: "n1" }],
    ["id", { id: nodeIdOf(1) }],
    ["tunnel_key", { tunnel_key: keyOf(1) }],
    ["listen_port", { listen_port: 10_010 }],
  ])("two neighbours with the same %s", (option, same) => {
    const said = complaints(configOf(neighbour(1), neighbour(2, same)));
    expect(said).toContain(`neighbours[1].${option}`);
    expect(said).toContain(`neighbours[0].${option}`);
  });

  test("ports of classes that overlap, or are those of the control messages, or do not exist", () => {
    const overlap = configOf(
      neighbour(1, { classes: 7, price: "1" }),
      neighbour(2, { listen_port: 10_017 }),
    );
    expect(complaints(overlap)).toContain("10017 is that of neighbours[0].listen_port");
    accepted(
      configOf(neighbour(1, { classes: 7, price: "1" }), neighbour(2, { listen_port: 10_018 })),
    );
    expect(complaints(configOf(neighbour(1, { listen_port: 8468 })))).toContain("control_port");
    expect(complaints(configOf(neighbour(1, { listen_port: 65535 })))).toContain("at most 65534");
    expect(complaints(configOf(neighbour(1, { endpoint: "a.example:65535" })))).toContain(
      "at most 65534",
    );
  });

  test("the same prefix twice, however it is written", () => {
    const routes = ["fd00:7:0::/48", "FD00:7::/48"].map((prefix) => ({ prefix, via: "n1" }));
    const said = complaints(JSON.stringify({ neighbours: [neighbour(1)], routes }));
    expect(said).toContain(`routes[1].prefix (line 1): found "fd00:7::/48"`);
  });

  test("a route or resale by way of nobody, or a class that the neighbour has not", () => {
    const routes = [
      { prefix: "::/0", via: "n2" },
      { prefix: "0.0.0.0/0", via: "n1", class: 2 },
    ];
    const said = complaints(JSON.stringify({ neighbours: [neighbour(1)], routes }));
    expect(said).toContain("did you mean n1?");
    expect(said).toContain("0 to 1, the classes of n1");
    expect(complaints(configOf(neighbour(1, { resells_via: "nobody" })))).toContain("resells_via");
  });

  test("resale that goes round in circles, however long", () => {
    expect(complaints(configOf(neighbour(1, { resells_via: "n1" })))).toContain(
      "another neighbour",
    );
    const circle = [1, 2, 3].map((n) => neighbour(n, { resells_via: `n${(n % 3) + 1}` }));
    expect(complaints(configOf(...circle))).toContain("resale that comes to an end");
    accepted(
      configOf(
        neighbour(1),
        neighbour(2, { resells_via: "n1" }),
        neighbour(3, { resells_via: "n2" }),
      ),
    );
  });

  test("half a resale", () => {
    const both = neighbour(2, { resells_via: "n1", price: "1" });
    expect(complaints(configOf(neighbour(1), both))).toContain("a price beside resells_via");
    expect(complaints(configOf(neighbour(1, { fee: "1" })))).toContain("a fee without resells_via");
  });

  test("a price above the cap, on which the bounds rest", () => {
    expect(complaints(configOf(neighbour(1, { price: "0.11/GB" })))).toContain("price_cap");
    expect(complaints(configOf(neighbour(1, { max_price: "0.11/GB" })))).toContain("max_price");
  });

  test("rates that do not fit the link", () => {
    expect(complaints(`{"free_rate": "30Mbit"}`)).toContain("at most link_rate, 20000000");
  });

  test("T14: a credit limit that stalls, with the numbers and the smallest one that does not", () => {
    const terms = { pay_threshold: "4000", price_cap: "7", read_chunk: "2000", round_trip: "3000" };
    const smallest = 4000n - 1n + 7n * (2000n + 3000n + 1n);
    const main = (limit: bigint) => ({ ...terms, credit_limit: String(limit) });
    expect(accepted(JSON.stringify(main(smallest))).terms.creditLimit).toBe(smallest);
    const said = complaints(JSON.stringify(main(smallest - 1n)));
    expect(said).toContain(`credit_limit (line 1): found ${smallest - 1n} grains`);
    expect(said).toContain(`at least ${smallest} grains`);
    expect(said).toContain("4000 - 1 + 7 x (2000 + 3000 + 1)");
    const own = neighbour(1, { price: "7", credit_limit: String(smallest - 1n) });
    const ofOne = complaints(JSON.stringify({ ...main(smallest), neighbours: [own] }));
    expect(ofOne).toContain("neighbours[0].credit_limit");
    expect(ofOne).not.toMatch(/^credit_limit/m);
  });

  test("T24: credit that grows without an end, or ends below where it begins; shares that are none", () => {
    const growing = { credit_limit: "1 USDC", credit_growth: "5%" };
    const { growth } = accepted(JSON.stringify({ ...growing, credit_ceiling: "1 USDC" })).terms;
    expect(growth).toMatchObject({ share: 50_000n });
    expect(complaints(JSON.stringify(growing))).toContain("credit_ceiling");
    const low = { ...growing, credit_ceiling: "0.5 USDC" };
    expect(complaints(JSON.stringify(low))).toContain("at least the largest credit_limit");
    for (const credit_growth of ["5", "101%", "0.00001%", "-1%"]) {
      expect(complaints(JSON.stringify({ credit_growth }))).toContain("a share from 0% to 100%");
    }
  });

  test("a delivery that no tunnel carries, an eighth class, a tariff above the cap, resale to a client", () => {
    const exit = { delivery: "exit", tariff: "0.02/GB" };
    const one = accepted(configOf(neighbour(1, exit))).neighbours[0]?.delivery;
    expect(one).toMatchObject({ role: "exit", carrier: 1 });
    const client = accepted(configOf(neighbour(1, { delivery: "client" })));
    expect(client.terms.tolerance).toEqual({ share: 20_000n, bytes: 1_000_000n });
    const said = (more: Readonly<Record<string, string>>) =>
      complaints(configOf(neighbour(1, { ...exit, ...more })));
    expect(said({ delivery_class: "2" })).toContain("1 to classes, 1");
    expect(said({ classes: "7" })).toContain("at most 6 with delivery");
    expect(said({ tariff: "0.11/GB" })).toContain("at most the price cap");
    expect(said({ delivery: "both" })).toContain("`exit` or `client`");
    const slow = accepted(configOf(neighbour(1, { ...exit, delivery_rate: "5Mbit" })));
    expect(slow.neighbours[0]?.delivery?.rate).toBe(5_000_000n);
    expect(said({ delivery_rate: "21Mbit" })).toContain("to link_rate, 20000000 bits a second");
    expect(said({ delivery_rate: "1Mbit" })).toContain("free_rate and control_rate together");
    const two = [neighbour(1, { ...exit, resells_via: "n2", fee: "1" }), neighbour(2, {})];
    expect(complaints(configOf(...two))).toContain("a price of its own");
  });

  test("destinations by an exit where there is none, twice, beside a route, or more than there is room for", () => {
    const text = (prefixes: readonly string[], more: object, delivery = "client") => {
      const route = { prefix: "10.7.0.0/16", via: "n1" };
      const one = neighbour(1, { delivery });
      return JSON.stringify({
        exit_route: prefixes,
        neighbours: [one],
        routes: [route],
        ...more,
      });
    };
    const fine = accepted(text(["0.0.0.0/0"], { exit_loss: "0.5%" }));
    expect(fine.exits).toEqual({ routes: ["0.0.0.0/0"], loss: 5000n });
    expect(complaints(text(["0.0.0.0/0"], {}, "exit"))).toContain("has delivery `client`");
    expect(complaints(text(["10.7.0.0/16"], {}))).toContain("routes[0] has it");
    expect(complaints(text(["0.0.0.0/0", "0.0.0.0/0"], {}))).toContain("it once");
    const many = Array.from({ length: 17 }, (_, i) => `10.8.${i}.0/24`);
    expect(complaints(text(many, {}))).toContain("at most 16 values");
    expect(complaints(text(["0.0.0.0/0"], { exit_loss: "101%" }))).toContain("a share from 0%");
  });

  test("deliveries to strangers in an eighth class, or at a tariff above the cap", () => {
    const found = { discovery_interface: "eth0", discovery_delivery: "exit" };
    const said = (more: object) => complaints(JSON.stringify({ ...found, ...more }));
    const config = accepted(JSON.stringify({ ...found, discovery_tariff: "0.02/GB" }));
    expect(config.discovery.delivery).toEqual({
      role: "exit",
      carrier: 1,
      tariff: 20_000_000n,
      rate: undefined,
    });
    expect(said({ discovery_classes: "7" })).toContain("at most 6 with discovery_delivery");
    expect(said({ discovery_tariff: "0.11/GB" })).toContain("at most price_cap");
    expect(said({ discovery_delivery: "both" })).toContain("none, exit or client");
  });

  test("more than six payments in a round trip, and the smallest threshold that avoids it", () => {
    const terms = { price_cap: "7", round_trip: "3000", credit_limit: "1000000000000" };
    expect(accepted(JSON.stringify({ ...terms, pay_threshold: "3500" }))).toBeDefined();
    const said = complaints(JSON.stringify({ ...terms, pay_threshold: "3499" }));
    expect(said).toContain("pay_threshold (line 1): found 3499 grains");
    expect(said).toContain("at least 3500 grains");
  });

  test("a chunk of which the queues keep back half: the kernel would stop for good", () => {
    const least = 2n * backlog(20_000_000n);
    const rest = { link_rate: "20Mbit" };
    expect(accepted(JSON.stringify({ ...rest, reservation: String(least) }))).toBeDefined();
    const said = complaints(JSON.stringify({ ...rest, reservation: String(least - 1n) }));
    expect(said).toContain(`reservation (line 1): found ${least - 1n} bytes`);
    expect(said).toContain(`at least ${least} bytes`);
  });
});

test("the bounds that are printed are those of the theorems", () => {
  const config = accepted("");
  const { terms } = config;
  expect(smallestCreditLimit(terms, config.roundTrip)).toBe(8_200_000_099_999_999n);
  expect(boundsOf(config)).toEqual({
    smallestCreditLimit: money(8_200_000_099_999_999n),
    atRiskPerReboot: money(200_000_000n * price(100_000_000n)),
    atRiskPerNeighbour: terms.creditLimit,
    commitsPerGigabyte: 5n + 16n,
  });
});
