import type { AccountRules } from "../account/account-rules.ts";
import { accountScope } from "../account/account-scope.ts";
import { type Account, accountFields, accountSystem } from "../account/account-system.ts";
import { curveOf, numbers } from "../model/explorer.ts";
import { equal } from "../model/system.ts";

/** The size of the specification's module `small`. */
export const smallScope = accountScope([1, 1, 2, 2, 1, 2], { L: 3, c: 2 }, 100);

/** The names of the specification for the actions of the system. */
export const quintNames: Readonly<Record<string, string>> = {
  send: "sendAt",
  "arrive up to": "arriveAt",
  "payer looks, or restarts, at": "lookAt",
  "reserve up to": "reserveAt",
  "tell the kernel its quota": "tellKernel",
  "sign for": "signAt",
  "send the voucher": "sendVoucher",
  "accept a lease to": "acceptAt",
  "payer reboots": "rebootPayer",
  read: "readAt",
  credit: "creditAt",
  "grant up to": "grantAt",
  "send the lease": "sendLease",
  "payee reboots": "rebootPayee",
};

/** What a replay found: how many steps agreed, and the first that did not. */
export interface Replay {
  readonly steps: number;
  readonly parting: string | undefined;
}

/** The account under some rules, in numbers, in the size of the specification. */
export function smallModel(rules: AccountRules) {
  const { prices, constants } = smallScope;
  return accountSystem(rules).model({ a: numbers, f: curveOf(prices), constants });
}

/**
 * Takes a run of the specification, as an ITF trace, through the rules: each step must be allowed
 * and lead to the same state in every field.
 */
export function replay(rules: AccountRules, trace: string): Replay {
  const model = smallModel(rules);
  let state: Account<number> = model.first;
  const states = statesOf(trace);
  for (const [i, { action, choice, fields }] of states.entries()) {
    if (i === 0) continue;
    const taken = model.actions.find(({ name }) => quintNames[name] === action);
    const at = `step ${i}, ${action} ${choice}`;
    if (taken === undefined) return { steps: i - 1, parting: `${at}: no such action` };
    if (!taken.guard(state, choice).every(({ holds }) => holds)) {
      return { steps: i - 1, parting: `${at}: the rules refuse it` };
    }
    state = taken.next(state, choice);
    const odd = accountFields.find((field) => !equal(numbers, fields(field), state[field]));
    if (odd !== undefined) {
      return { steps: i - 1, parting: `${at}: ${odd} is ${state[odd]}, not ${fields(odd)}` };
    }
  }
  return { steps: states.length - 1, parting: states.length > 1 ? undefined : "an empty trace" };
}

interface TraceState {
  readonly action: string;
  readonly choice: number;
  readonly fields: (name: string) => number;
}

/** The states of an ITF trace. @throws SyntaxError for what is no JSON. */
function statesOf(trace: string): readonly TraceState[] {
  const { states } = JSON.parse(trace) as { readonly states: readonly Record<string, unknown>[] };
  return states.map((state) => {
    const picks = state["mbt::nondetPicks"] as { readonly m?: { readonly value?: unknown } };
    return {
      action: String(state["mbt::actionTaken"]),
      choice: wholeNumber(picks.m?.value),
      // What the specification does not know, nobody can do there.
      fields: (name) => wholeNumber(state[`small::account::${name}`] ?? 0),
    };
  });
}

function wholeNumber(value: unknown): number {
  const big = (value as { readonly "#bigint"?: string } | undefined)?.["#bigint"];
  return Number(big ?? (typeof value === "number" ? value : 0));
}
