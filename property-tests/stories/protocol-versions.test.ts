import fc from "fast-check";
import { expect, test } from "vitest";
import { refusalWords } from "#core/node/refusal.ts";
import type { Statement } from "#core/peer/message.ts";
import { encodeMessage } from "#core/peer/message-form.ts";
import { decodeMessage } from "#core/peer/message-reader.ts";
import { commonVersion, ourVersions, type Versions, versionLimit } from "#core/peer/version.ts";
import { position } from "#core/units/position.ts";
import { secondMessageSpecimens } from "../golden/specimen.ts";
import { refusalsOf } from "../simulator/books.ts";
import {
  books,
  crash,
  deliverAll,
  drain,
  type LineWorld,
  lineWorld,
  nodeAt,
  smallTerms,
  traffic,
} from "../simulator/line-world.ts";
import { ops, run } from "../simulator/op.ts";
import { broken } from "../simulator/theorem.ts";

const first: Versions = { oldest: 1, newest: 1 };
const third: Versions = { oldest: 3, newest: 4 };
const both = ourVersions;

const pair = (versions: readonly Versions[]): LineWorld =>
  lineWorld({
    terms: smallTerms,
    deposit: 1_000_000n,
    grainsPerUnit: 1n,
    prices: [2n, 3n],
    versions,
  });

/** The version of each message on the way, by its kind: "HELLO 2". */
function saidOn(world: LineWorld): readonly string[] {
  return world.air.map(({ bytes }) => {
    const message = decodeMessage(bytes);
    return typeof message === "string" ? message : `${message.type} ${bytes[1]}`;
  });
}

/** A life of traffic, with every STATEMENT that was said in it. */
function trade(world: LineWorld): readonly string[] {
  const said: string[] = [];
  for (let i = 0; i < 20; i++) {
    traffic(world, 0, 0, 5n, 100n);
    traffic(world, 0, 1, 3n, 0n);
    drain(world, 1);
    for (const one of nodeAt(world, 0).node.live) said.push(`${one.paths[0]?.roundTrip}`);
  }
  return said;
}

const sides = [
  [first, first],
  [first, both],
  [both, first],
  [both, both],
] as const;

test.each(sides)(
  "given neighbours that speak %o and %o, they trade, and what is owed is the same to the grain",
  (one, other) => {
    const [plain, mixed] = [pair([first, first]), pair([one, other])];
    for (const world of [plain, mixed]) {
      drain(world, 2);
      trade(world);
      drain(world);
    }
    for (const side of [0, 1] as const) {
      const { v, w, g, G, y, r } = books(mixed, 0, side);
      expect({ v, w, g, G, y, r }).toMatchObject(accountOf(plain, side));
      expect(v).toBeGreaterThan(100n);
    }
    for (const [index, versions] of [one, other].entries()) {
      expect(nodeAt(mixed, index).alarms).toEqual([]);
      // An old one counts the second form of HELLO, which is not for it, and nothing else.
      const odd = Object.keys(refusalsOf(mixed, index));
      const isDeaf = versions === first && (one !== first || other !== first);
      expect(odd).toEqual(isDeaf ? ["unknown protocol version"] : []);
    }
  },
);

function accountOf(world: LineWorld, side: 0 | 1) {
  const { v, w, g, G, y, r } = books(world, 0, side);
  return { v, w, g, G, y, r };
}

test("T1 to T8 hold between an old and a new neighbour, whatever is lost, repeated, reordered, killed or reset", () => {
  fc.assert(
    fc.property(ops(2, 150), fc.constantFrom(...sides), (list, versions) => {
      const world = pair(versions);
      for (const op of list) {
        run(world, op);
        expect(broken(world)).toBeUndefined();
      }
    }),
    { numRuns: 150 },
  );
});

test("given two that speak version 2, when both forms of HELLO arrived, then STATEMENTs echo, and D is measured in bytes", () => {
  const world = pair([both, both]);
  expect(saidOn(world)).toEqual(["HELLO 1", "HELLO 2", "HELLO 1", "HELLO 2"]);
  drain(world, 3);
  const measured = trade(world);
  // Each exchange carries 5 bytes: that is what passes in one round trip.
  expect(measured.at(-1)).toBe("5");
  expect(nodeAt(world, 0).node.live[0]?.speaks).toEqual({ ...both, heard: 2 });
});

test("given one that speaks version 1 only, then STATEMENTs are said in version 1, and nothing is measured", () => {
  const world = pair([both, first]);
  drain(world, 3);
  expect(new Set(trade(world))).toEqual(new Set(["undefined"]));
  expect(nodeAt(world, 0).node.live[0]?.speaks).toBeUndefined();
});

test("given an agent that is updated, and one that goes back, then the other follows both ways, and both go on trading", () => {
  const versions: Versions[] = [both, first];
  const world = pair(versions);
  const speaks = () => nodeAt(world, 0).node.live[0]?.speaks?.newest;
  drain(world, 3);
  expect(speaks()).toBeUndefined();
  versions[1] = both;
  crash(world, 1);
  drain(world, 3);
  expect(speaks()).toBe(2);
  versions[1] = first;
  crash(world, 1);
  drain(world, 3);
  expect(speaks()).toBeUndefined();
  trade(world);
  drain(world);
  const { v, w } = books(world, 0, 0);
  expect([v === w, v > 100n]).toEqual([true, true]);
});

test("given the second form of HELLO is lost on the way, then they trade in version 1; whoever heard it asks until it is heard", () => {
  const world = pair([both, both]);
  const lose = (to: (index: number) => boolean): void => {
    const kept = world.air.filter(({ to: at, bytes }) => !to(at) || bytes[1] !== 2);
    world.air.splice(0, world.air.length, ...kept);
  };
  for (let i = 0; i < 6; i++) {
    lose(() => true);
    const next = world.air.splice(0, 1);
    world.air.push(...next);
    deliverOne(world);
  }
  while (world.air.length > 0) {
    lose(() => true);
    deliverOne(world);
  }
  expect(nodeAt(world, 0).node.live[0]?.speaks).toBeUndefined();
  trade(world);
  expect(books(world, 0, 0).v).toBeGreaterThan(50n);
  // From now on only what node 1 says in the second form is lost: node 0 is asked, and answers.
  crash(world, 0);
  lose((index) => index === 0);
  deliverAll(world);
  drain(world, 3);
  expect(nodeAt(world, 0).node.live[0]?.speaks?.newest).toBe(2);
  expect(nodeAt(world, 1).node.live[0]?.speaks?.newest).toBe(2);
});

function deliverOne(world: LineWorld): void {
  const [datagram] = world.air;
  if (datagram === undefined) return;
  run(world, { op: "deliver", at: 0 });
}

test("given neighbours without a common version, then that is counted, and told what to do", () => {
  const world = pair([both, third]);
  drain(world, 2);
  expect(Object.keys(refusalsOf(world, 0))).toEqual(["no common protocol version"]);
  expect(refusalWords["no common protocol version"]).toContain("update one side");
  expect(Object.keys(refusalsOf(world, 1))).toContain("no common protocol version");
});

test.each([
  [first, both, 1],
  [both, both, 2],
  [both, { oldest: 2, newest: 9 }, 2],
  [{ oldest: 2, newest: 9 }, { oldest: 1, newest: 7 }, 7],
  [both, third, undefined],
  [third, first, undefined],
] as const)("the newest version that %o and %o both speak is %o", (one, other, common) => {
  expect(commonVersion(one, other)).toBe(common);
  expect(commonVersion(other, one)).toBe(common);
});

const echoing = secondMessageSpecimens["STATEMENT, version 2"] as Statement;

test.each([[{ oldest: 0, newest: 2, heard: 0 }], [{ oldest: 3, newest: 2, heard: 0 }]] as const)(
  "a HELLO of who speaks %o is malformed: nobody can",
  (speaks) => {
    const hello = { ...secondMessageSpecimens["HELLO, version 2"], speaks };
    expect(decodeMessage(encodeMessage(hello as never))).toBe("malformed datagram");
  },
);

test.each([0, 1, 3])("a STATEMENT of two classes with %i echoes is malformed", (count) => {
  const echoes = Array.from({ length: count }, () => position(1n));
  expect(decodeMessage(encodeMessage({ ...echoing, echoes }))).toBe("malformed datagram");
});

test("a message names the version of its form, and no other: 0, 3 and the largest are unknown", () => {
  const bytes = encodeMessage(echoing);
  for (const version of [0, 3, 127]) {
    expect(decodeMessage(bytes.with(1, version))).toBe("unknown protocol version");
  }
  expect(decodeMessage(bytes.with(1, 1))).toBe("malformed datagram");
  expect(decodeMessage(bytes, 1)).toBe("unknown protocol version");
  expect(versionLimit).toBe(255);
});
