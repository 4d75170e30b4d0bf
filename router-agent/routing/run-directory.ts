import { join } from "node:path";

/**
 * Where a babeld of the agent's own keeps its socket, log and state while it runs: in memory on every
 * Linux, because none of it is of use after a reboot. @param interfacePrefix one agent has it to itself.
 */
export function runDirectoryOf(interfacePrefix: string): string {
  return join("/var/run", `meshtoll-${interfacePrefix}`);
}
