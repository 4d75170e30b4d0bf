import { globSync, readFileSync } from "node:fs";

/** A file of the tree: its path from the root, with slashes, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** The folders whose code runs on routers. */
export const shippedFolders = ["core", "adapters", "router-agent"] as const;

/** Every TypeScript file of the given folders below a root. */
export function sourceFiles(root: string, folders: readonly string[]): readonly SourceFile[] {
  return folders
    .flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: root }))
    .toSorted()
    .map((path) => ({ path, text: readFileSync(`${root}/${path}`, "utf8") }));
}

/** What a file imports, re-exports or loads later, as written. */
export function importsOf(file: SourceFile): readonly string[] {
  const statement = /^\s*(?:import|export)\b[^"';]*?\bfrom\s*"([^"]+)"/gm;
  const bare = /^\s*import\s*"([^"]+)"/gm;
  const later = /\bimport\(\s*["'`]([^"'`]+)["'`]/g;
  return [statement, bare, later].flatMap((form) =>
    Array.from(file.text.matchAll(form), (match) => match[1] ?? ""),
  );
}
