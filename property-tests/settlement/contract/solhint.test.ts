import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { sourceNames } from "#adapters/settlement/contract/artifact.ts";

/** What all of solhint's rules find, in how many places, and why it stays. Whatever else is found fails. */
const accepted: Readonly<Record<string, readonly [places: number, why: string]>> = {
  "not-rely-on-time": [
    2,
    "the notice is the one place where time exists; a validator can shift it by seconds",
  ],
  "use-natspec": [6, "events say by their names what happened; docs/settlement.md tells them"],
  "no-inline-assembly": [
    1,
    "no other way to call with a gas limit and copy one word of the answer",
  ],
  "gas-small-strings": [6, "constants that the compiler hashes"],
  "gas-strict-inequalities": [3, "what is stale includes what is equal"],
  "gas-indexed-events": [9, "nobody looks for an amount; indexing it would cost more"],
  "gas-named-return-values": [3, "one value, named by its function"],
  "func-named-parameters": [5, "events and ids, in the order of their declaration beside"],
  "named-parameters-mapping": [1, "a channel is a channel"],
  "private-vars-leading-underscore": [3, "constants are written in capitals"],
  "imports-order": [5, "by what depends on what"],
  "max-line-length": [6, "130 here, which another test holds"],
  "comprehensive-interface": [9, "its ABI is committed; there is one implementation"],
  "foundry-test-functions": [10, "for tests in Solidity, of which there are none"],
  "foundry-test-function-naming": [10, "the same"],
};

test("solhint finds in the contract what is known and accepted, and nothing else", async () => {
  const found = (await findings()).map(({ ruleId }) => ruleId);
  const places = Object.fromEntries(
    [...new Set(found)].sort().map((rule) => [rule, found.filter((one) => one === rule).length]),
  );
  expect(places).toEqual(
    Object.fromEntries(Object.entries(accepted).map(([rule, [count]]) => [rule, count])),
  );
});

test("solhint is awake: it finds an origin that is trusted and a call that is not looked at", async () => {
  const bad = fileURLToPath(new URL("./CarelessOrigin.sol", import.meta.url));
  const rules = (await findings([bad])).map(({ ruleId }) => ruleId);
  expect(rules).toEqual(expect.arrayContaining(["avoid-tx-origin", "no-unchecked-calls"]));
});

interface Finding {
  readonly ruleId: string;
}

async function findings(
  files = sourceNames.map((name) =>
    fileURLToPath(new URL(`../../../adapters/settlement/contract/${name}`, import.meta.url)),
  ),
): Promise<readonly Finding[]> {
  const program = createRequire(import.meta.url).resolve("solhint/solhint.js");
  const config = fileURLToPath(new URL("./solhint.json", import.meta.url));
  const words = [program, "--disc", "--noPoster", "-f", "json", "-c", config, ...files];
  // It ends with 1 where a rule calls a finding an error; what it found it says all the same.
  const { stdout } = await promisify(execFile)(process.execPath, words).catch(
    (error: { readonly stdout: string }) => error,
  );
  const said = JSON.parse(stdout) as readonly (Finding | { readonly conclusion: string })[];
  return said.filter((one): one is Finding => "ruleId" in one);
}
