import { readdirSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";

/** The script of the page beside the bundle of the agent. */
const fileName = "status-page.js";

/** Paths of scripts and what they say. */
export type PageScripts = ReadonlyMap<string, string>;

/**
 * What browsers load. Bundled: one file beside the agent's. From its sources: every module of the
 * folder `browser`, without its types.
 * @throws the file system's errors where a file of the bundle is missing.
 */
export function pageScripts(
  directory: string = import.meta.dirname,
  bundled: boolean = !import.meta.filename.endsWith(".ts"),
): PageScripts {
  if (bundled) return new Map([["/page.js", readFileSync(join(directory, fileName), "utf8")]]);
  const sources = join(directory, "browser");
  const modules = readdirSync(sources).filter((name) => name.endsWith(".ts"));
  return new Map([
    ...modules.map((name): [string, string] => [
      `/${name}`,
      stripTypeScriptTypes(readFileSync(join(sources, name), "utf8")),
    ]),
    ["/page.js", 'import "./page.ts";\n'],
  ]);
}

/** The same, read when it is first asked for. */
export function oncePageScripts(): () => PageScripts {
  let scripts: PageScripts | undefined;
  return () => {
    scripts ??= pageScripts();
    return scripts;
  };
}
