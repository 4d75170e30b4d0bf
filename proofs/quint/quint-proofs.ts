import { type AccountRules, shippedRules } from "../account/account-rules.ts";
import type { AccountDefect } from "../defects/account-defect.ts";
import { inPairs } from "../process/in-pairs.ts";
import type { Ending } from "../process/program.ts";
import { type Finding, type Kill, timed, type Verdict } from "../report/finding.ts";
import { quintLimit, tracesOf, withQuint } from "./quint.ts";
import { replay } from "./replay.ts";
import { type Walk, walk, walksModule } from "./walks.ts";

const theorems = ["T1", "T3", "T5", "T6", "T7", "T8"];
const file = "proofs/quint/account.qnt";
const tool = "quint";

/** How many runs of the specification are replayed, and how many walks of the rules. */
const runs = 100;

/** The readable specification: typechecked, run, and compared with the rules in both directions. */
export async function quintFindings(limit = quintLimit): Promise<readonly Finding[]> {
  const [typed, typedIn] = await timed(() =>
    withQuint(["typecheck", "account.qnt"], {}, (ending) => ending, limit),
  );
  const [{ ending, traces }, tracedIn] = await timed(() => tracesOf(runs, 1, limit));
  const replays = traces.map((trace) => replay(shippedRules, trace));
  const steps = replays.reduce((sum, one) => sum + one.steps, 0);
  const partings = replays.flatMap(({ parting }) => parting ?? []);
  const [walked, walkedIn] = await timed(() => walkAll([shippedRules], runs, limit));
  const common = { theorems, tool, file };
  return [
    {
      ...common,
      theorems: [],
      what: "the specification is well typed",
      bound: "-",
      seconds: typedIn,
      ...judged(typed, []),
    },
    {
      ...common,
      what: "its runs keep the theorems, and the rules follow them",
      bound: `${traces.length} runs, ${steps} steps`,
      seconds: tracedIn,
      ...judged(
        ending,
        traces.length === runs ? partings : ["fewer runs than asked for", ...partings],
      ),
    },
    {
      ...common,
      what: "the specification follows walks of the rules",
      bound: `${runs} walks of 60 steps`,
      seconds: walkedIn,
      ...judged(walked.ending, walkFaults(walked.passed, walked.failed)),
    },
  ];
}

function walkFaults(passed: ReadonlySet<string>, failed: ReadonlySet<string>): readonly string[] {
  const not = `the specification followed ${passed.size} of ${runs} walks`;
  return passed.size === runs ? [] : [not, ...failed];
}

function judged(
  { how, text, aside }: Ending,
  partings: readonly string[],
): Pick<Finding, "verdict" | "faults"> {
  const isCut = how === "missing" || how === "timed out";
  if (partings.length > 0) return { verdict: isCut ? how : "refuted", faults: partings };
  const verdict: Verdict = how === "ended" ? "proved" : how;
  return { verdict, faults: how === "ended" ? [] : [`${text} ${aside}`.slice(0, 400)] };
}

/** Walks of several sets of rules, in one run of quint. */
async function walkAll(sets: readonly AccountRules[], count: number, limit: number) {
  const walks = sets.flatMap((rules, set): readonly Walk[] =>
    Array.from({ length: count }, (_, i) => walk(rules, `set${set}_walk${i}Test`, i + 1)),
  );
  const words = ["test", "walks.qnt", "--main=walks", "--backend=typescript", "--seed=1"];
  const known = walks.filter(({ foreign }) => foreign === undefined);
  const judge = (ending: Ending) => {
    const named = (form: RegExp) =>
      new Set(Array.from(ending.text.matchAll(form), (one) => one[1] ?? ""));
    const foreign = walks.flatMap((one) => (one.foreign === undefined ? [] : [one.name]));
    const [passed, refused] = [named(/ok (\w+) passed/g), named(/\d+\) (\w+) failed/g)];
    // Where quint did not judge every walk it was given, nothing is known of any.
    const judged = passed.size + refused.size;
    const isJudged = known.length > 0 && judged === known.length;
    const said = `quint judged ${judged} of ${known.length} walks ${ending.aside.slice(0, 200)}`;
    return { ending, passed, isJudged, failed: new Set([...refused, ...foreign]), said };
  };
  return withQuint(words, { "walks.qnt": walksModule(known) }, judge, limit);
}

/** How many walks of a defect are tried. */
const defectWalks = 20;

/**
 * Which seeded defects part from the specification: runs of it that the defect does not follow, or
 * walks of the defect that it does not follow.
 */
export async function quintKills(
  defects: readonly AccountDefect[],
  limit = quintLimit,
): Promise<readonly Kill[]> {
  const [{ traces }, { failed, isJudged, ending, said }] = await inPairs([
    () => tracesOf(runs, 1, limit),
    () =>
      walkAll(
        defects.map(({ rules }) => rules),
        defectWalks,
        limit,
      ),
  ]);
  const silence = ending.how === "ended" ? "crashed" : ending.how;
  return defects.map(({ name, rules }, set): Kill => {
    const parting = traces
      .map((trace) => replay(rules, trace).parting)
      .find((one) => one !== undefined);
    const refused = [...failed].filter((one) => isJudged && one.startsWith(`set${set}_`));
    const isKilled = parting !== undefined || refused.length > 0;
    const isQuiet = isJudged && traces.length === runs;
    const outcome = isKilled ? "killed" : isQuiet ? "survives" : silence;
    const walked = `the specification does not follow ${refused.length} of ${defectWalks} walks`;
    return { defect: name, tool, outcome, how: parting ?? (isJudged ? walked : said) };
  });
}
