import { type Induction, inductionOf } from "../smt/induction.ts";
import { type Exploration, explore, type Scope } from "./explorer.ts";
import type { System } from "./system.ts";

/** A system together with what is looked at of it, whatever its fields are called. */
export interface Subject {
  readonly name: string;
  /** Where it is written, from the root of the project. */
  readonly file: string;
  readonly induction: () => Induction;
  /** One exploration a scope, as they are asked for. */
  readonly explorations: () => Iterable<Exploration>;
  /** The scopes in words. */
  readonly bound: string;
}

/** A system with its scopes. */
export function subjectOf<F extends string, C extends string>(
  system: System<F, C>,
  file: string,
  bound: string,
  scopes: readonly Scope<F, C>[],
): Subject {
  return {
    name: system.name,
    file,
    bound,
    induction: () => inductionOf(system),
    *explorations() {
      for (const scope of scopes) yield explore(system, scope);
    },
  };
}
