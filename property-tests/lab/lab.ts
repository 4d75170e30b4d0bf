import { spawnSync } from "node:child_process";

/** Why lab tests cannot run here, or nothing. They need root, and the tools of four packages. */
export function labObstacle(): string | undefined {
  if (process.getuid?.() !== 0) return "needs root";
  const missing = ["ip", "tc", "nft", "wg", "wireguard-go"].filter(
    (tool) => spawnSync("sh", ["-c", 'command -v "$0"', tool]).status !== 0,
  );
  return missing.length === 0 ? undefined : `needs ${missing.join(", ")}`;
}

/**
 * Whether to skip, loudly. On CI nothing may be skipped: there a test that cannot run fails.
 */
export function skipsLab(): boolean {
  const obstacle = labObstacle();
  if (obstacle === undefined) return false;
  const { CI } = process.env;
  if (CI !== undefined && CI !== "") return false;
  console.warn(
    `SKIPPED: this lab test ${obstacle} (Debian: iproute2 nftables wireguard-tools wireguard-go)`,
  );
  return true;
}

/** What the kernel shows of us: to compare before and after. */
export function hostState(): string {
  const show = (tool: string, ...args: string[]) =>
    spawnSync(tool, args, { encoding: "utf8" }).stdout;
  return [
    show("ip", "netns", "list"),
    show("ip", "-o", "link", "show"),
    show("ip", "rule", "show"),
    show("nft", "list", "ruleset"),
    // Ended ones may wait for process 1 to take notice: they are not there any more.
    show("sh", "-c", "pgrep -a wireguard-go | grep -v defunct || true"),
    show("sh", "-c", "ls /tmp | grep meshtoll-demo || true"),
  ].join("\n---\n");
}
