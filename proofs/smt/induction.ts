import type { Action, Model, Named, State, System } from "../model/system.ts";
import type { Question } from "./question.ts";
import { symbol, type Term, terms, unknownCurve } from "./term.ts";

/** Something to be proved about a system: where `refute` cannot hold, the claim does. */
export interface Obligation {
  readonly theorem: string;
  readonly action: string;
  readonly claim: string;
  readonly refute: Question;
}

/** An assumption, and the counter-examples of which one must exist once it is dropped. */
export interface Assumption {
  readonly name: string;
  readonly without: readonly Question[];
}

/** An induction: its obligations, and what would make them empty words. */
export interface Induction {
  readonly system: string;
  readonly obligations: readonly Obligation[];
  /** Each must be possible: an action that never happens proves everything. */
  readonly possible: readonly Question[];
  readonly assumptions: readonly Assumption[];
}

/**
 * What must be shown so that the claims of a system hold in every reachable state, for all
 * integers: they hold at first, and every action keeps them.
 */
export function inductionOf<F extends string, C extends string>(system: System<F, C>): Induction {
  const steps = stepsOf(system, undefined);
  return {
    system: system.name,
    obligations: steps.flatMap(({ action, given, symbols, claims }) =>
      claims.map(({ theorem, name, holds }) => ({
        theorem,
        action,
        claim: name,
        refute: { name: `${action}: ${name}`, symbols, given, also: [terms.not(holds)] },
      })),
    ),
    possible: steps.map(({ action, given, symbols }) => {
      return { name: `${action} can happen`, symbols, given, also: [] };
    }),
    assumptions: assumptionsOf(system).map(({ name, of }) => ({
      name,
      without: stepsOf(system, name)
        .filter(({ action }) => of === undefined || action === of)
        .map(({ action, given, symbols, claims }) => ({
          name: `${action} breaks without ${name}`,
          symbols,
          given,
          also: [terms.not(terms.and(...claims.map(({ holds }) => holds)))],
        })),
    })),
  };
}

/** Everything that is asked about an induction, in the order in which it is asked. */
export function questionsOf(induction: Induction): readonly Question[] {
  return [
    ...induction.obligations.map(({ refute }) => refute),
    ...induction.possible,
    ...induction.assumptions.flatMap((one) => one.without),
  ];
}

/** The beginning, or one action from any state in which the claims hold. */
interface Step {
  readonly action: string;
  readonly symbols: readonly string[];
  readonly given: readonly Term[];
  readonly asksPrices: boolean;
  readonly claims: ReturnType<Model<string, Term, Term>["claims"]>;
}

/** The name of what is known of F. */
const priceFloor = "every byte costs a grain at least, and none costs nothing";

/** Everything assumed, and the action that alone assumes it. */
function assumptionsOf<F extends string, C extends string>(system: System<F, C>) {
  const { model, state } = read(system);
  const floor = stepsOf(system, undefined).some(({ asksPrices }) => asksPrices) ? [priceFloor] : [];
  const everywhere = [...floor, ...model.terms.map(({ name }) => name)];
  const guards = model.actions.flatMap((action) =>
    action.guard(state, symbol("m")).map((part) => {
      return { name: partName(action, part), of: action.name };
    }),
  );
  return [...everywhere.map((name) => ({ name, of: undefined })), ...guards];
}

function partName(action: { readonly name: string }, part: { readonly name: string }): string {
  return `${action.name}: ${part.name}`;
}

function read<F extends string, C extends string>(system: System<F, C>) {
  const curve = unknownCurve();
  const constants = symbolsOf(system.constants);
  const model = system.model<Term, Term>({ a: terms, f: curve.f, constants });
  return { curve, model, state: symbolsOf(system.fields) };
}

function symbolsOf<N extends string>(names: readonly N[]): Readonly<Record<N, Term>> {
  return Object.fromEntries(names.map((name) => [name, symbol(name)])) as Record<N, Term>;
}

/** The beginning and every action, with one assumption left out if it is named. */
function stepsOf<F extends string, C extends string>(
  system: System<F, C>,
  dropped: string | undefined,
): readonly Step[] {
  const { curve, model } = read(system);
  const claims = model.claims(model.first);
  const given = [...axioms(curve, dropped), ...kept(model.terms, dropped)];
  const asksPrices = curve.axioms().length > 0;
  const first = { action: "at first", symbols: [...system.constants], given, claims, asksPrices };
  return [first, ...model.actions.map((_, i) => stepOf(system, i, dropped))];
}

function stepOf<F extends string, C extends string>(
  system: System<F, C>,
  index: number,
  dropped: string | undefined,
): Step {
  // Read anew, so that only the positions of this step are said to be on F.
  const { curve, model, state } = read(system);
  const action = model.actions[index] as Action<F, Term, Term>;
  const choice = symbol("m");
  const guard = action
    .guard(state, choice)
    .filter((part) => partName(action, part) !== dropped)
    .map(({ holds }) => holds);
  const claims = model.claims(action.next(state as State<F, Term>, choice));
  const before = model.claims(state).map(({ holds }) => holds);
  // What an action chooses is a position or a total: no type of the core holds a negative one.
  const natural = terms.atMost(symbol("0"), choice);
  const known = [...axioms(curve, dropped), ...kept(model.terms, dropped), natural];
  const given = [...known, ...before, ...guard];
  const symbols = [...system.constants, ...system.fields, "m"];
  const asksPrices = curve.axioms().length > 0;
  return { action: action.name, symbols, given, claims, asksPrices };
}

function kept(named: readonly Named<Term>[], dropped: string | undefined): readonly Term[] {
  return named.filter(({ name }) => name !== dropped).map(({ holds }) => holds);
}

function axioms(curve: ReturnType<typeof unknownCurve>, dropped: string | undefined) {
  return dropped === priceFloor ? [] : curve.axioms();
}
