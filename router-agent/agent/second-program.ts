import { readFileSync } from "node:fs";
import { join } from "node:path";
import { constants, createContext, Script } from "node:vm";
import * as Data from "effect/Data";
import * as Effect from "effect/Effect";
import { type Program, program } from "#core/node/program.ts";

/** What the second node of a pair in lockstep is made of. */
export interface SecondProgram {
  readonly program: Program;
  /** Whether it is a program of its own; else one flipped bit of the program flips for both. */
  readonly own: boolean;
}

/** The bundle lacks the file of the second program, or it is none. */
export class ProgramNotWhole extends Data.TaggedError("ProgramNotWhole")<{
  readonly words: string;
}> {
  override get message(): string {
    return this.words;
  }
}

/** The core once more, beside the bundle of the agent: a script that sets one global, `core`. */
const fileName = "second-program.js";

/**
 * The core, loaded once more into a realm of its own: other bytecode, constants, hidden classes and
 * prototypes; what V8 keeps once for all realms (names, its own functions) stays common. A program
 * that runs from its sources has no such file: there both nodes are of one program.
 * @param directory where the bundle lies.
 */
export const secondProgram = (
  directory: string = import.meta.dirname,
  bundled: boolean = !import.meta.filename.endsWith(".ts"),
): Effect.Effect<SecondProgram, ProgramNotWhole> =>
  bundled
    ? Effect.try({
        try: () => ({ program: inOwnRealm(join(directory, fileName)), own: true }),
        catch: (error) =>
          new ProgramNotWhole({
            words: `this program is not whole: its file ${fileName} cannot be loaded (${String(error)}); install all files of it again`,
          }),
      })
    : Effect.succeed({ program, own: false });

/** @throws Error where there is no such file, or it does not run, or is no program. */
function inOwnRealm(path: string): Program {
  // A plain global: one that reports to another object would cost time at each look-up of a name.
  const realm = createContext(constants.DONT_CONTEXTIFY) as {
    readonly core?: { readonly program: Program };
  };
  new Script(readFileSync(path, "utf8"), { filename: path }).runInContext(realm);
  if (typeof realm.core?.program.step !== "function") throw new TypeError("it is no program");
  return realm.core.program;
}
