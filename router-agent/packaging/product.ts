import { chmodSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleCommand, bundleRouter, commandFile } from "./router-bundle.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The version of everything in this repository. */
export function productVersion(): string {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return String(version);
}

/** Files of the repository's root that a package repeats. */
export function rootFile(name: "LICENSE" | "CHANGELOG.md"): string {
  return readFileSync(join(root, name), "utf8");
}

/** The folder of what a package is made from. */
export function sourcesOf(kind: "openwrt" | "debian"): string {
  return fileURLToPath(new URL(kind, import.meta.url));
}

/**
 * Writes agent and command into one directory: what both packages install, with the modes it has
 * there whatever the umask is. @throws Error where the two have a file name in common.
 */
export async function writeProgram(directory: string): Promise<void> {
  await bundleRouter(directory);
  const agent = readdirSync(directory);
  await bundleCommand(directory);
  const expected = readdirSync(directory).length - agent.length;
  if (expected < 1 || agent.includes(commandFile)) {
    throw new Error("agent and command overwrite each other's files");
  }
  for (const name of readdirSync(directory)) {
    chmodSync(join(directory, name), name === commandFile ? 0o755 : 0o644);
  }
}
