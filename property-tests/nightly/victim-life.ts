import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeSecondProgram } from "../simulator/second-bundle.ts";
import { openVictim } from "./victim.ts";

/** Whether decisions are taken by two in lockstep, as the agent does, or by one alone. */
export type FlipMode = "guarded" | "bare";

/** What a process left behind. */
export interface Life {
  /** Its last line. */
  readonly said: string;
  /** What it did, input by input. */
  readonly done: string;
  /** Its commits as text; nothing where its journal cannot be read. */
  readonly journal: string | undefined;
  /** Why it cannot be read. */
  readonly refusal?: string;
  /** What it was told, as it understood it: a line of JSON for each input. */
  readonly heard: string;
}

/** Whatever it was that ended it: up to there it must have done what is right. */
export function verdict(
  { said, done, journal }: Life,
  right: Life,
): "harmless" | "found" | "ended" | "silent" | "damaged" {
  if (journal === undefined) return "damaged";
  const whole = done === right.done && journal === right.journal;
  if (said === "done") return whole ? "harmless" : "silent";
  if (!right.done.startsWith(done) || !right.journal?.startsWith(journal)) return "silent";
  return said.startsWith("found ") ? "found" : "ended";
}

/** The first lines of two texts that differ, from a little before the place where they do. */
export function firstDifference(one: string, other: string): readonly [string, string] {
  const [ones, others] = [one.split("\n"), other.split("\n")];
  const at = others.findIndex((line, i) => line !== ones[i]);
  if (at < 0) return ["", ""];
  const [line = "", right = ""] = [ones[at], others[at]];
  const place = [...right].findIndex((digit, i) => digit !== line[i]);
  const shown = (text: string) =>
    `line ${at + 1} of ${text.length} digits, from ${place}: ${text.slice(Math.max(0, place - 40), place + 300)}`;
  return [shown(line), shown(right)];
}

/** The victim as it is shipped, in two files: it starts thousands of times. */
export function bundledVictim(home: string): string {
  const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      at("../../node_modules/rolldown/bin/cli.mjs"),
      at("memory-victim.ts"),
      ...["--platform", "node", "--format", "esm", "--logLevel", "silent"],
      ...["--entryFileNames", "victim.mjs", "-d", home],
    ],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`the victim could not be bundled: ${stderr}`);
  writeSecondProgram(home, "modelled");
  return join(home, "victim.mjs");
}

/**
 * Whether a life that went another way heard a message wrong, and did what follows from that: the
 * same as a message that was damaged on its way, which the protocol lives with. It is lived again, by a
 * process that is told what this one understood. Anything but a message that was heard wrong does not count.
 */
export async function misheard(program: string, life: Life, right: Life): Promise<boolean> {
  const [heard, told] = [life.heard.split("\n"), right.heard.split("\n")];
  const others = heard.filter((line, i) => line !== told[i] && line !== "");
  if (others.length === 0 || !others.every((line) => line.startsWith('{"type":"Datagram",'))) {
    return false;
  }
  const inputs = heard.flatMap((line) => {
    if (line === "") return [];
    return [line === "null" ? '{"node":1}' : `{"node":1,"input":${line}}`];
  });
  const home = mkdtempSync(join(dirname(program), "heard-"));
  const run = join(home, "heard.json");
  writeFileSync(run, `{"inputs":[${inputs.join(",")}]}`);
  const again = await wholeLife(program, home, run);
  rmSync(home, { recursive: true });
  return (
    again.said === "done" &&
    again.done.startsWith(life.done) &&
    again.journal?.startsWith(life.journal ?? "no journal") === true
  );
}

/** A life that nobody harms. @param home a directory for its journal @param run what it lives through */
export async function wholeLife(program: string, home: string, run?: string): Promise<Life> {
  const victim = await openVictim(program, home, "guarded", run);
  try {
    return await victim.live(() => undefined);
  } finally {
    await victim.close();
  }
}
