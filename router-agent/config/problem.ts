import * as Data from "effect/Data";

/** One thing wrong with a configuration, in the words its author needs. */
export interface Problem {
  /** Which option, such as `neighbours[2].price`. */
  readonly path: string;
  /** Where in the file, from 1, if it can be said. */
  readonly line: number | undefined;
  readonly found: string;
  readonly allowed: string;
}

/** How many problems one error lists; a broken file should not fill a small log. */
export const problemLimit = 50;

/** A configuration that is refused. Lists every problem at once, not only the first. */
export class ConfigError extends Data.TaggedError("ConfigError")<{
  /** The file, or what else the text came from. */
  readonly source: string;
  readonly problems: readonly Problem[];
}> {
  override get message(): string {
    const listed = this.problems.slice(0, problemLimit).map((problem) => `  ${inWords(problem)}`);
    const more = this.problems.length - listed.length;
    if (more > 0) listed.push(`  and ${more} more`);
    return [`${this.source} is refused:`, ...listed].join("\n");
  }
}

/** One line: where, what was found, what is allowed. */
export function inWords(problem: Problem): string {
  const line = problem.line === undefined ? "" : ` (line ${problem.line})`;
  return `${problem.path}${line}: found ${problem.found}, allowed is ${problem.allowed}`;
}

/** A piece of a file for a message: quoted, without control characters, of bounded length. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text);
}

/** ", did you mean X?" where one of the words is near enough, else nothing. */
export function didYouMean(found: string, words: readonly string[]): string {
  if (found.length > 40) return "";
  let best: string | undefined;
  let least = Math.max(1, Math.floor(found.length / 3)) + 1;
  for (const word of words) {
    const distance = edits(found.toLowerCase(), word);
    if (distance < least) [best, least] = [word, distance];
  }
  return best === undefined ? "" : `; did you mean ${best}?`;
}

/** How many insertions, deletions and replacements lead from one word to the other (Levenshtein). */
function edits(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const here = [row];
    for (let column = 1; column <= to.length; column++) {
      const replaced = (above[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
      here.push(Math.min(replaced, (above[column] ?? 0) + 1, (here[column - 1] ?? 0) + 1));
    }
    above = here;
  }
  return above[to.length] ?? 0;
}
