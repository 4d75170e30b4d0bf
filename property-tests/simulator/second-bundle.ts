import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Modules that export a `program`, which may be a second one: as shipped, and for simulations. */
export const secondEntries = {
  shipped: "core/node/program.ts",
  modelled: "property-tests/simulator/modelled-program.ts",
} as const;

/**
 * Writes a second program into a directory, by the very words of `npm run bundle`.
 * @throws Error where it cannot be made.
 */
export function writeSecondProgram(directory: string, entry: keyof typeof secondEntries): void {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const [, line = ""] = String(scripts.bundle).split(" && ");
  const options = line.split(" ").slice(2, -1); // without the tool, its entry and its output
  const words = [
    join(root, "node_modules/rolldown/bin/cli.mjs"),
    join(root, secondEntries[entry]),
    ...options,
    join(directory, "second-program.js"),
  ];
  const { status, stderr } = spawnSync(process.execPath, words, { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(`the second program could not be bundled: ${stderr}`);
}
