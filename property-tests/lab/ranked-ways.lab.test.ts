import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lossy } from "#agent/demo/namespace.ts";
import type { WayQuality } from "#agent/routing/quality-facts.ts";
import { skipsLab } from "./lab.ts";
import { farNetwork, type NextHop, type RankedWays, rankedWays } from "./ranked-ways-stage.ts";
import { skipsRoutingLab } from "./routing-lab.ts";

/** How long a route may take until it is as expected: a wait that ends in a failure, not a measure. */
const patience = 250_000;

/** The next hop that was chosen drops one in so many packets. */
const dropsOneOf = 5;

/**
 * A rank says that a way is worse than promised from here on, in thousandths. It is left before it gets much
 * worse where the machine itself loses a little, which is advertised: then nothing more is measured of it.
 */
const worse = 1200;

/** What is measured of a way that is not taken any more is known in so long, in milliseconds. */
const changeTime = 30_000;

/** A cable loses so many of a hundred packets. */
const cableLoss = 10;

const percent = (part: bigint, whole: bigint): string =>
  `${(Number((part * 10_000n) / (whole === 0n ? 1n : whole)) / 100).toFixed(2)} %`;

describe.skipIf(skipsLab() || skipsRoutingLab())(
  "a next hop that drops what it forwards, and advertises that it does not",
  () => {
    const curtain = new AbortController();
    let stage: RankedWays;
    beforeAll(async () => {
      stage = await rankedWays(curtain.signal);
    }, 400_000);
    afterAll(async () => {
      curtain.abort();
      await stage?.close();
    });

    /** Waits until something holds; where not, all that is known is shown. */
    const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
      for (const end = performance.now() + patience; !(await holds()); ) {
        if (performance.now() > end) {
          const known = [await stage.routes("a"), await stage.quality("a")];
          throw new Error(`${what}: never\n${JSON.stringify(known)}\n${await stage.log("a")}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    const takes = async () => (await stage.route())?.via;
    const way = async (neighbour: string): Promise<WayQuality | undefined> => {
      const { neighbours } = await stage.quality("a");
      const found = neighbours.find((one) => one.neighbour === neighbour);
      return found?.ways.find(({ destination }) => destination === farNetwork);
    };

    /** Who is taken at first, and begins to drop; and who is there beside. */
    let [dropper, other]: readonly [NextHop, NextHop] = ["b", "c"];
    const tunnelled = async () => {
      const [sent, got] = [await stage.sent("a", "d", 1), await stage.received("d", "a", 1)];
      return { sent, got };
    };

    test("a tunnel to a far end takes the paid class of the next hop that is chosen, and measures it", async () => {
      await until("both ways are known", async () => {
        const route = await stage.route();
        return route?.class === 1 && route.alternatives.some(({ feasible }) => feasible);
      });
      // Slowly: a machine that does much else drops what waits for its WireGuard in user space.
      stage.startTraffic(80_000);
      await until("the way is measured", async () => {
        const hop = (await takes()) as NextHop;
        [dropper, other] = hop === "b" ? ["b", "c"] : ["c", "b"];
        return BigInt((await way(hop))?.weight ?? "0") > 500_000n;
      });
      const found = await way(dropper);
      console.log(`by ${dropper}, before: ${JSON.stringify(found)}`);
      expect(BigInt(found?.weight ?? "0")).toBeGreaterThan(500_000n);
    });

    test("its rank falls and traffic goes by the other, though its links and its word are as good as ever", async () => {
      let before = await tunnelled();
      let since = performance.now();
      await stage.forwardOneLessOf(dropper, dropsOneOf);
      await until("it is left for its rank", async () => {
        const rank = Number((await way(dropper))?.rank.loss ?? "0");
        const isLeft = (await takes()) === other;
        if (isLeft && rank <= worse && performance.now() - since > changeTime) {
          // It was left before it dropped anything, for what the machine lost: then the other one drops.
          await stage.forwardAll(dropper);
          [dropper, other] = [other, dropper];
          [before, since] = [await tunnelled(), performance.now()];
          await stage.forwardOneLessOf(dropper, dropsOneOf);
        }
        return isLeft && rank > worse;
      });
      const after = await tunnelled();
      const { bytes, droppedBytes } = await stage.dropped(dropper);
      const found = await way(dropper);
      const { links } = await stage.routes("a");
      const link = links.find(({ neighbour }) => neighbour === dropper);
      const route = await stage.route();
      const [sent, got] = [after.sent - before.sent, after.got - before.got];
      console.log(
        [
          `${dropper} dropped ${percent(droppedBytes, bytes)} of ${bytes} bytes, injected 1 in ${dropsOneOf}`,
          `the tunnel's own counters until it was left: ${sent} sent, ${percent(sent - got, sent)} missing`,
          `measured ${found?.measured.loss} ppm over ${found?.weight} bytes, advertised ${found?.advertised.loss} ppm: rank ${found?.rank.loss} thousandths`,
          `the link to it: ${link?.lossOut} ppm out; now by ${route?.via}: ${route?.why}`,
        ].join("\n"),
      );
      expect(droppedBytes).toBeGreaterThan(0n);
      expect(Number(found?.measured.loss)).toBeGreaterThan(Number(found?.advertised.loss));
    });

    test("what is sent then takes the other's paid tunnel, and arrives", async () => {
      const carried = async () => ({
        byOther: await stage.sent("a", other, 1),
        byDropper: await stage.sent("a", dropper, 1),
        arrived: await stage.received("d", "a", 1),
      });
      // A way may be changed back for a moment where the machine itself loses packets.
      let before = await carried();
      let after = before;
      await until("nearly all goes by the other", async () => {
        after = await carried();
        if (after.byOther - before.byOther < 300_000n) return false;
        if (10n * (after.byDropper - before.byDropper) < after.byOther - before.byOther)
          return true;
        before = after;
        return false;
      });
      const sent = `${after.byOther - before.byOther} bytes by ${other}, ${after.byDropper - before.byDropper} by ${dropper}`;
      console.log(`${sent}; ${after.arrived - before.arrived} arrived at d`);
      expect(after.arrived - before.arrived).toBeGreaterThan(150_000n);
    });

    test("the loss of a link is what both its ends signed, beside what is injected and what WireGuard counted", async () => {
      // On both ways: with one bad link beside a bad next hop, traffic may go by either for long.
      const hops = [dropper, other] as const;
      for (const hop of hops) await lossy(stage.namespace(hop), "to-a", cableLoss);
      const counted = async () =>
        Promise.all(
          hops.map(async (hop) => ({
            sent: await stage.sent("a", hop, 1),
            got: await stage.received(hop, "a", 1),
          })),
        );
      /** Which of both links says by now that it loses about as much. */
      const telling = async () => {
        const { links } = await stage.routes("a");
        const told = hops.map((hop) => links.find(({ neighbour }) => neighbour === hop));
        return told.findIndex((link) => Number(link?.signedOut ?? "0") > (cableLoss * 10_000) / 2);
      };
      const before = await counted();
      await until("the loss is signed", async () => {
        return (await telling()) >= 0;
      });
      const after = await counted();
      const at = await telling();
      const found = (await stage.routes("a")).links.find(({ neighbour }) => neighbour === hops[at]);
      const [from, to] = [before[at], after[at]];
      if (from === undefined || to === undefined)
        throw new Error("no link tells its loss any more");
      const sent = to.sent - from.sent;
      const lost = sent - (to.got - from.got);
      console.log(
        `to ${hops[at]}: ${cableLoss} % injected: ${percent(lost, sent)} of ${sent} bytes missing by WireGuard's counters, ${found?.signedOut} ppm by signed ones, ${found?.lossOut} ppm by probes`,
      );
      expect(Number(found?.signedOut)).toBeLessThan(cableLoss * 30_000);
    });
  },
);
