import { runClaims } from "./claims.ts";
import { report } from "./report.ts";

/**
 * The tests of the lab that a kernel's own WireGuard, queues and quotas make worth a second run. In the
 * bundle, "vitest" is {@link runClaims}' file.
 */
export const suites = {
  tunnel: () => import("../../tunnel.lab.test.ts"),
  counters: () => import("../../counters.lab.test.ts"),
  edge: () => import("../../edge-queues.lab.test.ts"),
  "queueing-clean": () => import("../../queueing-clean.lab.test.ts"),
  "queueing-standing": () => import("../../queueing-standing.lab.test.ts"),
  "queueing-reconcile": () => import("../../queueing-reconcile.lab.test.ts"),
  "queueing-quota": () => import("../../queueing-quota.lab.test.ts"),
} as const;

/** Runs a suite in here: the same tests, on this kernel. */
export async function runSuite(name: keyof typeof suites): Promise<object> {
  await suites[name]();
  const verdicts = await runClaims((verdict) => report({ verdict }));
  const failures = verdicts.filter(({ failed }) => failed !== undefined);
  const passed = failures.length === 0 && verdicts.length > 0;
  return { passed, tests: verdicts.length, failures };
}
