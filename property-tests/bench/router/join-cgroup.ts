import { accessSync, constants, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * `join-cgroup.ts MEMBERS PROGRAM ...`: enters a control group and becomes the program, looked for as
 * a shell would. What this process took before stays with the group it came from.
 */
const [members = "", program = "", ...words] = process.argv.slice(2);
const { PATH = "" } = process.env;
writeFileSync(members, String(process.pid));
process.execve?.(found(program), [program, ...words], process.env);

function found(name: string): string {
  const places = name.includes("/") ? [name] : PATH.split(":").map((one) => join(one, name));
  return places.find(isProgram) ?? name;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
