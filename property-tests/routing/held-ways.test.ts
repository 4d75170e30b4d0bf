import { describe, expect, test } from "vitest";
import { type BabelRoute, type BabelView, emptyView, infinity } from "#adapters/babel/babel.ts";
import { heldWays } from "#agent/routing/held-ways.ts";
import { type Choice, chooseRoutes, type Hop } from "#agent/routing/route-choice.ts";
import type { Preference } from "#core/route/preference.ts";
import type { Prefix } from "#core/route/prefix.ts";
import { diamondView, far } from "./diamond-view.ts";
import { hop } from "./pretend-hop.ts";

const preference: Preference = { price: 100n, loss: 100n, delay: 100n, margin: 10n };

const choose = (view: BabelView, hops: readonly Hop[], before: ReadonlyMap<Prefix, Choice>) =>
  chooseRoutes({ view, hops, preference, fixed: new Set(), limit: 9 }, before);

const hops = [hop("b", 50n), hop("c", 80n)];
const before = choose(diamondView(), hops, new Map());
const via = (view: BabelView, now: readonly Hop[] = hops) =>
  choose(heldWays(view, before), now, before).get(far)?.taken?.hop.id;

/** A babeld that began anew, and what it says of the ways so far. */
function saying(...routes: readonly Partial<BabelRoute>[]): BabelView {
  const base = { prefix: far, metric: 192, refMetric: 96, installed: false, feasible: true };
  const all = routes.map((one): BabelRoute => {
    const name = one.interfaceName ?? "tollb0";
    return { ...base, price: undefined, nextHop: `fe80::${name[4]}`, interfaceName: name, ...one };
  });
  return {
    ...emptyView,
    state: "up",
    routes: all.length === 0 ? new Map() : new Map([[far, all]]),
  };
}

describe("a babeld that began anew", () => {
  test("says nothing yet: the way that was taken stays", () => {
    expect(via(saying())).toBe("b");
  });

  test("has not measured the link yet: the way stays", () => {
    expect(via(saying({ metric: infinity, feasible: false }))).toBe("b");
  });

  test("knows another way first: that is taken only where it is better", () => {
    const onlyC = saying({ interfaceName: "tollc0" });
    expect(via(onlyC)).toBe("b");
    expect(via(onlyC, [hop("b", 50n), hop("c", 20n)])).toBe("c");
  });

  test("hears that the neighbour retracts it, or that it might lead in a circle: it is left", () => {
    const lost = { metric: infinity, refMetric: infinity, feasible: false };
    expect(via(saying(lost))).toBeUndefined();
    expect(via(saying(lost, { interfaceName: "tollc0" }))).toBe("c");
    expect(via(saying({ feasible: false }))).toBeUndefined();
  });

  test("does not keep what is beyond the cap by now, nor a neighbour that is silent or gone", () => {
    expect(via(saying(), [hop("b", 50n, { cap: 49n }), hop("c", 80n)])).toBeUndefined();
    const onlyC = saying({ interfaceName: "tollc0" });
    expect(via(onlyC, [hop("b", 50n, { alive: false }), hop("c", 80n)])).toBe("c");
    expect(via(saying(), [hop("c", 80n)])).toBeUndefined();
  });
});
