import { describe, expect, test } from "vitest";
import {
  type Factor,
  factorOf,
  lossMeasure,
  neutral,
  noEvidence,
  withFinding,
} from "#core/quality/evidence.ts";
import {
  afterTraffic,
  emptyTable,
  factorsTo,
  type PathMeasurement,
  type RankTable,
  withMeasurement,
} from "#core/quality/rank-table.ts";
import type { NodeId } from "#core/units/node-id.ts";

/**
 * Seeded defects: ranks as somebody in a hurry would write them. What the tests demand of ours, each of
 * these must fail, or the demand is empty. (A rank that enters a bill is planted in structure/plant.ts.)
 */
interface Ranks {
  readonly add: (one: PathMeasurement, itself: { readonly loss: bigint }) => void;
  readonly elsewhere: (bytes: bigint) => void;
  readonly factor: (destination: string) => Factor;
  readonly size: () => number;
}

const b = "02bb" as unknown as NodeId;

function ours(): Ranks {
  let table: RankTable = emptyTable;
  return {
    add: (one) => {
      table = withMeasurement(table, one);
    },
    elsewhere: (bytes) => {
      table = afterTraffic(table, bytes);
    },
    factor: (destination) => factorsTo(table, b, destination).loss,
    size: () => table.get(b)?.size ?? 0,
  };
}

/** Feeds on what the neighbour says that it lost. */
function credulous(): Ranks {
  const real = ours();
  return {
    ...real,
    add: (one, { loss }) => real.add({ ...one, lost: (one.sent * loss) / 1_000_000n }, { loss }),
  };
}

/** Remembers the worst there ever was. */
function unforgiving(): Ranks {
  let worst: Factor = neutral;
  const real = ours();
  return {
    ...real,
    factor: (destination) => {
      const now = real.factor(destination);
      if (now > worst) worst = now;
      return worst;
    },
  };
}

/** Holds every destination for ever. */
function hoarding(): Ranks {
  const all = new Map<string, ReturnType<typeof withFinding>>();
  return {
    add: ({ destination, sent, lost, advertised }) => {
      const before = all.get(destination) ?? noEvidence;
      const ppm = (lost * 1_000_000n) / sent;
      all.set(destination, withFinding(before, lossMeasure, sent, ppm, advertised.loss));
    },
    elsewhere: () => {},
    factor: (destination) => factorOf(all.get(destination) ?? noEvidence, lossMeasure),
    size: () => all.size,
  };
}

const measured = (lost: bigint, destination = "d"): PathMeasurement => ({
  neighbour: b,
  destination,
  sent: 262_144n,
  lost,
  delay: undefined,
  advertised: { loss: 0n, delay: 0n },
});

/** What is demanded, each as whether it holds. */
const demands = {
  "a liar is found out": (make: () => Ranks) => {
    const ranks = make();
    for (let i = 0; i < 16; i++) ranks.add(measured(52_000n), { loss: 0n });
    return ranks.factor("d") > 20n * neutral;
  },
  "who delivers again is believed again": (make: () => Ranks) => {
    const ranks = make();
    for (let i = 0; i < 16; i++) ranks.add(measured(52_000n), { loss: 200_000n });
    const before = ranks.factor("d");
    for (let i = 0; i < 600; i++) ranks.add(measured(0n), { loss: 0n });
    return before > 2n * neutral && ranks.factor("d") < 2n * neutral;
  },
  "whoever is avoided is forgotten": (make: () => Ranks) => {
    const ranks = make();
    for (let i = 0; i < 16; i++) ranks.add(measured(52_000n), { loss: 200_000n });
    const before = ranks.factor("d");
    for (let i = 0; i < 20; i++) ranks.elsewhere(67_108_864n);
    return before > 2n * neutral && ranks.factor("d") < 2n * neutral;
  },
  "the table is bounded": (make: () => Ranks) => {
    const ranks = make();
    for (let i = 0; i < 300; i++) ranks.add(measured(0n, `d${i}`), { loss: 0n });
    return ranks.size() <= 64;
  },
} as const;

type Demand = keyof typeof demands;

const failing = (make: () => Ranks) =>
  (Object.keys(demands) as Demand[]).filter((demand) => !demands[demand](make));

describe("ranks", () => {
  test("as they are hold to every demand", () => {
    expect(failing(ours)).toEqual([]);
  });

  test("that feed on what a neighbour says of itself are caught", () => {
    expect(failing(credulous)).toContain("a liar is found out");
  });

  test("that never recover are caught", () => {
    const caught = failing(unforgiving);
    expect(caught).toContain("who delivers again is believed again");
    expect(caught).toContain("whoever is avoided is forgotten");
  });

  test("that grow without a bound, or forget nobody, are caught", () => {
    const caught = failing(hoarding);
    expect(caught).toContain("the table is bounded");
    expect(caught).toContain("whoever is avoided is forgotten");
  });
});
