import { readFileSync } from "node:fs";
import * as Effect from "effect/Effect";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tokensText } from "#agent/status-page/amount-text.ts";
import { expositionText } from "#agent/status-page/metric-family.ts";
import { metricsText } from "#agent/status-page/metrics-text.ts";
import { readExposition } from "./exposition.ts";
import { withAnswers, withPage } from "./page-world.ts";

/** Everything that a router with a routing and incidents tells. */
const everything = withAnswers({
  routes: {
    babel: "up",
    routes: [{ prefix: "::/0", via: "b", class: 1, loss: 20_000, delay: 3500 }],
  },
  incidents: {
    incidents: [
      { kind: "disk full", open: true },
      { kind: "disk full", open: false },
    ],
  },
});

describe("/metrics", () => {
  test("is read whole by a strict reader, and its numbers are those of status", () =>
    withPage(async ({ answer, config }) => {
      const families = readExposition(await Effect.runPromise(metricsText(answer, config())));
      const one = (name: string) => families.find((family) => family.name === `meshtoll_${name}`);
      const status = (await Effect.runPromise(answer(["status"]))) as {
        readonly neighbours: readonly {
          readonly accounts: readonly {
            readonly position: bigint;
            readonly amount: bigint;
            readonly direction: string;
          }[];
        }[];
      };
      const account = status.neighbours[0]?.accounts.find(
        ({ direction }) => direction === "we pay",
      );
      expect(account?.position).toBeGreaterThan(0n);
      expect(one("sent_bytes_total")?.samples).toEqual([
        { labels: { neighbour: "b", class: "1" }, value: Number(account?.position) },
      ]);
      expect(one("owed_tokens_total")?.samples[0]?.labels).toEqual({
        neighbour: "b",
        class: "1",
        token: "USDC",
      });
      expect(one("owed_tokens_total")?.samples[0]?.value).toBeCloseTo(
        Number(account?.amount) / 1e18,
        12,
      );
      expect(one("buying_price_tokens_per_gigabyte")?.samples[0]?.value).toBe(0.05);
      expect(one("route_loss_ratio")?.samples).toEqual([
        { labels: { prefix: "::/0", via: "b" }, value: 0.02 },
      ]);
      expect(one("route_delay_seconds")?.samples[0]?.value).toBe(0.0035);
      expect(one("open_incidents")?.samples).toEqual([{ labels: { kind: "disk full" }, value: 1 }]);
    }, everything));

  test("every name ends with its unit, and every counter with _total", () =>
    withPage(async ({ answer, config }) => {
      const families = readExposition(await Effect.runPromise(metricsText(answer, config())));
      expect(families.length).toBeGreaterThan(25);
      for (const { name, type, help } of families) {
        expect(name).toMatch(/^meshtoll_[a-z_]+$/);
        expect(name.endsWith("_total")).toBe(type === "counter");
        expect(help.length).toBeGreaterThan(9);
        // A number of bytes, tokens or seconds says so; the rest are plain counts and switches.
        if (/byte|token|second|ratio/i.test(help))
          expect(name).toMatch(/bytes|tokens|seconds|ratio|messages|looks|inputs|commits/);
      }
    }, everything));

  test("whatever labels are, they come out as they went in", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string(), (neighbour, reason) => {
        const samples = [{ labels: { neighbour, reason }, value: "1" }];
        const text = expositionText([
          { name: "a_total", type: "counter", help: "Some help.", samples },
        ]);
        expect(readExposition(text)[0]?.samples[0]?.labels).toEqual({ neighbour, reason });
      }),
    );
  });

  test("amounts in tokens lose no digit, with any number of decimals", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1n << 160n }), fc.nat(18), (grains, decimals) => {
        const token = { symbol: "X", decimals, grainsPerUnit: 10n ** BigInt(18 - decimals) };
        const [whole = "", fraction = ""] = tokensText(grains, token).split(".");
        expect(BigInt(whole) * 10n ** 18n + BigInt(fraction.padEnd(18, "0"))).toBe(grains);
        expect(fraction.endsWith("0")).toBe(false);
      }),
    );
  });

  test("the dashboard of packaging/grafana asks for metrics that there are, with a unit each", () =>
    withPage(async ({ answer, config }) => {
      const told = readExposition(await Effect.runPromise(metricsText(answer, config())));
      const names = new Set(told.map(({ name }) => name));
      const board = JSON.parse(readFileSync("packaging/grafana/meshtoll.json", "utf8")) as {
        readonly panels: readonly {
          readonly title: string;
          readonly type: string;
          readonly targets?: readonly { readonly expr: string }[];
          readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
        }[];
      };
      const asking = board.panels.filter(({ type }) => type !== "row");
      expect(asking.length).toBeGreaterThan(9);
      for (const { title, targets, fieldConfig } of asking) {
        expect(targets?.length, title).toBeGreaterThan(0);
        expect(fieldConfig?.defaults.unit, title).toBeDefined();
        for (const { expr } of targets ?? []) {
          const asked = expr.match(/meshtoll_[a-z_]+/g) ?? [];
          expect(asked.length, expr).toBeGreaterThan(0);
          expect(
            asked.filter((name) => !names.has(name)),
            expr,
          ).toEqual([]);
        }
      }
    }, everything));
});
