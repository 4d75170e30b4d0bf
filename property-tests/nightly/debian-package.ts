import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { Lacking } from "./lacking.ts";
import { toolOutput } from "./tool-output.ts";

/** Where tools keep what they can make again (XDG base directories): `npm ci` leaves it alone. */
const { XDG_CACHE_HOME } = process.env;
const cache = join(XDG_CACHE_HOME ?? join(homedir(), ".cache"), "meshtoll");

/**
 * What is kept of Debian packages: from the cache, or downloaded by apt and unpacked, not installed.
 * @param name of the directory in the cache; says the version.
 * @param keep moves what is wanted from the unpacked tree to the directory that is kept.
 * @returns the directory. @throws Lacking where there is no such package.
 */
export function keptOfPackages(
  packages: readonly string[],
  name: string,
  keep: (tree: string, kept: string) => void,
): string {
  const home = join(cache, name);
  if (existsSync(home)) return home;
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, "unpack-"));
  try {
    download(packages, work);
    const [tree, kept] = [join(work, "tree"), join(work, "kept")];
    for (const archive of readdirSync(work).filter((one) => one.endsWith(".deb"))) {
      toolOutput("dpkg-deb", ["--extract", archive, "tree"], work);
    }
    mkdirSync(kept);
    keep(tree, kept);
    renameSync(kept, home);
    return home;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function download(packages: readonly string[], directory: string): void {
  try {
    toolOutput("apt-get", ["download", "-q", ...packages], directory);
  } catch (error) {
    throw new Lacking((error as Error).message);
  }
}

/** What a package depends on, as the package lists name it now. @throws Lacking if they do not. */
export function dependenciesOf(name: string): readonly string[] {
  const found = toolOutput("apt-cache", ["depends", name]).matchAll(/^ {2}Depends: (\S+)$/gm);
  const names = [...found].flatMap(([, one]) => one ?? []);
  if (names.length === 0) throw new Lacking(`apt knows no ${name}: run apt-get update`);
  return names;
}
