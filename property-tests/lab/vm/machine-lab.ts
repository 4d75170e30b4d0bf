import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Lacking } from "../../nightly/lacking.ts";
import { bootMachine } from "../../nightly/machine.ts";
import type { MachineImage } from "../../nightly/machine-image.ts";
import { openWorkplace, type Workplace } from "../../nightly/workplace.ts";
import { coreExperiments, experiments } from "./experiments.ts";
import { labImage } from "./lab-image.ts";
import { writePlots } from "./plots.ts";
import { powerCutMachine } from "./power-cut.ts";
import { routerMachine } from "./router-machine.ts";

type Name = keyof typeof experiments;
const names = Object.keys(experiments) as readonly Name[];

const usage = `usage: npm run lab -- vm [--only NAME,...] [--core] [--plots DIRECTORY] [--json] [--help]

Boots Debian's kernel under QEMU, without KVM, this file system read-only inside it:
${names.map((name) => `  ${name.padEnd(21)}${experiments[name].about}`).join("\n")}

--core runs what CI runs; --plots writes pictures of delays; --verbose tells every step.
The kernel is downloaded once by apt and kept in the user's cache directory.
Exit code 0 only where every experiment passed.`;

/** Runs the experiments that the words name, and tells. @returns the exit code. */
export async function runMachineLab(words: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      only: { type: "string" },
      core: { type: "boolean", default: false },
      plots: { type: "string" },
      json: { type: "boolean", default: false },
      verbose: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const wanted: readonly string[] =
    values.only?.split(",") ?? (values.core ? coreExperiments : names);
  const usable = wanted.every((name) => names.some((one) => one === name));
  if (values.help || !usable) {
    console.log(usage);
    return values.help ? 0 : 3;
  }
  const workplace = openWorkplace();
  try {
    const image = await labImage(workplace.directory("image"));
    const told: Record<string, unknown> = {};
    let passed = true;
    for (const name of names.filter((one) => wanted.includes(one))) {
      if (!values.json) console.error(`${name}: ${experiments[name].about} ...`);
      const result = await experiment(workplace, image, name, values.verbose);
      told[name] = result;
      passed &&= result.passed;
      if (!values.json) console.dir({ [name]: result }, { depth: 5 });
    }
    if (values.plots !== undefined) writePlots(values.plots, told);
    if (values.json) console.log(JSON.stringify({ vm: passed ? "passed" : "failed", ...told }));
    return passed ? 0 : 1;
  } catch (error) {
    if (!(error instanceof Lacking)) throw error;
    console.error(`the lab's machine cannot run here: ${error.message}`);
    return 1;
  } finally {
    workplace.close();
  }
}

/** What a guest found. Its figures stand beside these. */
interface Found {
  readonly passed: boolean;
  readonly failed?: string;
  readonly seconds: number;
}

const bundle = fileURLToPath(new URL("../../../dist/agent.cjs", import.meta.url));

/** Those whose machine is not alone: who pays it is outside. */
const outsiders = { router: routerMachine, "power-cut": powerCutMachine } as const;

async function outside(
  name: keyof typeof outsiders,
  workplace: Workplace,
  image: MachineImage,
  megabytes: number,
  verbose: boolean,
): Promise<Found> {
  const began = performance.now();
  const seconds = () => Math.round((performance.now() - began) / 100) / 10;
  try {
    const found = await outsiders[name](workplace, image, megabytes, (line) => {
      if (verbose) console.error(seconds(), JSON.stringify(line));
    });
    return { ...found, seconds: seconds() };
  } catch (error) {
    return { passed: false, failed: String(error), seconds: seconds() };
  }
}

async function experiment(
  workplace: Workplace,
  image: MachineImage,
  name: Name,
  verbose: boolean,
): Promise<Found> {
  const { megabytes, minutes } = experiments[name];
  if (name === "router" || name === "power-cut") {
    return outside(name, workplace, image, megabytes, verbose);
  }
  const machine = bootMachine(workplace, image, {
    guest: [name, bundle],
    megabytes,
    steady: true,
  });
  const began = performance.now();
  const seconds = () => Math.round((performance.now() - began) / 100) / 10;
  let late = false;
  const limit = setTimeout(() => {
    late = true;
    machine.kill().catch(() => {});
  }, minutes * 60_000);
  try {
    for await (const line of machine.lines) {
      if (verbose) console.error(seconds(), JSON.stringify(line));
      if (typeof line !== "object" || line === null || !("result" in line)) continue;
      return { ...(line.result as Found), seconds: seconds() };
    }
    const words = late ? `took more than ${minutes} minutes` : "the guest told no result";
    return { passed: false, failed: words, seconds: seconds() };
  } catch (error) {
    return { passed: false, failed: String(error), seconds: seconds() };
  } finally {
    clearTimeout(limit);
    await machine.kill();
  }
}
