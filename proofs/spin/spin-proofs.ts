import { inPairs } from "../process/in-pairs.ts";
import { type Finding, type Kill, outcomeOf, timed } from "../report/finding.ts";
import { type SpinRun, search } from "./spin.ts";

/** A model and what it is searched for. */
interface Case {
  readonly what: string;
  readonly theorems: readonly string[];
  readonly bound: string;
  readonly run: SpinRun;
  /** Whether the search must find something: the other side of a threshold, a good end. */
  readonly mustFind: boolean;
}

const safe = ["T1", "T3", "T5", "T6", "T7", "T8", "T16"];

function safety(N: number, CHUNK: number): Case {
  return {
    what: "every write and send a step, a crash between any two",
    theorems: safe,
    bound: `${N} positions, prices {1,2}, L 3, T 2, c ${CHUNK}, any crashes`,
    run: { model: "account", defines: { N, LIMIT: 3, T: 2, CHUNK }, search: "all" },
    mustFind: false,
  };
}

const witness: Case = {
  what: "all can be sent, received and paid at the dear price",
  theorems: safe,
  bound: "2 positions: the model is not empty",
  run: {
    model: "account",
    defines: { N: 2, LIMIT: 3, T: 2, CHUNK: 1, WITNESS: 1 },
    search: "shortest",
  },
  mustFind: true,
};

/** Both sides of a threshold of L: at it all goes through, one grain below there is a run that stalls. */
function thresholds(N: number, T: number, PRICE: number): readonly Case[] {
  const all = [
    { least: T - 1 + PRICE, rule: "paying from T on" },
    { least: PRICE, rule: "paying out of lease too (P3)", OUTOFLEASE: 1 },
  ];
  return all.flatMap(({ least, rule, ...extra }) =>
    [least, least - 1].map((LIMIT): Case => {
      const enough = LIMIT === least;
      return {
        what: `${rule}: L ${LIMIT} ${enough ? "suffices" : "stalls"}`,
        theorems: ["T15"],
        bound: `${N} positions at ${PRICE}, T ${T}, 3 losses, 2 reboots`,
        run: {
          model: "progress",
          defines: { N, T, PRICE, LIMIT, ...extra },
          search: { fair: "through" },
        },
        mustFind: !enough,
      };
    }),
  );
}

const drained: Case = {
  what: "once messages have drained, w = v and g = G",
  theorems: ["T20", "T11"],
  bound: "8 positions at 2, L 4, T 3, 3 losses, 2 reboots",
  run: {
    model: "progress",
    defines: { N: 8, T: 3, PRICE: 2, LIMIT: 4, OUTOFLEASE: 1 },
    search: { fair: "drained" },
  },
  mustFind: false,
};

const daily = [
  safety(4, 1),
  safety(3, 2),
  witness,
  ...thresholds(8, 3, 2),
  ...thresholds(6, 7, 3),
  drained,
];

/** What spin shows in every run. */
export function spinFindings(): Promise<readonly Finding[]> {
  return findingsOf(daily);
}

/** What takes too long for every run. */
export function deepSpinFindings(): Promise<readonly Finding[]> {
  return findingsOf([safety(5, 1)]);
}

function findingsOf(cases: readonly Case[]): Promise<readonly Finding[]> {
  const works = cases.map((one) => async (): Promise<Finding> => {
    const [result, seconds] = await timed(() => search(one.run));
    const found = result.verdict === "refuted";
    const right = one.mustFind ? found : result.verdict === "proved";
    const wrong = result.verdict === "proved" ? "unknown" : result.verdict;
    return {
      theorems: one.theorems,
      what: one.what,
      tool: "spin",
      bound: `${one.bound}: ${result.states} states`,
      file: `proofs/spin/${one.run.model}.pml`,
      seconds,
      verdict: right ? "proved" : wrong,
      faults: right ? [] : [result.said],
    };
  });
  return inPairs(works);
}

/** The name of a seeded defect in the Promela model. */
const flags: Readonly<Record<string, string>> = {
  "delta vouchers": "DELTA",
  "last voucher wins": "LATEST",
  "resume without leap": "NOLEAP",
  "count twice on restart": "TWICE",
  "reservation not bounded by the lease": "NOLEASE",
  "reservation not bounded by the chunk": "NOCHUNK",
  "grant off by one": "OFFBYONE",
  "pay for the whole lease": "WHOLELEASE",
  "send before journal: voucher": "VOUCHERFIRST",
  "send before journal: lease": "LEASEFIRST",
  "send before journal: quota": "QUOTAFIRST",
  "retroactive price": "RETROACTIVE",
};

/** Which of the seeded defects spin tells from the protocol. */
export function spinKills(): Promise<readonly Kill[]> {
  const works = Object.entries(flags).map(([defect, flag]) => async (): Promise<Kill> => {
    const defines = { N: 3, LIMIT: 3, T: 2, CHUNK: 1, [flag]: 1 };
    const { verdict, said } = await search({ model: "account", defines, search: "shortest" });
    return { defect, tool: "spin", outcome: outcomeOf(verdict), how: said };
  });
  return inPairs(works);
}
