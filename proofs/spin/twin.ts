import type { AccountRules } from "../account/account-rules.ts";
import { shippedRules } from "../account/account-rules.ts";
import { accountScopes } from "../account/account-scope.ts";
import type { AccountConstant } from "../account/account-system.ts";
import { type AccountField, accountFields, accountSystem } from "../account/account-system.ts";
import type { AccountDefect } from "../defects/account-defect.ts";
import { explore, type Scope, unpack } from "../model/explorer.ts";
import { type Finding, type Kill, timed, type Verdict } from "../report/finding.ts";
import { search } from "./spin.ts";

type AccountScope = Scope<AccountField, AccountConstant>;

/** What the comparison of one scope found. */
export interface Twins {
  readonly verdict: Verdict;
  /** States that both reach. */
  readonly common: number;
  /** A state that only one of them reaches, in its fields. */
  readonly onlyHere: string | undefined;
  readonly onlyThere: string | undefined;
  readonly said: string;
}

/**
 * Whether the rules and the twin in Promela reach the very same states: a guard that is stricter on
 * one side, and a step that is missing there, both show.
 */
export async function compareWithTwin(rules: AccountRules, scope: AccountScope): Promise<Twins> {
  const mask = scope.prices.reduce((all, price, i) => all + (price === 2 ? 1 << i : 0), 0);
  const { L, c } = scope.constants;
  const defines = { N: scope.prices.length, MASK: mask, LIMIT: L, CHUNK: c, REBOOTS: 1 };
  const { verdict, said, printed: lines } = await search({ model: "twin", defines, search: "all" });
  if (verdict !== "proved") {
    return { verdict, common: 0, onlyHere: undefined, onlyThere: undefined, said };
  }
  const there = new Set(lines.split("\n").filter((line) => /^\d+( \d+)+$/.test(line)));
  const { seen } = explore(accountSystem(rules), scope, "ignored");
  const here = new Set(Array.from(seen.keys(), (packed) => line(scope, packed)));
  const onlyHere = named([...here].find((state) => !there.has(state)));
  const onlyThere = named([...there].find((state) => !here.has(state)));
  const equal = onlyHere === undefined && onlyThere === undefined && here.size > 1;
  const common = [...here].filter((state) => there.has(state)).length;
  return { verdict: equal ? "proved" : "refuted", common, onlyHere, onlyThere, said };
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
  const [all, seconds] = await timed(async () => {
    const found: Twins[] = [];
    for (const scope of scopes) found.push(await compareWithTwin(shippedRules, scope));
    return found;
  });
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
  const kills: Kill[] = [];
  for (const { name, rules } of defects) {
    const { verdict, onlyHere, onlyThere, said } = await compareWithTwin(rules, scope);
    const how = onlyHere ?? onlyThere ?? said;
    kills.push({ defect: name, tool: "twin", killed: verdict === "refuted", how });
  }
  return kills;
}
