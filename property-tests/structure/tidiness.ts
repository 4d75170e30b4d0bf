import type { SourceFile } from "./source-tree.ts";

/** The longest file. What does not fit says two things. */
export const lineLimit = 400;

/** Names that say where a file was put, not what it is. */
const emptyNames = ["index", "utils", "util", "helpers", "helper", "types", "common", "misc"];

const kebabCase = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.lab)?(?:\.test)?\.ts$/;

/** Left-overs that must not be committed. Written so that this file does not hold them itself. */
const leftOvers: readonly (readonly [RegExp, string])[] = [
  [/\b(?:TODO|FIXME|XXX)\b/, "work left for later"],
  [/\.(?:only|skip|todo)\(/, "a test that is switched off, or switches others off"],
  [/\bdebugger\b;/, "a breakpoint"],
  [/@ts-(?:ignore|nocheck)/, "the compiler switched off"],
  [/\/(?:home|Users)\/[a-z]+\//, "a path of somebody's machine"],
];

/** What is untidy about a file, as sentences; empty where nothing is. */
export function untidiness(file: SourceFile): readonly string[] {
  return [...nameFaults(file), ...lengthFaults(file), ...lineFaults(file)];
}

function nameFaults({ path }: SourceFile): readonly string[] {
  const name = path.split("/").at(-1) ?? "";
  if (!kebabCase.test(name)) return [`${path}: not a kebab-case noun`];
  const empty = emptyNames.includes(name.slice(0, -".ts".length));
  return empty ? [`${path}: a name that says nothing`] : [];
}

function lengthFaults({ path, text }: SourceFile): readonly string[] {
  const lines = text.split("\n").length - 1;
  return lines > lineLimit ? [`${path}: ${lines} lines, at most ${lineLimit}`] : [];
}

function lineFaults({ path, text }: SourceFile): readonly string[] {
  return text
    .split("\n")
    .flatMap((line, i) =>
      leftOvers.flatMap(([form, what]) => (form.test(line) ? [`${path}:${i + 1}: ${what}`] : [])),
    );
}

const declaration =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|const|let|class|interface|type)\s+([A-Za-z0-9_$]+)/;

/** Exported declarations without a docstring right above them, overloads aside. */
export function undocumented({ path, text }: SourceFile): readonly string[] {
  const lines = text.split("\n");
  return lines.flatMap((line, i) => {
    const name = declaration.exec(line)?.[1];
    if (name === undefined) return [];
    const above = lines[i - 1] ?? "";
    const documented = above.trimEnd().endsWith("*/") || declaration.exec(above)?.[1] === name;
    return documented ? [] : [`${path}:${i + 1}: ${name} has no docstring`];
  });
}
