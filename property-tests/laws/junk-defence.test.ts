import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { growthUnit } from "#core/account/terms.ts";
import { auditJournal } from "#core/audit/journal-audit.ts";
import type { JunkStage } from "#core/enforcement/junk.ts";
import { positionLimit } from "#core/units/position.ts";
import { traffic } from "../simulator/kernel.ts";
import {
  drain,
  feed,
  type LineWorld,
  lineWorld,
  nodeAt,
  smallTerms,
} from "../simulator/line-world.ts";
import { modelledCheck } from "../simulator/test-signer.ts";
import { wayAt } from "../simulator/world.ts";
import { runs } from "./law-runs.ts";

const tariff = 3n;
const tolerance = { share: growthUnit / 10n, bytes: 5n };
const terms = { ...smallTerms, tolerance };

/** Node 0 is an exit, node 1 its client, which judges the exit's junk. */
function begun(): LineWorld {
  const world = lineWorld({
    terms,
    deposit: 1_000_000n,
    grainsPerUnit: 1n,
    prices: [2n, 2n],
    tariff,
  });
  drain(world, 3);
  return world;
}

function defend(world: LineWorld, stage: JunkStage, junk: bigint, index = 1): void {
  const wish = { type: "Defend", neighbour: 0, defence: { stage, junk, undue: junk } } as const;
  feed(world, index, { type: "Wish", wish });
}

const signedOf = (world: LineWorld) =>
  nodeAt(world, 1).ledger.neighbours[0]?.outbound.at(-1)?.signed ?? 0n;

/** Of what arrived, with what the client accepts to be lost; a reboot of its own aside. */
const accepted = (good: bigint) => good + (good * tolerance.share) / growthUnit + tolerance.bytes;

test("T20: junk on other tunnels takes nothing from what is due for a delivery", () => {
  const world = begun();
  const defence = { stage: "none", junk: 50n, undue: 0n } as const;
  feed(world, 1, { type: "Wish", wish: { type: "Defend", neighbour: 0, defence } });
  for (let i = 0; i < 10; i++) {
    traffic(world, 0, 0, 20n, 0n);
    drain(world, 1);
  }
  drain(world);
  expect(signedOf(world)).toBe(tariff * wayAt(world, 0, 0).sent);
  expect(signedOf(world)).toBeGreaterThan(0n);
});

describe("an exit that sends junk to its client", () => {
  test("T22: is paid for it no more than for what is lost: the accepted share of the good, never more", () => {
    let junk = 0n;
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            good: fc.integer({ min: 0, max: 30 }),
            junk: fc.integer({ min: 0, max: 30 }),
          }),
          {
            minLength: 5,
            maxLength: 40,
          },
        ),
        (spans) => {
          const world = begun();
          let [sentGood, sentJunk] = [0n, 0n];
          for (const span of spans) {
            const before = wayAt(world, 0, 0).rx;
            traffic(world, 0, 0, BigInt(span.good + span.junk), 0n);
            const arrived = wayAt(world, 0, 0).rx - before;
            const bad = arrived < BigInt(span.junk) ? arrived : BigInt(span.junk);
            sentJunk += bad;
            sentGood += arrived - bad;
            defend(world, "none", sentJunk);
            drain(world, 1);
            expect(signedOf(world)).toBeLessThanOrEqual(tariff * accepted(sentGood));
          }
          junk += sentJunk;
        },
      ),
      { numRuns: runs(60) },
    );
    expect(junk).toBeGreaterThan(1000n);
  });

  test("T7: sells no further lease once the client has stopped buying, so that what it can still cost is L", () => {
    const world = begun();
    traffic(world, 0, 0, 20n, 0n);
    drain(world, 1);
    defend(world, "stop buying", 0n);
    const held = nodeAt(world, 1).ledger.neighbours[0]?.outbound.at(-1)?.schedule.end ?? 0n;
    for (let i = 0; i < 100; i++) {
      traffic(world, 0, 0, 20n, 0n);
      drain(world, 1);
    }
    expect(nodeAt(world, 1).ledger.neighbours[0]?.outbound.at(-1)?.schedule.end).toBe(held);
    expect(wayAt(world, 0, 0).sent).toBeLessThanOrEqual(held + terms.creditLimit / tariff);
    expect(nodeAt(world, 1).node.live[0]?.refusals["lease refused for junk"]).toBeGreaterThan(0);

    defend(world, "none", 0n);
    drain(world, 3);
    traffic(world, 0, 0, 20n, 0n);
    drain(world);
    expect(nodeAt(world, 1).ledger.neighbours[0]?.outbound.at(-1)?.schedule.end).toBeGreaterThan(
      held,
    );
    const audit = auditJournal(nodeAt(world, 1).journal, modelledCheck);
    expect(audit.findings).toEqual([]);
  });
});

test("the last step is the free tier, both ways, and back: nothing that is owed is lost by it", () => {
  const world = begun();
  traffic(world, 0, 1, 20n, 0n);
  drain(world);
  const standing = () => nodeAt(world, 1).node.live[0]?.standing;
  expect(standing()).toBe("open");
  defend(world, "free tier", 100n);
  expect(standing()).toBe("throttled");
  defend(world, "stop buying", 100n);
  expect(standing()).toBe("open");
  drain(world);
  expect(nodeAt(world, 1).alarms).toEqual([]);
  const paid = nodeAt(world, 0).ledger.neighbours[0]?.inbound[0]?.credited;
  expect(paid).toBe(2n * wayAt(world, 0, 1).sent);
  expect(paid).toBeGreaterThan(0n);
});

test("a neighbour that is none, and more junk than counters can show, are refused and change nothing", () => {
  const world = begun();
  defend(world, "free tier", positionLimit + 1n);
  defend(world, "free tier", -1n);
  const more = { stage: "free tier", junk: 1n, undue: 2n } as const;
  feed(world, 1, { type: "Wish", wish: { type: "Defend", neighbour: 0, defence: more } });
  const live = nodeAt(world, 1).node.live[0];
  expect(live?.refusals["junk out of range"]).toBe(3);
  expect(live?.standing).toBe("open");
  const wish = {
    type: "Defend",
    neighbour: 7,
    defence: { stage: "free tier", junk: 0n, undue: 0n },
  } as const;
  feed(world, 1, { type: "Wish", wish });
  expect(nodeAt(world, 1).node.refusals["unknown neighbour"]).toBe(1);
});
