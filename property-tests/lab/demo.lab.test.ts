import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { hostState, skipsLab } from "./lab.ts";

const main = fileURLToPath(new URL("../../router-agent/main.ts", import.meta.url));

type Quantity =
  | "sent"
  | "received"
  | "owed"
  | "expected"
  | "signed"
  | "credited"
  | "exposure"
  | "exposureBound";

type HopLine = Readonly<Record<Quantity | "payer" | "payee", string>>;

interface LastLine {
  readonly demo: string;
  readonly mode: string;
  readonly falseThrottles: number;
  readonly checks: readonly {
    readonly claim: string;
    readonly holds: boolean;
    readonly found: string;
  }[];
  readonly hops: readonly HopLine[];
}

function run(args: readonly string[], signalAfter?: number) {
  return new Promise<{ readonly code: number | null; readonly lines: readonly string[] }>(
    (resolve) => {
      const child = spawn(process.execPath, [main, "demo", ...args], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let text = "";
      child.stdout.on("data", (part: Buffer) => {
        text += part.toString("utf8");
      });
      if (signalAfter !== undefined) setTimeout(() => child.kill("SIGINT"), signalAfter);
      child.on("close", (code) => resolve({ code, lines: text.trim().split("\n") }));
    },
  );
}

describe.skipIf(skipsLab())("the demo on the real kernel", () => {
  test("given 5 % loss, a price rise, a SIGKILL, a lost counter and a cheat, then every hop agrees with tolerance zero", async () => {
    const before = hostState();
    const { code, lines } = await run(["--json"]);
    const last = JSON.parse(lines[lines.length - 1] ?? "{}") as LastLine;
    expect(last.checks.filter((check) => !check.holds)).toEqual([]);
    expect(last).toMatchObject({ demo: "passed", mode: "kernel", falseThrottles: 0 });
    expect(code).toBe(0);
    expect(last.hops.map((hop) => `${hop.payer}${hop.payee}`)).toEqual(["ab", "bc", "cb"]);
    for (const hop of last.hops) {
      const number = (key: Quantity) => BigInt(hop[key]);
      expect(number("signed")).toBe(number("owed"));
      expect(number("credited")).toBe(number("owed"));
      expect(number("received")).toBeLessThanOrEqual(number("sent"));
      expect(number("expected")).toBeLessThanOrEqual(number("owed"));
      expect(number("exposure")).toBeLessThanOrEqual(number("exposureBound"));
      expect(number("sent")).toBeGreaterThan(5_000_000n);
    }
    expect(hostState()).toBe(before);
  });

  test("given Ctrl-C in the middle, then nothing is left behind", async () => {
    const before = hostState();
    await run(["--json"], 8000);
    expect(hostState()).toBe(before);
  });
});
