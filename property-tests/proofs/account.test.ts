import { expect, test } from "vitest";
import { shippedRules } from "../../proofs/account/account-rules.ts";
import { accountScopes } from "../../proofs/account/account-scope.ts";
import { accountSystem } from "../../proofs/account/account-system.ts";
import { shippedSubjects } from "../../proofs/checks.ts";
import { killByExploring, killBySolver } from "../../proofs/defects/killing.ts";
import { seededDefects } from "../../proofs/defects/seeded-defect.ts";
import { explore } from "../../proofs/model/explorer.ts";
import { exploreAll } from "../../proofs/model/exploring.ts";
import { packagedZ3 } from "../../proofs/smt/solver.ts";

/** Machines that do much else at the same time are waited for. */
const minutes = 60_000;

// Exact on purpose: a guard that became stricter would leave less to explore.
test("the rules that ship reach exactly so many states of 3 positions with L 3 and c 1", () => {
  const all = accountScopes(3, [3], [1], 1).map((scope) =>
    explore(accountSystem(shippedRules), scope),
  );
  expect(all.reduce((sum, { states }) => sum + states, 0)).toMatchInlineSnapshot(`42654`);
});

test(
  "every naive design breaks first the theorem that it is known for",
  () => {
    const first = seededDefects.map(({ subject }) => exploreAll(subject).broken?.theorem);
    expect(first).toEqual(seededDefects.map(({ kills }) => kills));
  },
  5 * minutes,
);

test(
  "what ships survives every tool: a killer that kills everything is none",
  async () => {
    const all = shippedSubjects.map((subject) => ({ name: subject.name, kills: "", subject }));
    const kills = [...all.map(killByExploring), ...(await killBySolver(packagedZ3, all))];
    expect(kills.filter(({ outcome }) => outcome !== "survives")).toEqual([]);
  },
  5 * minutes,
);
