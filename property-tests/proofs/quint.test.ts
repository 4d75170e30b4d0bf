import { expect, test } from "vitest";
import { shippedRules } from "../../proofs/account/account-rules.ts";
import { accountDefects } from "../../proofs/defects/account-defect.ts";
import { tracesOf, withQuint } from "../../proofs/quint/quint.ts";
import { quintFindings, quintKills } from "../../proofs/quint/quint-proofs.ts";
import { replay } from "../../proofs/quint/replay.ts";
import { walk, walksModule } from "../../proofs/quint/walks.ts";

test("the rules follow runs of the specification, and a changed run is told at its step", async () => {
  const { traces } = await tracesOf(5, 7);
  expect(traces.map((trace) => replay(shippedRules, trace))).toEqual(
    Array.from({ length: 5 }, () => ({ steps: 60, parting: undefined })),
  );
  const changed = JSON.parse(traces[0] ?? "");
  changed.states[60]["small::account::w"] = { "#bigint": "999" };
  const parting = replay(shippedRules, JSON.stringify(changed)).parting;
  expect(parting).toContain("step 60");
  expect(parting).toContain("w is");
});

test("the specification follows a walk of the rules, and no walk of a defect that leaves it", async () => {
  const lease = accountDefects.find(({ name }) => name === "send before journal: lease");
  const walks = [
    walk(shippedRules, "goodTest", 1),
    walk(lease?.rules ?? shippedRules, "badTest", 1),
  ];
  const words = ["test", "walks.qnt", "--main=walks", "--backend=typescript", "--seed=1"];
  const said = await withQuint(words, { "walks.qnt": walksModule(walks) }, ({ text }) => text);
  expect(said).toContain("ok goodTest passed");
  expect(said).toContain("1) badTest failed");
});

test("an empty trace agrees with nothing", () => {
  expect(replay(shippedRules, '{"states":[]}').parting).toBe("an empty trace");
  expect(() => replay(shippedRules, "nonsense")).toThrow(SyntaxError);
});

test("a quint that is stopped before it said anything has proved nothing, and killed nothing", async () => {
  const findings = await quintFindings(1);
  expect(findings.map(({ verdict }) => verdict)).toEqual(["timed out", "timed out", "timed out"]);
  const kills = await quintKills(accountDefects.slice(0, 2), 1);
  expect(kills.map(({ outcome }) => outcome)).toEqual(["timed out", "timed out"]);
});
