import { inPairs } from "../process/in-pairs.ts";
import { type Finding, timed } from "../report/finding.ts";
import { type SpinResult, search } from "./spin.ts";
import { compareStates, printedStates } from "./twin.ts";

/** The scope: as many positions as every reachable state can be printed of. */
const sizes = { N: 3, LIMIT: 3, T: 2, CHUNK: 1, PRINT: 1 };

/**
 * T9: agents that crash between any two steps, any number of times, reach what agents that never
 * crash reach, and nothing else: the same journals, kernels and messages. (Machines reboot in both.)
 */
export async function crashFindings(): Promise<readonly Finding[]> {
  const [[crashing, steady], seconds] = await timed(() =>
    inPairs([
      () => search({ model: "account", defines: sizes, search: "all" }),
      () => search({ model: "account", defines: { ...sizes, NOCRASH: 1 }, search: "all" }),
    ]),
  );
  return [
    {
      theorems: ["T9"],
      what: "crashes reach the states that runs without crashes reach, and no others",
      tool: "spin",
      file: "proofs/spin/account.pml",
      seconds,
      ...sameStates(crashing, steady),
    },
  ];
}

/** Whether runs with and without crashes reach the same. Two broken searches are not the same. */
export function sameStates(
  crashing: SpinResult,
  steady: SpinResult,
): Pick<Finding, "bound" | "verdict" | "faults"> {
  const scope = "3 positions, prices {1,2}, L 3, T 2, c 1";
  if (crashing.verdict !== "proved") {
    return { bound: scope, verdict: crashing.verdict, faults: [`with crashes: ${crashing.said}`] };
  }
  const found = compareStates(printedStates(crashing), steady);
  const { verdict, common, onlyHere, onlyThere, said } = found;
  const bound = `${scope}: ${common} states between steps`;
  if (verdict === "proved") return { bound, verdict, faults: [] };
  const odd =
    onlyHere === undefined
      ? onlyThere && `only runs without crashes reach ${onlyThere}`
      : `only runs with crashes reach ${onlyHere}`;
  return { bound, verdict, faults: [odd ?? `without crashes: ${said}`] };
}
