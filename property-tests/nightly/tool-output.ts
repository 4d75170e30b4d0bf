import { spawnSync } from "node:child_process";

/** What a tool prints. @throws Error with its own words. */
export function toolOutput(tool: string, args: readonly string[], cwd?: string): string {
  const { PATH } = process.env;
  const env = { ...process.env, PATH: `${PATH}:/usr/sbin:/sbin`, LC_ALL: "C" };
  const { status, stdout, stderr, error } = spawnSync(tool, args, { cwd, env, encoding: "utf8" });
  if (status === 0) return stdout;
  throw new Error(`${tool} ${args.join(" ")}: ${error?.message ?? stderr.trim()}`);
}
