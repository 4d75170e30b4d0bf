import { describe, expect, test } from "vitest";
import { isOwnAddress, leftAlone } from "#agent/routing/left-alone.ts";
import { linkProbe, silentAfter } from "#agent/routing/link-probe.ts";
import { type Choice, chooseRoutes, type Hop } from "#agent/routing/route-choice.ts";
import { routesAnswer } from "#agent/routing/route-facts.ts";
import { attenuationOf } from "#core/route/attenuation.ts";
import type { Preference } from "#core/route/preference.ts";
import { type Prefix, parsePrefix } from "#core/route/prefix.ts";
import { here } from "#core/route/vector.ts";
import { diamondView, far } from "./diamond-view.ts";
import { hop } from "./pretend-hop.ts";

const preference: Preference = { price: 100n, loss: 100n, delay: 100n, margin: 10n };

const choose = (
  hops: readonly Hop[],
  before: ReadonlyMap<Prefix, Choice> = new Map(),
  limit = 100,
) => chooseRoutes({ view: diamondView(), hops, preference, fixed: new Set(), limit }, before);
const via = (choices: ReadonlyMap<Prefix, Choice>) => choices.get(far)?.taken?.hop.id;

describe("choosing among babeld's routes", () => {
  test("the cheaper way is taken, though babeld prefers the other", () => {
    expect(via(choose([hop("b", 80n), hop("c", 50n)]))).toBe("c");
  });

  test("a neighbour that offers nothing leaves the choice to others, and alone to plain Babel", () => {
    expect(via(choose([hop("b", undefined), hop("c", 500n)]))).toBe("c");
    expect(via(choose([hop("b", undefined)]))).toBeUndefined();
  });

  test("beyond the cap nothing is taken, and an offer of a class that there is no tunnel for is none", () => {
    expect(via(choose([hop("b", 80n, { cap: 79n })]))).toBeUndefined();
    expect(via(choose([hop("b", 80n, { classes: 0 })]))).toBeUndefined();
  });

  test("a silent neighbour is left, but not where it is the only way", () => {
    const before = choose([hop("b", 50n), hop("c", 80n)]);
    expect(via(choose([hop("b", 50n, { alive: false }), hop("c", 80n)], before))).toBe("c");
    const nobody = [hop("b", 50n, { alive: false }), hop("c", 80n, { alive: false })];
    expect(via(choose(nobody, before))).toBe("b");
  });

  test("a route that does not lead to the neighbour of its tunnel is none of ours", () => {
    expect(choose([hop("b", 50n, { address: "fe80::e" })]).size).toBe(0);
  });

  test("what a neighbour was caught at counts instead of what it says", () => {
    const liar = hop("b", 50n, { believed: () => 90n });
    expect(via(choose([liar, hop("c", 80n)]))).toBe("c");
  });

  test("leases that are held count as its price while they last, and both are told", () => {
    const holding = hop("b", 80n, { priceNow: () => 40n });
    const choices = choose([holding, hop("c", 50n)]);
    expect(via(choices)).toBe("b");
    const [route] = routesAnswer(diamondView(), choices, [], String, undefined).routes;
    expect(route).toMatchObject({ price: "40", asks: "80", alternatives: [{ price: "50" }] });
    expect(route?.alternatives[0]?.asks).toBeUndefined();
  });

  test("more destinations than the limit are left to plain Babel, and those of the configuration to it", () => {
    expect(choose([hop("b", 50n)], new Map(), 0).size).toBe(0);
    const view = diamondView();
    const fixed = new Set<string>([far]);
    expect(
      chooseRoutes({ view, hops: [hop("b", 50n)], preference, fixed, limit: 9 }, new Map()).size,
    ).toBe(0);
  });

  test("the answer says of every way why it is taken or not", () => {
    const view = diamondView();
    const choices = choose([hop("b", 80n), hop("c", 50n)]);
    const answer = routesAnswer(view, choices, [], (id) => `name-${id}`, undefined);
    expect(answer).toMatchObject({ babel: "up", verified: true, left: 0 });
    expect(answer.routes).toMatchObject([
      {
        prefix: far,
        via: "name-c",
        class: 1,
        price: "50",
        loss: "0",
        delay: "0",
        why: "the best that may be taken: lower price than by name-b",
        alternatives: [{ via: "name-b", price: "80", feasible: true, why: "worse: higher price" }],
      },
    ]);
    expect(routesAnswer(view, choices, [], String, "10.0.0.0/8").routes).toEqual([]);
  });
});

describe("why a way is taken, in words", () => {
  /** What is said of the ways to one destination: of the one that is taken first. */
  const said = (hops: readonly Hop[], before?: ReadonlyMap<Prefix, Choice>) => {
    const { routes } = routesAnswer(diamondView(), choose(hops, before), [], String, undefined);
    return routes.flatMap(({ why, alternatives }) => [why, ...alternatives.map((one) => one.why)]);
  };
  const slow = { ...here, delay: 50_000n };

  test("what counts most comes first, what speaks against it last", () => {
    expect(said([hop("b", 60n, { link: slow }), hop("c", 80n)])).toEqual([
      "the best that may be taken: less delay than by b, though higher price",
      "worse: more delay, though lower price",
    ]);
    const lossy = { ...slow, attenuation: attenuationOf(20_000n) };
    expect(said([hop("b", 200n, { link: lossy }), hop("c", 80n)])).toEqual([
      "the best that may be taken: less delay, less loss and lower price than by b",
      "worse: more delay, more loss and higher price",
    ]);
  });

  test("one that has no rival is the only one, and two that differ by little are about the same", () => {
    expect(said([hop("b", 60n), hop("c", undefined)])).toEqual([
      "the only one that may be taken",
      "the neighbour offers no way there",
    ]);
    expect(said([hop("b", 100n), hop("c", 101n)])).toEqual([
      "the best that may be taken: about the same as by c",
      "worse: about the same",
    ]);
  });

  test("one that stays says what is not better by the margin", () => {
    const before = choose([hop("b", 100n), hop("c", 200n)]);
    expect(said([hop("b", 100n), hop("c", 93n)], before)).toEqual([
      "taken before, and the way by c is not better by the margin",
      "better, but not by the margin: lower price",
    ]);
  });

  test("a weight of nothing is no reason", () => {
    const priceOnly: Preference = { ...preference, loss: 0n, delay: 0n };
    const ways = [hop("b", 60n, { link: slow }), hop("c", 80n)];
    const choices = chooseRoutes(
      { view: diamondView(), hops: ways, preference: priceOnly, fixed: new Set(), limit: 9 },
      new Map(),
    );
    const { routes } = routesAnswer(diamondView(), choices, [], String, undefined);
    expect(routes[0]?.why).toBe("the best that may be taken: lower price than by c");
  });
});

describe("what the machine's own tables decide", () => {
  const addresses = [
    { interfaceName: "lan", address: "192.168.1.1", cidr: "192.168.1.1/24" },
    { interfaceName: "lan", address: "fe80::1", cidr: "fe80::1/64" },
    { interfaceName: "lo", address: "127.0.0.1", cidr: "127.0.0.1/8" },
    { interfaceName: "tollb0", address: "10.50.0.1", cidr: "10.50.0.1/24" },
  ];
  const left = (...chosen: readonly string[]) =>
    leftAlone(
      addresses,
      new Set(["tollb0"]),
      ["172.31.1.2", "2001:db8::1", "a.example.net"],
      new Set(chosen),
    );

  test("networks that are connected and ends of tunnels, where a route would cover them", () => {
    expect(left("0.0.0.0/0")).toEqual(["172.31.1.2/32", "192.168.1.0/24"]);
    expect(left("::/0")).toEqual(["2001:db8::1/128"]);
    expect(left("192.168.0.0/16")).toEqual(["192.168.1.0/24"]);
    expect(left("192.168.1.0/24")).toEqual(["192.168.1.0/24"]);
    expect(left("10.0.0.0/8", "192.168.1.128/25")).toEqual([]);
  });

  test("an address of the machine is its own, a network is not", () => {
    expect(isOwnAddress(parsePrefix("192.168.1.1/32") as Prefix, addresses)).toBe(true);
    expect(isOwnAddress(parsePrefix("192.168.1.0/24") as Prefix, addresses)).toBe(false);
  });
});

describe("whether a neighbour answers", () => {
  const second = 1_000_000n;
  test("several probes in a row without an answer are silence, and one answer ends it", () => {
    const probe = linkProbe();
    for (let i = 0; i < silentAfter; i++) probe.next(1n, 0n, 0n);
    expect(probe.alive(0n)).toBe(true);
    expect(probe.alive(second)).toBe(false);
    const { number } = probe.next(1n, second, 10n);
    const echo = { type: "ECHO", epoch: 2n, number, held: 0n, received: 9n, sent: 5n } as const;
    expect(probe.take({ ...echo, at: 0n }, second, 4n)).toBe(false); // not what was asked
    expect(probe.take({ ...echo, at: second }, second + 3000n, 4n)).toBe(true);
    expect(probe.take({ ...echo, at: second }, second + 3000n, 4n)).toBe(false); // twice
    expect(probe.alive(2n * second)).toBe(true);
    expect(probe.measured().delay).toBe(1500n);
  });
});
