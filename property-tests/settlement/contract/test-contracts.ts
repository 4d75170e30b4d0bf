import { writeFileSync } from "node:fs";
import { artifactText, readSources } from "#adapters/settlement/contract/artifact.ts";
import { compile } from "#adapters/settlement/contract/compilation.ts";

/** Contracts of these tests alone: compiled once and committed, as the real one is. */
const names = ["PlainToken", "TrickyToken", "TrickyParty"] as const;

/** The command that writes the files. */
export const madeBy = "node property-tests/settlement/contract/test-contracts.ts";

/** The files with what the compiler makes of them, each with what belongs in it now. */
export function freshTestContracts(): readonly (readonly [file: URL, text: string])[] {
  const here = new URL("./", import.meta.url);
  const contracts = compile(
    readSources(
      here,
      names.map((name) => `${name}.sol`),
    ),
  );
  return names.map((name) => {
    const contract = contracts[name];
    if (contract === undefined) throw new Error(`${name}.sol holds no ${name}`);
    const file = `${name.replace(/\B[A-Z]/g, "-$&").toLowerCase()}.ts`;
    return [new URL(file, here), artifactText(name, contract, madeBy)];
  });
}

if (import.meta.main) {
  for (const [file, text] of freshTestContracts()) writeFileSync(file, text);
}
