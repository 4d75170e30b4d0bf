import { runMachineLab } from "./vm/machine-lab.ts";

/** `npm run lab -- vm`: what test machines' kernels cannot show, on Debian's kernel under QEMU. */
const [, , where, ...words] = process.argv;
if (where === "vm") process.exitCode = await runMachineLab(words);
else {
  console.log("usage: npm run lab -- vm [--only NAME,...] [--json] [--help]");
  process.exitCode = where === "--help" ? 0 : 3;
}
