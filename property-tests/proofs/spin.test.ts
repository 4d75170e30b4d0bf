import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { shippedRules } from "../../proofs/account/account-rules.ts";
import { accountScope } from "../../proofs/account/account-scope.ts";
import { accountDefects } from "../../proofs/defects/account-defect.ts";
import { sameStates } from "../../proofs/spin/crash-transparency.ts";
import { resultOf, search } from "../../proofs/spin/spin.ts";
import { compareWithTwin, searchTwin, twinKills } from "../../proofs/spin/twin.ts";

const isThere = spawnSync("spin", ["-V"]).status === 0 && spawnSync("gcc", ["-v"]).status === 0;
// On CI they must be there; elsewhere what needs them says that it did not run.
const { CI, PATH } = process.env;
const needed = test.skipIf(!isThere && CI === undefined);
const small = { N: 2, LIMIT: 3, T: 2, CHUNK: 1 };
const scope = accountScope([1, 2], { L: 3, c: 1 }, 1);

const complete = "State-vector 60 byte, depth reached 9, errors: 0\n 12 states, stored\n";
const ended = { how: "ended", aside: "" } as const;

test("a search that was complete has proved what it searched for", () => {
  expect(resultOf({ ...ended, text: complete }).verdict).toBe("proved");
});

test.each([
  ["it was cut short in depth", `error: max search depth too small\n${complete}`, "unknown"],
  ["memory ran out", `pan: out of memory\n${complete}`, "unknown"],
  ["it visited nothing", complete.replace("12", "0"), "crashed"],
  ["it says nothing", "", "crashed"],
  ["it found something", complete.replace("errors: 0", "errors: 1"), "refuted"],
] as const)("a search has proved nothing where %s", (_, text, verdict) => {
  expect(resultOf({ ...ended, text }).verdict).toBe(verdict);
});

test.each(["missing", "timed out", "crashed"] as const)(
  "a search that was %s proves nothing, whatever it printed",
  (how) => {
    expect(resultOf({ how, text: complete, aside: "" }).verdict).toBe(how);
  },
);

test.each(["missing", "timed out", "crashed", "unknown"] as const)(
  "states of a search that was %s are equal to none, and kill nothing",
  async (verdict) => {
    const broken = { verdict, states: 0, said: "", printed: "" };
    expect(compareWithTwin(shippedRules, scope, broken).verdict).toBe(verdict);
    expect(sameStates(broken, broken).verdict).toBe(verdict);
    const whole = { verdict: "proved", states: 2, said: "", printed: "1 2\n3 4\n" } as const;
    expect(sameStates(whole, broken).verdict).toBe(verdict);
    expect(sameStates(whole, whole).verdict).toBe("proved");
  },
);

test("two searches that printed nothing reach the same nothing, which is no proof", () => {
  const empty = { verdict: "proved", states: 2, said: "", printed: "" } as const;
  expect(sameStates(empty, empty).verdict).toBe("refuted");
  expect(compareWithTwin(shippedRules, scope, empty).verdict).toBe("refuted");
});

test("a machine without spin is told by its verdict", async () => {
  Object.assign(process.env, { PATH: "" });
  try {
    const { verdict } = await search({ model: "account", defines: small, search: "all" });
    expect(verdict).toBe("missing");
    const kills = await twinKills(accountDefects);
    expect(new Set(kills.map(({ outcome }) => outcome))).toEqual(new Set(["missing"]));
  } finally {
    Object.assign(process.env, { PATH });
  }
});

needed(
  "every write and send a step, a crash between any two: two positions keep every theorem",
  async () => {
    const { verdict, states } = await search({ model: "account", defines: small, search: "all" });
    expect(verdict).toBe("proved");
    expect(states).toBeGreaterThan(10_000);
  },
);

needed("a define that the model refuses is no proof", async () => {
  const odd = await search({ model: "account", defines: { N: 2 }, search: "all" });
  expect(odd.verdict).toBe("crashed");
});

needed(
  "explorer and spin reach the same states, and a rule that is stricter or laxer shows",
  async () => {
    const twin = await searchTwin(scope);
    expect(compareWithTwin(shippedRules, scope, twin).verdict).toBe("proved");
    const stricter: typeof shippedRules = {
      ...shippedRules,
      mayGrant: (a, payee, limit, to, dueAtTo) =>
        a.and(a.below(payee.granted, to), a.below(dueAtTo, a.add(payee.credited, limit))),
    };
    const found = compareWithTwin(stricter, scope, twin);
    expect(found.verdict).toBe("refuted");
    expect(found.onlyHere).toBeUndefined();
    expect(found.onlyThere).toContain("G = 2");
  },
);
