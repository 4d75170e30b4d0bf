import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What a tool does otherwise than the machine's own, where its arguments and input have a word in them. */
export interface WrappedTool {
  readonly tool: string;
  /** A pattern of the shell, such as `*clsact*`, for the arguments and the input in one line. */
  readonly where: string;
  /** It fails with these words, as a kernel that lacks something would have it. */
  readonly refuses?: string;
  /** It waits until a file of this name is gone. */
  readonly waitsFor?: string;
}

/** Tools that stand in front of the machine's own, which do all the rest. */
export interface WrappedTools {
  /** To be the first of PATH. */
  readonly directory: string;
  readonly remove: () => void;
}

/** Makes them, in a directory of their own. */
export function wrappedTools(...tools: readonly WrappedTool[]): WrappedTools {
  const directory = mkdtempSync(join(tmpdir(), "meshtoll-lab-tools-"));
  mkdirSync(directory, { recursive: true });
  for (const name of new Set(tools.map(({ tool }) => tool))) {
    const real = execFileSync("sh", ["-c", 'command -v "$0"', name], { encoding: "utf8" }).trim();
    const cases = tools.filter(({ tool }) => tool === name).map(caseOf);
    writeFileSync(
      join(directory, name),
      [
        "#!/bin/sh",
        "input=$(cat)",
        `said=$(printf '%s %s' "$*" "$input" | tr '\\n' ' ')`,
        ...cases,
        `printf '%s\\n' "$input" | exec ${real} "$@"`,
        "",
      ].join("\n"),
      { mode: 0o755 },
    );
  }
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

function caseOf({ where, refuses, waitsFor }: WrappedTool): string {
  const steps = [
    ...(waitsFor === undefined
      ? []
      : [`: >"${waitsFor}.reached"`, `while [ -e "${waitsFor}" ]; do sleep 0.05; done`]),
    ...(refuses === undefined ? [] : [`echo "${refuses}" >&2`, "exit 2"]),
  ];
  return `case "$said" in ${where}) ${steps.join("; ")} ;; esac`;
}
