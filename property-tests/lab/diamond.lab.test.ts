import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { namespaceName } from "#agent/demo/belongings.ts";
import { type Claim, claimTag } from "#agent/demo/claim.ts";
import { diamondAddresses, internetPrefix } from "#agent/demo/diamond-network.ts";
import { type DiamondStage, diamondStage } from "#agent/demo/diamond-stage.ts";
import { lossy } from "#agent/demo/namespace.ts";
import { runDirectoryOf } from "#agent/routing/run-directory.ts";
import { skipsLab } from "./lab.ts";
import { skipsRoutingLab } from "./routing-lab.ts";

const program = fileURLToPath(new URL("../../router-agent/main.ts", import.meta.url));

/** How long a route may take until it is as expected: a wait that ends in a failure, not a measure. */
const patience = 60_000;

/** A babeld that begins anew measures its links in so long, in milliseconds. */
const learningTime = 4000;

const { internet } = diamondAddresses;

describe.skipIf(skipsLab() || skipsRoutingLab())(
  "best-buy routes over a real babeld, on a diamond",
  () => {
    const curtain = new AbortController();
    /** Claimed: a demo that runs beside this test would clean up after it otherwise. */
    let claim: Claim;
    let tag = "";
    let stage: DiamondStage;

    beforeAll(async () => {
      claim = await claimTag();
      tag = claim.tag;
      stage = await diamondStage(tag, curtain.signal, { program });
    }, 400_000);
    afterAll(async () => {
      curtain.abort();
      await stage?.close();
      claim?.release();
      expect(existsSync(runDirectoryOf(`a${tag}`))).toBe(false);
    });

    /** Waits until a's route to the internet is as it should be. @param others feasible, and offered. */
    const until = async (holds: (via: string | undefined, others: number) => boolean) => {
      for (const end = performance.now() + patience; ; ) {
        const route = await stage.route();
        if (
          route !== undefined &&
          holds(
            route.via,
            route.alternatives.filter((one) => one.feasible && one.price !== undefined).length,
          )
        )
          return route;
        if (performance.now() > end)
          throw new Error(JSON.stringify(await stage.routes("a"), null, 1));
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    const tunnel = (to: string, priceClass: number) => `a${tag}${to}${priceClass}`;
    /** The kernel takes this tunnel to the internet now; where not, all that is known is shown. */
    const stays = async (name: string) => {
      const found = await stage.device("a", internet);
      if (found === name) return;
      const tables = await stage.run("a", "ip", "route", "show", "table", "all");
      const answer = JSON.stringify(await stage.routes("a"));
      throw new Error(`${found} instead of ${name}\n${tables}\n${answer}\n${await stage.log("a")}`);
    };
    const sentTo = async (name: string): Promise<bigint> => {
      const status = await stage.status("a");
      const found = status.neighbours.find(({ id }) => status.names[id] === name);
      return BigInt(
        found?.accounts.find(({ direction }) => direction === "we pay")?.position ?? "0",
      );
    };

    test("of two ways that Babel finds equal the cheaper one is taken, in its paid class", async () => {
      const route = await until((via, others) => via === "b" && others === 1);
      expect(route).toMatchObject({ class: 1, price: "60000000" });
      expect(route.alternatives).toMatchObject([{ via: "c", price: "80000000", feasible: true }]);
      expect(await stage.device("a", internet)).toBe(tunnel("b", 1));
      // Packets that are carried for nothing take the same neighbour's free tunnel.
      expect(await stage.device("a", internet, 0x5001)).toBe(tunnel("b", 0));
      // What is for the neighbour itself costs nobody anything.
      expect(await stage.device("a", diamondAddresses.b)).toBe(tunnel("b", 0));
    });

    test("bytes that take it are paid, by leases and not by what was advertised", async () => {
      stage.startTraffic(200_000);
      const before = await sentTo("b");
      for (const end = performance.now() + patience; (await sentTo("b")) < before + 200_000n; ) {
        if (performance.now() > end) throw new Error("nothing was sent as paid");
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    });

    test("the loss of a link is what WireGuard at both its ends counted", async () => {
      /** Bytes that a sent to b, and that b received of a, on both tunnels. */
      const counted = async () => {
        const line = async (name: "a" | "b", tunnelName: string) =>
          (await stage.run(name, "wg", "show", tunnelName, "transfer"))
            .trim()
            .split("\t")
            .map(Number);
        const ends = await Promise.all(
          [0, 1].flatMap((one) => [line("a", tunnel("b", one)), line("b", `b${tag}a${one}`)]),
        );
        const sum = (column: number, from: number) =>
          (ends[from]?.[column] ?? 0) + (ends[from + 2]?.[column] ?? 0);
        return { sent: sum(2, 0), received: sum(1, 1) };
      };
      const measured = async () => {
        const { links } = await stage.routes("a");
        return Number(links.find(({ neighbour }) => neighbour === "b")?.lossOut ?? "0");
      };
      await lossy(namespaceName(tag, "b"), "to-a", 8);
      const before = await counted();
      for (const end = performance.now() + patience; ; ) {
        await new Promise((resolve) => setTimeout(resolve, 1000));
        const now = await counted();
        const sent = now.sent - before.sent;
        const real = (1_000_000 * (sent - (now.received - before.received))) / sent;
        const seen = await measured();
        if (sent > 1_000_000 && Math.abs(seen - real) < 15_000 && real > 40_000) break;
        if (performance.now() > end)
          throw new Error(`measured ${seen}, counted ${real} ppm of ${sent}`);
      }
      await stage.run("b", "nft", "delete", "table", "netdev", "loss_to-a");
    });

    test("a neighbour that becomes dearer is left, and taken again when it is the cheapest", async () => {
      await stage.ask("b", "set-price", "a", "0.09/GB");
      await until((via) => via === "c");
      expect(await stage.device("a", internet)).toBe(tunnel("c", 1));
      await stage.ask("b", "set-price", "a", "0.01/GB");
      await until((via) => via === "b");
    });

    test("a cable that is pulled is noticed, and the other way taken", async () => {
      await stage.cable("a", "b", false);
      await until((via) => via === "c");
      expect(await stage.device("a", internet)).toBe(tunnel("c", 1));
      await stage.cable("a", "b", true);
      await until((via) => via === "b");
    });

    test("routes that somebody flushes are put back", async () => {
      await stage.run("a", "ip", "route", "flush", "table", "5100");
      for (const end = performance.now() + patience; ; ) {
        if ((await stage.device("a", internet)) === tunnel("b", 1)) break;
        expect(performance.now()).toBeLessThan(end);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    });

    for (const [what, signal] of [
      ["is killed", "-9"],
      ["hangs", "-STOP"],
    ] as const) {
      test(`a babeld that ${what} takes no route with it, and another one is started`, async () => {
        const pidFile = `${runDirectoryOf(`a${tag}`)}/babeld.pid`;
        const before = (await stage.run("a", "cat", pidFile)).trim();
        await stage.run("a", "kill", signal, before);
        const paid = [tunnel("b", 1), tunnel("c", 1)];
        let renewed: number | undefined;
        // Of a link that it has just begun to measure babeld says at first that nothing comes by it.
        for (const end = performance.now() + patience; ; ) {
          const device = await stage.device("a", internet);
          if (!paid.includes(device)) await stays("a paid tunnel");
          const pid = (await stage.run("a", "cat", pidFile).catch(() => before)).trim();
          const isUp = pid !== before && (await stage.routes("a")).babel === "up";
          renewed ??= isUp ? performance.now() : undefined;
          if (renewed !== undefined && performance.now() - renewed > learningTime) break;
          expect(performance.now()).toBeLessThan(end);
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        expect(existsSync(`/proc/${before}/status`)).toBe(false);
        await until((via, others) => via === "b" && others === 1);
        expect(await stage.device("a", internet)).toBe(tunnel("b", 1));
      });
    }

    test("a price above the cap takes a way out of use: the free class by plain Babel remains", async () => {
      await stage.ask("b", "set-price", "a", "0.11/GB");
      await stage.ask("c", "set-price", "a", "0.12/GB");
      await until((via) => via === undefined);
      const route = await stage.route("a", internetPrefix);
      const whys = new Set(route?.alternatives.map(({ why }) => why));
      // A babeld that began anew may not have heard of both ways again.
      whys.delete("not feasible for Babel: it might lead in a circle");
      expect([...whys]).toEqual(["costs more than may be paid"]);
      expect(await stage.device("a", internet)).toMatch(new RegExp(`^a${tag}[bc]0$`));
      await stage.ask("b", "set-price", "a", "0.01/GB");
      await until((via) => via === "b");
    });

    test("an agent that is killed leaves its routes and its babeld; the next one takes both over", async () => {
      stage.stopTraffic();
      const pidFile = `${runDirectoryOf(`a${tag}`)}/babeld.pid`;
      const pid = await stage.run("a", "cat", pidFile);
      await stage.end("a", "SIGKILL");
      expect(await stage.device("a", internet)).toBe(tunnel("b", 1));
      await stage.start("a");
      await until((via) => via === "b");
      expect(await stage.run("a", "cat", pidFile)).toBe(pid);
    });

    test("one that stops and keeps its tunnels leaves plain Babel; one that stops, nothing", async () => {
      await stage.ask("a", "stop", "keep");
      await stage.end("a", "SIGCONT");
      expect(await stage.device("a", internet)).toMatch(new RegExp(`^a${tag}[bc]0$`));
      await stage.start("a");
      await stage.ask("a", "stop");
      await stage.end("a", "SIGCONT");
      expect(await stage.run("a", "ip", "rule", "show")).not.toContain("5100");
      expect(await stage.run("a", "ip", "route", "show", "proto", "babel")).toBe("");
      expect(existsSync(runDirectoryOf(`a${tag}`))).toBe(false);
    });
  },
);
