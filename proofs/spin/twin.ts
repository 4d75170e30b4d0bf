import { type AccountRules, shippedRules } from "../account/account-rules.ts";
import { accountScopes } from "../account/account-scope.ts";
import type { AccountConstant } from "../account/account-system.ts";
import { type AccountField, accountFields, accountSystem } from "../account/account-system.ts";
import type { AccountDefect } from "../defects/account-defect.ts";
import { explore, type Scope, unpack } from "../model/explorer.ts";
import { inPairs } from "../process/in-pairs.ts";
import { type Finding, type Kill, outcomeOf, timed, type Verdict } from "../report/finding.ts";
import { type SpinResult, search } from "./spin.ts";

type AccountScope = Scope<AccountField, AccountConstant>;

/** What the comparison of two sets of states found. */
export interface Twins {
  readonly verdict: Verdict;
  /** States that both reach. */
  readonly common: number;
  /** A state that only one of them reaches. */
  readonly onlyHere: string | undefined;
  readonly onlyThere: string | undefined;
  /** What spin said. */
  readonly said: string;
}

/** The states that a search printed, a line each. */
export function printedStates({ printed }: SpinResult): ReadonlySet<string> {
  return new Set(printed.split("\n").filter((line) => /^\d+( \d+)+$/.test(line)));
}

/** Compares states with those of a search. A search that was not complete is equal to nothing. */
export function compareStates(here: ReadonlySet<string>, result: SpinResult): Twins {
  const { verdict, said } = result;
  if (verdict !== "proved") {
    const wrong = verdict === "refuted" ? "unknown" : verdict;
    return { verdict: wrong, common: 0, onlyHere: undefined, onlyThere: undefined, said };
  }
  const there = printedStates(result);
  const onlyHere = [...here].find((state) => !there.has(state));
  const onlyThere = [...there].find((state) => !here.has(state));
  const common = [...here].filter((state) => there.has(state)).length;
  // Two empty sets are equal, and so are two systems that never leave the beginning.
  const equal = onlyHere === undefined && onlyThere === undefined && common > 1;
  return { verdict: equal ? "proved" : "refuted", common, onlyHere, onlyThere, said };
}

/** Every state that the twin in Promela reaches in a scope. */
export function searchTwin(scope: AccountScope, limit?: number): Promise<SpinResult> {
  const mask = scope.prices.reduce((all, price, i) => all + (price === 2 ? 1 << i : 0), 0);
  const { L, c } = scope.constants;
  const defines = { N: scope.prices.length, MASK: mask, LIMIT: L, CHUNK: c, REBOOTS: 1 };
  return search({ model: "twin", defines, search: "all" }, limit);
}

/**
 * Whether rules reach the very same states as the twin: a guard that is stricter on one side, and a
 * step that is missing there, both show.
 */
export function compareWithTwin(
  rules: AccountRules,
  scope: AccountScope,
  result: SpinResult,
): Twins {
  const { seen } = explore(accountSystem(rules), scope, "ignored");
  const here = new Set(Array.from(seen.keys(), (packed) => line(scope, packed)));
  const found = compareStates(here, result);
  return { ...found, onlyHere: named(found.onlyHere), onlyThere: named(found.onlyThere) };
}

function line(scope: AccountScope, packed: number): string {
  const state = unpack(accountFields, scope, packed);
  return accountFields.map((field) => state[field]).join(" ");
}

function named(state: string | undefined): string | undefined {
  const digits = state?.split(" ");
  return digits && accountFields.map((field, i) => `${field} = ${digits[i]}`).join(", ");
}

/** Every price vector out of {1, 2}^3, with L 3 and c 2, and one reboot of the payer. */
const scopes = accountScopes(3, [3], [2], 1);

/** The shipped rules and their twin, for all price vectors of a scope. */
export async function twinFindings(): Promise<readonly Finding[]> {
  const [all, seconds] = await timed(() =>
    inPairs(
      scopes.map(
        (scope) => async () => compareWithTwin(shippedRules, scope, await searchTwin(scope)),
      ),
    ),
  );
  const odd = all.filter(({ verdict }) => verdict !== "proved");
  const states = all.reduce((sum, { common }) => sum + common, 0);
  return [
    {
      theorems: ["T1", "T3", "T5", "T6", "T7", "T8", "T16"],
      what: "explorer and spin reach the same states, both directions",
      tool: "explorer = spin",
      bound: `prices {1,2}^3, L 3, c 2: ${scopes.length} vectors, ${states} states`,
      file: "proofs/spin/twin.pml",
      seconds,
      verdict: odd[0]?.verdict ?? "proved",
      faults: odd.map(difference),
    },
  ];
}

function difference({ onlyHere, onlyThere, said }: Twins): string {
  if (onlyHere !== undefined) return `only the rules reach ${onlyHere}`;
  return onlyThere === undefined ? said : `only spin reaches ${onlyThere}`;
}

/** Whether a defect reaches a state that the twin does not, whatever any theorem says of it. */
export async function twinKills(defects: readonly AccountDefect[]): Promise<readonly Kill[]> {
  const scope = accountScopes(3, [2], [1], 1)[0];
  if (scope === undefined) return [];
  const result = await searchTwin(scope);
  return defects.map(({ name, rules }): Kill => {
    const found = compareWithTwin(rules, scope, result);
    return {
      defect: name,
      tool: "twin",
      outcome: outcomeOf(found.verdict),
      how: difference(found),
    };
  });
}
