import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { report } from "./report.ts";

/** `npm run demo` on real WireGuard: three routers in a line, traffic, crashes, a cheat. */
export async function playDemo(): Promise<object> {
  const [, , , bundle = "dist/agent.cjs"] = process.argv;
  const child = spawn(process.execPath, [bundle, "demo", "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let last: { readonly fact?: string; readonly demo?: string } = {};
  for await (const line of createInterface({ input: child.stdout })) {
    last = JSON.parse(line) as typeof last;
    if (last.fact !== "sample") report({ line: last });
  }
  return { passed: last.demo === "passed", last };
}
