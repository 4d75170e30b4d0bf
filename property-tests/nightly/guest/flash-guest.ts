import { countJffs2, countUbifs } from "./flash-bytes.ts";
import { checkJffs2, writeJffs2 } from "./jffs2.ts";
import { cutUbifs } from "./ubifs-cuts.ts";

/** What runs inside the machine: one mode, with its numbers. Reports are lines of JSON. */
const modes: Readonly<Record<string, (...numbers: readonly number[]) => Promise<void> | void>> = {
  "ubifs-cuts": cutUbifs,
  "ubifs-bytes": countUbifs,
  "jffs2-bytes": countJffs2,
  "jffs2-write": writeJffs2,
  "jffs2-check": checkJffs2,
};

const [mode = "", ...numbers] = process.argv.slice(2);
const work = modes[mode];
if (work === undefined) throw new Error(`no mode ${mode}`);
await work(...numbers.map(Number));
