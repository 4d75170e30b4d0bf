import { expect, test } from "vitest";
import { readCommand } from "./command-line.ts";

const read = (line: string) => readCommand(line === "" ? [] : line.split(" "));

test.each([
  ["", "usage"],
  ["--scenario x --fuzz", "usage"],
  ["--scenario", "scenario"],
  ["--scenario x --seed -1", "seed"],
  ["--scenario x --seed 1e3", "--seed: found 1e3"],
  ["--scenario x --seed 99999999999999999", "--seed: found 99999999999999999"],
  ["--scenario x --keys none", "--keys: found none, allowed: fast, real"],
  ["--scenario x --defect kind", "--defect: found kind, allowed: sendsBeforeJournal"],
  ["--fuzz --minutes 0", "--minutes: found 0, allowed: 1 to 43200"],
  ["--fuzz --jobs 5000", "--jobs: found 5000"],
  ["--incumbent --days 0", "--days: found 0"],
  ["--scenario x --verbose", "verbose"],
])("%j is refused in words that say what is allowed", (line, words) => {
  const command = read(line);
  expect(command.do).toBe("refuse");
  if (command.do === "refuse") expect(command.words).toContain(words);
});

test("what is not said has the values that the usage tells", () => {
  expect(read("--scenario x.json")).toEqual({
    do: "scenario",
    options: {
      file: "x.json",
      seed: undefined,
      keys: "fast",
      defect: undefined,
      json: false,
      html: undefined,
      shrink: true,
      folder: "simulation-failures",
    },
  });
  expect(read("--fuzz")).toMatchObject({ do: "fuzz", options: { seed: 1, minutes: 5 } });
  expect(read("--incumbent")).toMatchObject({ options: { seeds: 8, days: 30, json: false } });
  expect(read("--schema")).toEqual({ do: "schema" });
  expect(read("--scenario x --help")).toEqual({ do: "help" });
});
