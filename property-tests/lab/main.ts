import { runMachineLab } from "./vm/machine-lab.ts";
import { runWholeDay } from "./whole-day.ts";

/**
 * `npm run lab -- vm`: what test machines' kernels cannot show, on Debian's kernel under QEMU.
 * `npm run lab -- day`: what takes too long there, on this machine's kernel.
 */
const [, , where, ...words] = process.argv;
if (where === "vm") process.exitCode = await runMachineLab(words);
else if (where === "day") process.exitCode = await runWholeDay(words);
else {
  console.log("usage: npm run lab -- vm [--only NAME,...] [--json] [--help]");
  console.log("       npm run lab -- day [--looks N] [--json] [--help]");
  process.exitCode = where === "--help" ? 0 : 3;
}
