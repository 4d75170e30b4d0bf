import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { removeDeadSockets } from "#adapters/wireguard/dead-sockets.ts";
import { removeLeftovers } from "#agent/demo/belongings.ts";
import { hostState, skipsLab } from "./lab.ts";

const main = fileURLToPath(new URL("../../router-agent/main.ts", import.meta.url));

type Quantity =
  | "sent"
  | "received"
  | "owed"
  | "expected"
  | "signed"
  | "credited"
  | "overpaid"
  | "exposure"
  | "exposureBound";

type HopLine = Readonly<Record<Quantity | "payer" | "payee", string>>;

interface LastLine {
  readonly demo: string;
  readonly mode: string;
  readonly falseThrottles: number;
  readonly rss: Readonly<Record<"a" | "b" | "c", number>>;
  readonly checks: readonly {
    readonly claim: string;
    readonly holds: boolean;
    readonly found: string;
  }[];
  readonly hops: readonly HopLine[];
}

/** Ends the demo with a signal as soon as one of its lines contains a text. */
interface Ending {
  readonly at: string;
  readonly signal: NodeJS.Signals;
}

function run(ending?: Ending) {
  return new Promise<{ readonly code: number | null; readonly lines: readonly string[] }>(
    (resolve) => {
      const child = spawn(process.execPath, [main, "demo", "--json"], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let text = "";
      child.stdout.on("data", (part: Buffer) => {
        text += part.toString("utf8");
        if (ending !== undefined && text.includes(ending.at)) child.kill(ending.signal);
      });
      child.on("close", (code) => resolve({ code, lines: text.trim().split("\n") }));
    },
  );
}

/** The host, and the sockets of tunnels in user space, which namespaces do not keep apart. */
function host(): string {
  let sockets: readonly string[] = [];
  try {
    sockets = readdirSync("/var/run/wireguard").toSorted();
  } catch {
    // no tunnel has been made here yet
  }
  return [hostState(), ...sockets].join("\n");
}

/**
 * The host once it has come to rest: tunnels of a test before this one may still be ending, and a
 * demo, or a tunnel, that somebody killed before these tests has left what the next one removes.
 * Takes at most ten seconds, then says what it sees.
 */
async function quietHost(): Promise<string> {
  await removeLeftovers();
  await removeDeadSockets(() => true);
  let seen = host();
  for (let look = 0; look < 20; look++) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const now = host();
    if (now === seen) return now;
    seen = now;
  }
  return seen;
}

describe.skipIf(skipsLab())("the demo on the real kernel", () => {
  test("given 5 % loss, a price rise, a SIGKILL, a lost counter and a cheat, then every hop agrees with tolerance zero", async () => {
    const before = await quietHost();
    const { code, lines } = await run();
    const last = JSON.parse(lines[lines.length - 1] ?? "{}") as LastLine;
    expect(last.checks.filter((check) => !check.holds)).toEqual([]);
    expect(last).toMatchObject({ demo: "passed", mode: "kernel", falseThrottles: 0 });
    expect(code).toBe(0);
    expect(last.hops.map((hop) => `${hop.payer}${hop.payee}`)).toEqual(["ab", "bc", "cb"]);
    for (const hop of last.hops) {
      const number = (key: Quantity) => BigInt(hop[key]);
      expect(number("signed")).toBe(number("owed"));
      expect(number("credited")).toBe(number("owed"));
      expect(number("overpaid")).toBe(number("owed") - number("expected"));
      expect(number("received")).toBeLessThanOrEqual(number("sent"));
      expect(number("expected")).toBeLessThanOrEqual(number("owed"));
      expect(number("exposure")).toBeLessThanOrEqual(number("exposureBound"));
      expect(number("sent")).toBeGreaterThan(5_000_000n);
    }
    expect(Object.values(last.rss).every((bytes) => bytes > 0)).toBe(true);
    expect(host()).toBe(before);
  });

  test.for([
    { at: '"making three routers', signal: "SIGINT" },
    { at: '"fact":"stage"', signal: "SIGTERM" },
    { at: '"phase":3', signal: "SIGINT" },
    { at: '"phase":5', signal: "SIGHUP" },
  ] as const)(
    "given $signal at $at, then it ends at once and nothing is left behind",
    async (ending) => {
      const before = await quietHost();
      const { code, lines } = await run(ending);
      expect(code).not.toBe(0);
      const last: unknown = JSON.parse(lines[lines.length - 1] ?? "{}");
      expect(last).toMatchObject({ demo: "failed", why: "interrupted" });
      expect(host()).toBe(before);
    },
  );

  test("given a demo that was killed, then the next one removes what it left", async () => {
    const before = await quietHost();
    await run({ at: '"phase":2', signal: "SIGKILL" });
    expect(host()).not.toBe(before);
    await run({ at: '"phase":1', signal: "SIGINT" });
    expect(host()).toBe(before);
  });
});
