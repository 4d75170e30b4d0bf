import { describe, expect, test } from "vitest";
import { endsOnTheGround, type OwnAddress } from "#agent/routing/left-alone.ts";
import { measuredBytes, overtaken, pathWatch, type SeenPath } from "#agent/routing/path-watch.ts";
import { type Choice, chooseRoutes, type Hop } from "#agent/routing/route-choice.ts";
import { forgettingBytes, neutral } from "#core/quality/evidence.ts";
import { factorsTo, globalFactors } from "#core/quality/rank-table.ts";
import { attenuationOf, lossPpmOf } from "#core/route/attenuation.ts";
import type { Prefix } from "#core/route/prefix.ts";
import { here } from "#core/route/vector.ts";
import type { NodeId } from "#core/units/node-id.ts";
import { priceClass } from "#core/units/price-class.ts";
import { diamondView, far } from "./diamond-view.ts";

const [b, c, e] = ["b", "c", "e"] as unknown as readonly [NodeId, NodeId, NodeId];
const way = (hop: NodeId, carried: bigint) => ({
  hop,
  prefix: far,
  advertised: { loss: 0n, delay: 1000n },
  paid: true,
  carried,
});

/** An exit e behind others, of whose bytes a share is lost, looked at now and then. */
function watched() {
  const watch = pathWatch();
  let [sent, received] = [0n, 0n];
  const others: readonly SeenPath[] = [b, c].map((end) => ({
    end,
    way: undefined,
    totals: undefined,
    delay: undefined,
  }));
  const say = (
    hop: NodeId | undefined,
    more: bigint,
    arrived: bigint,
    delay = 1000n,
    strays = false,
  ): void => {
    sent += more;
    received += arrived;
    const seen = {
      end: e,
      way: hop && way(hop, strays ? 0n : sent),
      totals: { sent, received },
      delay,
    };
    watch.look([...others, seen]);
  };
  return {
    watch,
    say,
    carry: (hop: NodeId | undefined, bytes: bigint, ppm: bigint, delay = 1000n, strays = false) =>
      say(hop, bytes, bytes - (bytes * ppm) / 1_000_000n, delay, strays),
    restart: () => {
      [sent, received] = [0n, 0n];
    },
    loss: (hop: NodeId) => factorsTo(watch.table(), hop, far).loss,
  };
}

describe("a way that is measured end to end", () => {
  test("takes rank from the next hop that loses what it carries, and from nobody else", () => {
    const { carry, loss, watch } = watched();
    for (let i = 0; i < 42; i++) carry(b, 100_000n, 200_000n);
    expect(loss(b)).toBeGreaterThan(30n * neutral);
    expect(watch.table().has(c)).toBe(false);
    // The end of the way said what arrived: that is held against the way, and not against all others.
    expect(globalFactors(watch.table(), b).loss).toBe(neutral);
  });

  test("says nothing of who carried part of it, nor of counters that began anew", () => {
    const { carry, loss, restart } = watched();
    carry(b, 0n, 0n);
    carry(c, 900_000n, 1_000_000n);
    carry(b, 900_000n, 1_000_000n);
    carry(undefined, 900_000n, 1_000_000n);
    carry(c, 900_000n, 1_000_000n);
    expect([loss(b), loss(c)]).toEqual([neutral, neutral]);
    for (let i = 0; i < 2; i++) carry(c, 10n, 0n);
    restart();
    carry(c, 10n, 0n);
    carry(c, measuredBytes - 1n, 1_000_000n);
    expect(loss(c)).toBe(neutral);
    carry(c, 1n, 0n);
    expect(loss(c)).toBeGreaterThan(neutral);
  });

  test("charges a new next hop with nothing that the old one had not delivered yet, or lost", () => {
    const { carry, loss } = watched();
    for (let i = 0; i < 9; i++) carry(b, 900_000n, 200_000n);
    // The answer at hand when the way changed, and the one that was under way then.
    carry(c, 0n, 0n);
    carry(c, 900_000n, 200_000n);
    carry(c, 900_000n, 200_000n);
    for (let i = 0; i < 9; i++) carry(c, 900_000n, 0n);
    expect(loss(c)).toBe(neutral);
    expect(loss(b)).toBeGreaterThan(neutral);
  });

  test("takes packets that wait while a probe overtakes them for late, not for lost", () => {
    const { watch, carry, say, loss } = watched();
    for (let i = 0; i < 3; i++) carry(b, 100_000n, 0n);
    for (let i = 0; i < 100; i++) {
      say(b, 100_000n, i % 2 === 0 ? 100_000n + overtaken : 100_000n - overtaken);
    }
    expect(loss(b)).toBe(neutral);
    expect(watch.table().get(b)?.get(far)?.loss.found).toBe(0n);
  });

  test("forgets what arrived beyond that: nobody saves up for a loss", () => {
    const { watch, carry, say } = watched();
    for (let i = 0; i < 3; i++) carry(b, 100_000n, 0n);
    for (let i = 0; i < 100; i++) say(b, 100_000n, 200_000n);
    say(b, 100_000n, 0n);
    const found = watch.table().get(b)?.get(far)?.loss.found;
    // Per million of the bytes that were sent, times their weight.
    expect(found).toBe(100_000n * (((100_000n - overtaken) * 1_000_000n) / 100_000n));
  });

  test("says nothing of a neighbour whose tunnel the bytes did not take, whatever routes say", () => {
    const { carry, loss } = watched();
    for (let i = 0; i < 9; i++) carry(b, 900_000n, 500_000n, 1000n, true);
    expect(loss(b)).toBe(neutral);
  });

  test("takes rank by its delay too, and gives it back as traffic goes elsewhere", () => {
    const { carry, watch } = watched();
    for (let i = 0; i < 60; i++) carry(b, 100_000n, 0n, 500_000n);
    const delay = () => factorsTo(watch.table(), b, far).delay;
    expect(delay()).toBeGreaterThan(20n * neutral);
    for (let i = 0; i < 400; i++) carry(undefined, forgettingBytes / 20n, 0n);
    expect(delay()).toBeLessThan((neutral * 105n) / 100n);
  });

  test("leaves a next hop that advertises better than it delivers, and the choice comes back to it", () => {
    const { carry, watch } = watched();
    const hop = (id: string, price: bigint, said: bigint): Hop => ({
      id,
      index: 0,
      interfaceName: `toll${id}0`,
      address: `fe80::${id}`,
      alive: true,
      link: here,
      cap: 1000n,
      offer: () => ({
        class: priceClass(1),
        vector: { price, attenuation: attenuationOf(said), delay: 0n },
      }),
      believed: (_, advertised) => advertised,
      priceNow: (_, asked) => asked,
      factors: (prefix) => factorsTo(watch.table(), id as NodeId, prefix),
      classes: 1,
    });
    const preference = { price: 100n, loss: 100n, delay: 100n, margin: 10n };
    let choices: ReadonlyMap<Prefix, Choice> = new Map();
    const choose = () => {
      const view = diamondView();
      // b says that it loses nothing, and loses a fifth; c says what it does, and is a little dearer.
      const hops = [hop("b", 50n, 0n), hop("c", 60n, 10_000n)];
      choices = chooseRoutes({ view, hops, preference, fixed: new Set(), limit: 9 }, choices);
      return choices.get(far)?.taken;
    };
    expect(choose()?.hop.id).toBe("b");
    let carried = 0n;
    while (choose()?.hop.id === "b") {
      carry(b, measuredBytes, 200_000n);
      carried += measuredBytes;
    }
    expect(carried).toBeLessThanOrEqual(6n * measuredBytes);
    // What neighbours are told is what is believed; prices are those that were offered.
    const ways = choices.get(far)?.ways ?? [];
    const lying = ways.find((one) => one.hop.id === "b");
    expect(lying?.candidate.vector?.price).toBe(50n);
    expect(lossPpmOf(lying?.advertised?.attenuation ?? attenuationOf(1n))).toBe(0n);
    let elsewhere = 0n;
    while (choose()?.hop.id === "c" && elsewhere < 20n * forgettingBytes) {
      carry(c, 1_048_576n, 10_000n);
      elsewhere += 1_048_576n;
    }
    expect(choose()?.hop.id).toBe("b");
  });
});

describe("the far ends of tunnels", () => {
  const cable: OwnAddress = {
    interfaceName: "eth0",
    address: "192.168.1.2",
    cidr: "192.168.1.2/24",
  };
  const ends = [
    { neighbour: "b", host: "192.168.1.3" },
    { neighbour: "e", host: "10.99.0.4" },
    { neighbour: "f", host: "f.example.net" },
  ];
  const ground = (hops: Readonly<Record<string, string>>, more: typeof ends = []) =>
    endsOnTheGround([...ends, ...more], [cable], new Set(), (host) => hops[host]);

  test("are left to the machine's own tables, but for whoever is reached through another's tunnels", () => {
    expect(ground({})).toEqual(["192.168.1.3", "10.99.0.4", "f.example.net"]);
    expect(ground({ "10.99.0.4": "b" })).toEqual(["192.168.1.3", "f.example.net"]);
  });

  test("on a cable of our own never go through a tunnel, whatever is announced", () => {
    expect(ground({ "192.168.1.3": "e", "10.99.0.4": "b" })).toContain("192.168.1.3");
  });

  test("are left alone where tunnels would lead through themselves, directly or in a circle", () => {
    expect(ground({ "10.99.0.4": "e" })).toContain("10.99.0.4");
    const third = [{ neighbour: "g", host: "10.99.0.5" }];
    const circle = ground({ "10.99.0.4": "g", "10.99.0.5": "e" }, third);
    expect(circle).toContain("10.99.0.4");
    expect(circle).toContain("10.99.0.5");
  });
});
