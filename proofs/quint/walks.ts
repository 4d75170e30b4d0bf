import type { AccountRules } from "../account/account-rules.ts";
import { type Account, accountFields } from "../account/account-system.ts";
import { quintNames, smallModel, smallScope } from "./replay.ts";

/** One walk of the rules, as a test of the specification. */
export interface Walk {
  readonly name: string;
  readonly text: string;
  /** An action that the specification does not have, where the walk ended. */
  readonly foreign: string | undefined;
}

/** How many steps a walk has. */
const length = 60;

/**
 * A walk of the rules from the beginning, drawn by a seed: the specification must allow every step
 * and end in the same state.
 */
export function walk(rules: AccountRules, name: string, seed: number): Walk {
  const model = smallModel(rules);
  const draw = drawing(seed);
  let state: Account<number> = model.first;
  const steps: string[] = [];
  let foreign: string | undefined;
  for (let i = 0; i < length; i++) {
    const open = model.actions.flatMap((action) => {
      const choices = action.chooses ? smallScope.choices : 0;
      return Array.from({ length: choices + 1 }, (_, choice) => ({ action, choice })).filter(
        (one) =>
          isStep(state, one.action.guard(state, one.choice), one.action.next(state, one.choice)),
      );
    });
    // An action first, then what it chooses: reboots are rare, traffic is not.
    const named = [...new Set(open.map(({ action }) => action))];
    const calm = named.filter(({ name }) => !name.includes("reboots"));
    const pool = calm.length > 0 && draw(8) > 0 ? calm : named;
    const action = pool[draw(pool.length)];
    const mine = open.filter((one) => one.action === action);
    const choice = mine[draw(mine.length)]?.choice;
    if (action === undefined || choice === undefined) break;
    state = action.next(state, choice);
    const called = quintNames[action.name];
    if (called === undefined) {
      foreign = action.name;
      break;
    }
    steps.push(action.chooses ? `${called}(${choice})` : called);
  }
  const known = accountFields.filter((field) => field !== "rise");
  const end = known.map((field) => `${field} == ${state[field]}`).join(", ");
  const then = steps.map((step) => `.then(${step})`).join("");
  return { name, foreign, text: `  run ${name} = init${then}.expect(and { ${end} })` };
}

/** Whether something is allowed, changes something, and stays in scope. */
function isStep(
  state: Account<number>,
  guard: readonly { readonly holds: boolean }[],
  next: Account<number>,
): boolean {
  if (!guard.every(({ holds }) => holds)) return false;
  if (accountFields.some((field) => next[field] > smallScope.most[field])) return false;
  return accountFields.some((field) => next[field] !== state[field]);
}

/** Whole numbers below a limit, the same ones for the same seed. */
function drawing(seed: number): (limit: number) => number {
  let at = seed >>> 0;
  return (limit) => {
    at = (Math.imul(at, 1664525) + 1013904223) >>> 0;
    return Math.floor((at / 2 ** 32) * limit);
  };
}

/** Walks as a module of quint. */
export function walksModule(walks: readonly Walk[]): string {
  const prices = smallScope.prices.map((price, i) => `${i} -> ${price}`).join(", ");
  const { L, c } = smallScope.constants;
  const sizes = `L = ${L}, C = ${c}, N = ${smallScope.prices.length}, PRICES = Map(${prices})`;
  const lines = walks.map(({ text }) => text);
  return `module walks {\n  import account(${sizes}).* from "./account"\n${lines.join("\n")}\n}\n`;
}
