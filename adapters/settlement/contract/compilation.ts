import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import solc from "solc";

/** A contract as the compiler leaves it. */
export interface CompiledContract {
  /** JSON ABI entries (Solidity's ABI specification). */
  readonly abi: readonly object[];
  /** Runs once, at deployment, and returns the rest. Hexadecimal, without 0x. */
  readonly constructorCode: string;
  /** What lies on the chain, with zeros where immutable variables will be. Hexadecimal, without 0x. */
  readonly runtimeCode: string;
  /** Where each immutable variable's 32 bytes begin in the runtime code, by its name. */
  readonly immutables: Readonly<Record<string, readonly number[]>>;
}

/**
 * What the bytes depend on, beside the sources and the version of solc. Cancun is the first with
 * transient storage, and what other chains than Ethereum's own have by now.
 */
const settings = {
  evmVersion: "cancun",
  viaIR: true,
  optimizer: { enabled: true, runs: 1_000_000 },
  outputSelection: {
    "*": { "": ["ast"], "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode"] },
  },
};

/** The compiler warns of transient storage wherever OpenZeppelin's guard is used, and of nothing else. */
const expectedWarning = "2394";

/**
 * Compiles Solidity sources, by name; imports come from the installed packages. The same sources
 * give the same bytes. @throws Error with the compiler's words where it is not content
 */
export function compile(
  sources: Readonly<Record<string, string>>,
): Readonly<Record<string, CompiledContract>> {
  const contents = Object.entries(sources).map(([name, content]) => [name, { content }]);
  const input = { language: "Solidity", sources: Object.fromEntries(contents), settings };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: fromPackages }));
  const { contracts, errors = [], sources: units } = output as SolcOutput;
  const complaints = errors.filter(({ errorCode }) => errorCode !== expectedWarning);
  if (complaints.length > 0)
    throw new Error(complaints.map((it) => it.formattedMessage).join("\n"));
  const names = variableNames(Object.values(units).map(({ ast }) => ast));
  const own = Object.keys(sources).flatMap((name) => Object.entries(contracts[name] ?? {}));
  return Object.fromEntries(own.map(([name, contract]) => [name, compiled(contract, names)]));
}

/** What this uses of solc's standard JSON output. */
interface SolcOutput {
  readonly contracts: Readonly<Record<string, Readonly<Record<string, SolcContract>>>>;
  readonly sources: Readonly<Record<string, { readonly ast: unknown }>>;
  readonly errors?: readonly { readonly errorCode: string; readonly formattedMessage: string }[];
}

interface SolcContract {
  readonly abi: readonly object[];
  readonly evm: {
    readonly bytecode: { readonly object: string };
    readonly deployedBytecode: {
      readonly object: string;
      readonly immutableReferences: Readonly<Record<string, readonly { readonly start: number }[]>>;
    };
  };
}

function fromPackages(path: string): { readonly contents: string } | { readonly error: string } {
  try {
    return { contents: readFileSync(createRequire(import.meta.url).resolve(path), "utf8") };
  } catch (error) {
    return { error: String(error) };
  }
}

function compiled({ abi, evm }: SolcContract, names: ReadonlyMap<number, string>) {
  const { object: runtimeCode, immutableReferences } = evm.deployedBytecode;
  const whole = evm.bytecode.object;
  if (!whole.endsWith(runtimeCode))
    throw new Error("the deployment does not end with what it deploys");
  const constructorCode = whole.slice(0, whole.length - runtimeCode.length);
  const immutables = Object.entries(immutableReferences).map(([id, places]) => [
    names.get(Number(id)) ?? id,
    places.map(({ start }) => start),
  ]);
  return { abi, constructorCode, runtimeCode, immutables: Object.fromEntries(immutables) };
}

/** Names of all variables by the number that the syntax tree gives them. */
function variableNames(trees: unknown): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    const { nodeType, id, name } = node as Readonly<Record<string, unknown>>;
    if (nodeType === "VariableDeclaration") names.set(Number(id), String(name));
    for (const child of Object.values(node)) visit(child);
  };
  visit(trees);
  return names;
}
