import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { release } from "node:os";

/** Which parts of the kernel are there: the lab is for those that test machines lack. */
export function tellNeeds() {
  const try1 = (...words: string[]) => {
    const [tool = "", ...args] = words;
    const { status, stderr } = spawnSync(tool, args, { encoding: "utf8" });
    return status === 0 ? "yes" : stderr.trim();
  };
  const qdisc = (...words: string[]) =>
    try1("tc", "qdisc", "replace", "dev", "probe0", "root", ...words);
  const made = try1("ip", "link", "add", "probe0", "type", "dummy");
  const found = {
    dummy: made,
    wireguard: try1("ip", "link", "add", "probe1", "type", "wireguard"),
    ifb: try1("ip", "link", "add", "probe2", "type", "ifb"),
    htb: qdisc("handle", "1:", "htb"),
    fq_codel: qdisc("fq_codel"),
    cake: qdisc("cake", "bandwidth", "10mbit"),
    netem: qdisc("netem", "delay", "1ms"),
    sfq: qdisc("sfq"),
    nft: try1("nft", "add table inet probe; add quota inet probe q { over 1 bytes }"),
  };
  const memory = readFileSync("/proc/meminfo", "utf8");
  const kilobytes = Number(/MemTotal:\s*(\d+)/.exec(memory)?.[1]);
  const passed = Object.values(found).every((one) => one === "yes");
  return { passed, kernel: release(), megabytes: kilobytes / 1024, found };
}
