import { execFileSync } from "node:child_process";
import { addresses } from "../../bench/router/router-stage.ts";

const ip = (...args: readonly string[]): string => execFileSync("ip", args, { encoding: "utf8" });

/** A namespace with the neighbours' end of a cable whose other end is a machine. */
export function layCable(namespace: string): void {
  ip("netns", "add", namespace);
  ip("-n", namespace, "link", "set", "lo", "up");
  ip("-n", namespace, "tuntap", "add", "dev", "cable", "mode", "tap");
  ip("-n", namespace, "address", "add", `${addresses.neighbours}/24`, "dev", "cable");
  ip("-n", namespace, "link", "set", "cable", "up");
}

/** Takes it away, with all interfaces that begin so. Deleting its interface ends a wireguard-go, and takes its socket away. */
export function removeCable(namespace: string, prefix: string): void {
  const links = JSON.parse(ip("-n", namespace, "-j", "link", "show")) as { ifname: string }[];
  for (const { ifname } of links.filter(({ ifname: name }) => name.startsWith(prefix))) {
    ip("-n", namespace, "link", "delete", "dev", ifname);
  }
  ip("netns", "delete", namespace);
}
