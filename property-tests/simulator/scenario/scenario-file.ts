import { readFileSync, statSync } from "node:fs";
import type { Scenario } from "./scenario.ts";
import { readScenario, scenarioLimits } from "./scenario-reader.ts";

/** A scenario, or in words what is wrong with its file. */
export type FileReading =
  | { readonly ok: true; readonly scenario: Scenario }
  | { readonly ok: false; readonly words: string };

/** Reads a scenario file. Never throws; a file beyond the limit is not even opened. */
export function readScenarioFile(path: string): FileReading {
  let text: string;
  try {
    const { size } = statSync(path);
    if (size > scenarioLimits.characters) {
      return wrong(path, [
        `  the file: found ${size} bytes, allowed: ${scenarioLimits.characters}`,
      ]);
    }
    text = readFileSync(path, "utf8");
  } catch (error) {
    return { ok: false, words: error instanceof Error ? error.message : String(error) };
  }
  const reading = readScenario(text);
  if (reading.ok) return reading;
  return wrong(
    path,
    reading.problems.map(
      (one) =>
        `  ${one.path === "" ? "the file" : one.path}: found ${one.found}, allowed: ${one.allowed}`,
    ),
  );
}

function wrong(path: string, lines: readonly string[]): FileReading {
  return { ok: false, words: `${path} is no scenario:\n${lines.join("\n")}` };
}
