import fc from "fast-check";
import { expect, test } from "vitest";
import type { Tolerance } from "#core/account/terms.ts";
import { growthUnit } from "#core/account/terms.ts";
import { auditJournal } from "#core/audit/journal-audit.ts";
import { compareJournals } from "#core/audit/network-audit.ts";
import { encodeMessage, statementDigest } from "#core/peer/message-form.ts";
import { type Position, positionLimit } from "#core/units/position.ts";
import { traffic } from "../simulator/kernel.ts";
import {
  crash,
  deliver,
  drain,
  feed,
  headBetween,
  type LineWorld,
  lineWorld,
  lose,
  nodeAt,
  read,
  reboot,
  smallTerms,
} from "../simulator/line-world.ts";
import { modelledCheck } from "../simulator/test-signer.ts";
import { wayAt } from "../simulator/world.ts";
import { runs } from "./law-runs.ts";

const tariff = 3n;

/** A tenth, and what may be lost before a share of what arrived says anything. */
const tolerance: Tolerance = { share: growthUnit / 10n, bytes: 5n };

const terms = { ...smallTerms, tolerance };

/** What can happen between an exit (0) and its client (1). */
type Move =
  | { readonly do: "send" | "upload"; readonly bytes: number; readonly lost: number }
  | { readonly do: "read" | "poke" | "crash" | "reboot" | "settle"; readonly node: 0 | 1 }
  | { readonly do: "deliver" | "repeat" | "lose"; readonly at: number };

const node = fc.constantFrom(0 as const, 1 as const);

function moves(
  mostLost: number,
  faults: readonly ("crash" | "reboot")[],
): fc.Arbitrary<readonly Move[]> {
  const bytes = fc.integer({ min: 1, max: 40 });
  const lost = fc.integer({ min: 0, max: mostLost });
  const told = fc.constantFrom("read" as const, "poke" as const, "settle" as const);
  const carried = fc.constantFrom("deliver" as const, "deliver" as const, "repeat" as const);
  const fault = faults.length === 0 ? [] : [fc.record({ do: fc.constantFrom(...faults), node })];
  const move: fc.Arbitrary<Move> = fc.oneof(
    fc.record({ do: fc.constant("send" as const), bytes, lost }),
    fc.record({ do: fc.constant("upload" as const), bytes, lost }),
    fc.record({ do: told, node }),
    fc.record({ do: carried, at: fc.nat(9) }),
    fc.record({ do: fc.constantFrom("deliver" as const, "lose" as const), at: fc.nat(9) }),
    ...fault,
  );
  return fc.array(move, { minLength: 20, maxLength: 120, size: "max" });
}

function begun(): LineWorld {
  const options = { terms, deposit: 1_000_000n, grainsPerUnit: 1n, prices: [2n, 2n], tariff };
  const world = lineWorld(options);
  drain(world, 3);
  return world;
}

function act(world: LineWorld, move: Move): void {
  switch (move.do) {
    case "send":
      return void traffic(world, 0, 0, BigInt(move.bytes), BigInt(move.lost));
    case "upload":
      return void traffic(world, 0, 1, BigInt(move.bytes), BigInt(move.lost));
    case "read":
      return read(world, move.node);
    case "poke":
      return feed(world, move.node, { type: "Poke" });
    case "settle":
      return feed(world, move.node, { type: "Wish", wish: { type: "Settle" } });
    case "crash":
      return crash(world, move.node);
    case "reboot":
      return reboot(world, move.node);
    case "deliver":
    case "repeat":
      return deliver(world, move.at, move.do === "repeat");
    case "lose":
      return lose(world, move.at);
  }
}

/** Both books of the delivery, and the truth about the bytes it is about. */
function books(world: LineWorld) {
  const way = wayAt(world, 0, 0);
  const client = nodeAt(world, 1).ledger.neighbours[0];
  const exit = nodeAt(world, 0).ledger.neighbours[0];
  return {
    way,
    signed: client?.outbound.at(-1)?.signed ?? 0n,
    credited: exit?.inbound.at(-1)?.credited ?? 0n,
    alarms: world.nodes.flatMap(({ alarms }) => alarms),
    throttles: world.nodes.reduce((sum, { throttles }) => sum + throttles, 0),
  };
}

/** What the client pays for at most, of what truly arrived and was lost by its own reboots. */
function tolerated(received: bigint, resets: bigint): bigint {
  const most = received + resets * (terms.creditLimit / tariff);
  return most + (most * tolerance.share) / growthUnit + tolerance.bytes;
}

function auditOf(world: LineWorld, index: number) {
  return auditJournal(nodeAt(world, index).journal, modelledCheck);
}

test("T7: an exit delivers no more than is paid and L, whatever is lost, said or rebooted, but for what it had not read at its own reboots", () => {
  fc.assert(
    fc.property(moves(1000, ["crash", "reboot"]), (list) => {
      const world = begun();
      for (const move of list) {
        act(world, move);
        const { way, credited, alarms } = books(world);
        const unpaid = tariff * way.sent - credited;
        expect(unpaid).toBeLessThanOrEqual(terms.creditLimit + tariff * way.forgiven);
        expect(alarms).toEqual([]);
      }
    }),
    { numRuns: runs(150) },
  );
});

test("T22: a client pays for what arrived and the loss that it accepts, whatever the exit states", () => {
  let most = 0n;
  fc.assert(
    fc.property(moves(1000, ["crash", "reboot"]), fc.nat(3), (list, every) => {
      const world = begun();
      for (const [i, move] of list.entries()) {
        act(world, move);
        if (i % (every + 2) === 0) lie(world);
        const { way, signed, alarms } = books(world);
        const bound = tariff * tolerated(way.rx, way.payerResets);
        expect(signed).toBeLessThanOrEqual(bound);
        expect(alarms).toEqual([]);
        if (signed > tariff * way.rx) most += 1n;
      }
    }),
    { numRuns: runs(150) },
  );
  expect(most).toBeGreaterThan(0n); // lies are paid for, as far as the band goes
});

/** The exit claims to have sent more than there can be. */
function lie(world: LineWorld): void {
  const exit = nodeAt(world, 0);
  const statement = {
    type: "STATEMENT",
    ...headBetween(world, 0, 1),
    recipient: nodeAt(world, 1).signer.id,
    counters: [
      { sent: 0n as Position, read: 0n as Position },
      { sent: positionLimit as Position, read: 0n as Position },
    ],
  } as const;
  const signature = exit.signer.sign(statementDigest(statement));
  const bytes = encodeMessage({ ...statement, signature });
  feed(world, 1, { type: "Datagram", neighbour: 0, bytes });
}

test("T6, T20: where no more is lost than the client accepts, all that was delivered is paid in the end, the exit can go on, nobody is throttled, and both journals agree", () => {
  let delivered = 0n;
  fc.assert(
    fc.property(moves(50, ["crash", "reboot"]), (list) => {
      const world = begun();
      for (const move of list) act(world, move);
      drain(world);
      const { way, signed, credited, throttles, alarms } = books(world);
      expect(credited).toBe(signed);
      // The exit forgives what it had not journaled when it rebooted, unless it was paid already.
      expect(credited).toBeLessThanOrEqual(tariff * way.sent);
      expect(credited).toBeGreaterThanOrEqual(tariff * (way.sent - way.forgiven));
      expect(way.quota).toBeGreaterThan(way.rawSent);
      expect([throttles, alarms]).toEqual([0, []]);
      const audits = [auditOf(world, 0), auditOf(world, 1)];
      expect(audits.flatMap(({ findings }) => findings)).toEqual([]);
      expect(compareJournals(audits).findings).toEqual([]);
      delivered += way.sent;
    }),
    { numRuns: runs(120) },
  );
  expect(delivered).toBeGreaterThan(1000n);
});

test("T21: where more is lost than the client accepts, the exit stops at L and the client has paid for its band: neither is cheated", () => {
  const world = begun();
  for (let i = 0; i < 200; i++) {
    traffic(world, 0, 0, 20n, i % 2 === 0 ? 1000n : 0n);
    drain(world, 1);
  }
  const { way, signed, throttles } = books(world);
  expect(way.sent).toBeGreaterThan(terms.creditLimit / tariff);
  expect(way.sent).toBeLessThan(4n * (terms.creditLimit / tariff));
  expect(way.quota).toBe(way.rawSent);
  expect(tariff * way.sent - signed).toBeLessThanOrEqual(terms.creditLimit);
  expect(signed).toBeLessThanOrEqual(tariff * tolerated(way.rx, 0n));
  expect(throttles).toBe(0);
});

test("uploads of the client and what the exit delivers are paid apart, each by whom it is for", () => {
  const world = begun();
  for (let i = 0; i < 30; i++) {
    traffic(world, 0, 0, 20n, 0n);
    traffic(world, 0, 1, 5n, 0n);
    drain(world, 1);
  }
  drain(world);
  const exit = nodeAt(world, 0).ledger.neighbours[0];
  const client = nodeAt(world, 1).ledger.neighbours[0];
  expect(exit?.inbound.map(({ credited }) => credited)).toEqual([2n * 150n, tariff * 600n]);
  expect(client?.outbound.map(({ signed }) => signed)).toEqual([2n * 150n, tariff * 600n]);
  expect(exit?.outbound.map(({ signed }) => signed)).toEqual([0n, 0n]);
});
