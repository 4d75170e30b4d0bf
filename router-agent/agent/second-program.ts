import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
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
 * The core, loaded once more. Bundled: from a file of its own into a realm of its own, with other
 * bytecode, constants, hidden classes and prototypes; what V8 keeps once for all realms (names, its
 * own functions) stays common. From its sources: every module a second time, in the same realm.
 * Each call loads it anew, so that a start after a flip has one that was never run.
 * @param directory where the bundle lies.
 */
export const secondProgram = (
  directory: string = import.meta.dirname,
  bundled: boolean = !import.meta.filename.endsWith(".ts"),
): Effect.Effect<SecondProgram, ProgramNotWhole> =>
  bundled
    ? Effect.try({
        try: () => apart(inOwnRealm(join(directory, fileName))),
        catch: (error) =>
          new ProgramNotWhole({
            words: `this program is not whole: its file ${fileName} cannot be loaded (${String(error)}); install all files of it again`,
          }),
      })
    : Effect.map(Effect.promise(fromSources), apart);

function apart(second: Program): SecondProgram {
  return { program: second, own: second.step !== program.step };
}

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

let loads = 0;

/** Node takes a module with another query for another one; so what it imports gets that query too. */
async function fromSources(): Promise<Program> {
  loads += 1;
  const mark = `?second=${loads}`;
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      const found = next(specifier, context);
      return context.parentURL?.endsWith(mark) ? { ...found, url: found.url + mark } : found;
    },
  });
  try {
    const { href } = new URL(`../../core/node/program.ts${mark}`, import.meta.url);
    return ((await import(href)) as { readonly program: Program }).program;
  } finally {
    hooks.deregister();
  }
}
