import { readFileSync, writeFileSync } from "node:fs";
import { type CompiledContract, compile } from "./compilation.ts";

/** The sources of the contract that is deployed, beside this file. */
export const sourceNames = ["MeshChannels.sol", "PullCredit.sol"] as const;

/** What is compiled, and the file for what the compiler makes of it. */
const artifacts = [
  { name: "MeshChannels", file: new URL("./mesh-channels.ts", import.meta.url) },
  { name: "DemoToken", file: new URL("./demo-token.ts", import.meta.url) },
] as const;

/** Solidity sources from a directory, by name. @throws Error where one is not there */
export function readSources(
  directory: URL,
  names: readonly string[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    names.map((name) => [name, readFileSync(new URL(name, directory), "utf8")]),
  );
}

/**
 * A contract as TypeScript that can be committed: the ABI with its types, and the code. The compiler
 * itself stays out of what is shipped, and a reader sees in a diff what a change does to the bytes.
 */
export function artifactText(name: string, contract: CompiledContract, madeBy: string): string {
  const { abi, constructorCode, runtimeCode, immutables } = contract;
  const lines = (entries: readonly string[]) => entries.map((entry) => `  ${entry},\n`).join("");
  const begin = name[0]?.toLowerCase() + name.slice(1);
  return `// Made by \`${madeBy}\` from ${name}.sol: change that instead.

// biome-ignore format: one entry a line
/** The interface of ${name} (JSON ABI). */
export const ${begin}Abi = [
${lines(abi.map((entry) => JSON.stringify(entry)))}] as const;

/** Runs once, at deployment, in front of {@link ${begin}RuntimeCode}. */
export const ${begin}ConstructorCode =
  "0x${constructorCode}" as const;

/** What lies on the chain, with zeros where {@link ${begin}Immutables} will be. Without 0x. */
export const ${begin}RuntimeCode =
  "${runtimeCode}" as const;

// biome-ignore format: one entry a line
/** Where each immutable variable's 32 bytes begin in the runtime code. */
export const ${begin}Immutables = {
${lines(Object.entries(immutables).map(([key, places]) => `${key}: ${JSON.stringify(places)}`))}} as const;
`;
}

/** What stands in the artifacts when the contracts are compiled now, by file. @throws Error */
export function freshArtifacts(): readonly (readonly [file: URL, text: string])[] {
  const here = new URL("./", import.meta.url);
  const compiled = compile(readSources(here, [...sourceNames, "DemoToken.sol"]));
  return artifacts.map(({ name, file }) => {
    const contract = compiled[name];
    if (contract === undefined) throw new Error(`${name}.sol holds no ${name}`);
    return [file, artifactText(name, contract, "npm run contract")];
  });
}

if (import.meta.main) for (const [file, text] of freshArtifacts()) writeFileSync(file, text);
