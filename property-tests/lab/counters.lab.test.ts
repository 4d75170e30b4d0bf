import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LinkEvent } from "#adapters/counters/link-events.ts";
import type { CountersWayName } from "#adapters/counters/wireguard-counters.ts";
import { uapiDirectory } from "#adapters/wireguard/uapi-socket.ts";
import { type CountersBench, countersContract } from "../contracts/counters-contract.ts";
import { skipsLab } from "./lab.ts";
import { type TunnelKind, type TunnelPairs, tunnelPairs } from "./tunnel-pairs.ts";

const all: readonly CountersWayName[] = ["userspace", "kernel", "spawned"];

/** Real counters of real tunnels, read by a process inside a namespace. */
function suite(name: string, kind: TunnelKind, ways: readonly CountersWayName[]): void {
  describe(name, () => {
    let pairs: TunnelPairs | undefined;
    let bench: CountersBench | undefined;
    beforeAll(async () => {
      const at = await tunnelPairs(kind);
      pairs = at;
      const bootId = String(await at.probe.ask({ ask: "boot" }));
      const read = (names: readonly string[]) => at.probe.counters(ways, names);
      bench = { ...at, interfaces: at.names, bootId, read };
    });
    afterAll(() => pairs?.close());
    countersContract(name, () => {
      if (bench === undefined) throw new Error("the tunnels could not be made");
      return bench;
    });
  });
}

const skipped = skipsLab();

/** Whether this kernel has WireGuard itself; the only way to know is to ask it for an interface. */
function kernelHasWireguard(): boolean {
  if (skipped) return false;
  const name = `cw${process.pid.toString(36)}`;
  const made = spawnSync("ip", ["link", "add", name, "type", "wireguard"]).status === 0;
  if (made) spawnSync("ip", ["link", "delete", name]);
  else console.warn("SKIPPED: counters of the kernel's own WireGuard: this kernel has none");
  return made;
}

describe.skipIf(skipped)("counters of wireguard-go", () => {
  suite("by its userspace socket", "userspace", ["userspace"]);
  suite("by the wg tool", "userspace", ["spawned"]);
  suite("by whatever way there is", "userspace", all);
});

// A kernel without WireGuard has no such tests, rather than skipped ones: nothing that can run here
// is left out. docs/testing.md says what was run on which kernel.
if (kernelHasWireguard()) {
  describe.skipIf(skipped)("counters of the kernel's WireGuard", () => {
    suite("by netlink", "kernel", ["kernel"]);
    suite("by the wg tool, of the kernel", "kernel", ["spawned"]);
    suite("by whatever way there is, of the kernel", "kernel", all);
  });

  describe.skipIf(skipped)("an interface of the kernel's WireGuard that is deleted", () => {
    let pairs: TunnelPairs | undefined;
    beforeAll(async () => {
      pairs = await tunnelPairs("kernel");
    });
    afterAll(() => pairs?.close());

    test("says at its end what its peer's counters were, to the byte", async () => {
      if (pairs === undefined) throw new Error("the tunnels could not be made");
      const { names, near, probe, move } = pairs;
      const [name = ""] = names;
      await move(name);
      await new Promise((resolve) => setTimeout(resolve, 1000)); // nothing is on its way any more
      await probe.ask({ ask: "links", way: "netlink" });
      const [read] = await probe.counters(["kernel"], [name]);
      expect(spawnSync("ip", ["-n", near, "link", "delete", name]).status).toBe(0);
      const events = (await probe.ask({ ask: "links", way: "netlink" })) as readonly LinkEvent[];
      const end = events.find((one) => one.kind === "Link" && one.presence === "vanished");
      const final = { received: read?.received, sent: read?.sent };
      expect(end).toMatchObject({ interfaceName: name, final });
      expect(BigInt(read?.sent ?? 0n)).toBeGreaterThan(20_000n);
    });
  });
}

describe.skipIf(skipped)("in one namespace", () => {
  let pairs: TunnelPairs | undefined;
  beforeAll(async () => {
    pairs = await tunnelPairs("userspace");
  });
  afterAll(() => pairs?.close());

  test("every way reads the same, to the byte", async () => {
    if (pairs === undefined) throw new Error("the tunnels could not be made");
    const { names, probe, move, witness } = pairs;
    for (const name of names) await move(name);
    for (let look = 1; ; look++) {
      const byWay = await Promise.all(
        [["userspace"], ["spawned"], all].map((ways) =>
          probe.counters(ways as readonly CountersWayName[], names),
        ),
      );
      const seen = await Promise.all(names.map(witness));
      const [first = []] = byWay;
      const agreed = byWay.every(
        (one) => JSON.stringify(texts(one)) === JSON.stringify(texts(first)),
      );
      const quiet = first.every((one, i) => one.sent === seen[i]?.sent);
      if (!(agreed && quiet) && look < 100) continue;
      expect(byWay[1]).toEqual(first);
      expect(byWay[2]).toEqual(first);
      expect(first.map(({ sent }) => sent)).toEqual(seen.map(({ sent }) => sent));
      expect(first.every(({ lastHandshake }) => lastHandshake > 1_600_000_000n)).toBe(true);
      return;
    }
  });

  test("link events tell what came, went and changed, and leaving a bridge is not going", async () => {
    if (pairs === undefined) throw new Error("the tunnels could not be made");
    const { near, probe } = pairs;
    const drain = async (way: "netlink" | "spawned") =>
      (await probe.ask({ ask: "links", way })) as readonly LinkEvent[];
    const ip = (...words: string[]) =>
      expect(spawnSync("ip", ["-n", near, ...words]).status, words.join(" ")).toBe(0);
    const last = (events: readonly LinkEvent[], name: string) =>
      events.filter((one) => one.kind === "Link" && one.interfaceName === name).at(-1);
    for (const way of ["netlink", "spawned"] as const) await drain(way);

    ip("link", "add", "one", "type", "veth", "peer", "name", "two");
    for (const way of ["netlink", "spawned"] as const) {
      const events = await drain(way);
      expect(last(events, "one")).toMatchObject({ presence: "appeared", up: false });
    }
    ip("link", "set", "one", "up");
    ip("link", "set", "two", "up");
    ip("link", "add", "three", "type", "bridge");
    ip("link", "set", "one", "master", "three");
    ip("link", "set", "one", "nomaster");
    for (const way of ["netlink", "spawned"] as const) {
      const events = await drain(way);
      expect(last(events, "one")).toMatchObject({ presence: "appeared", up: true });
      expect(events.filter((one) => one.kind === "Link" && one.presence === "vanished")).toEqual(
        [],
      );
    }
    ip("link", "delete", "one");
    for (const way of ["netlink", "spawned"] as const) {
      const events = await drain(way);
      expect(last(events, "one")).toMatchObject({ presence: "vanished", up: false });
      expect(last(events, "two")).toMatchObject({ presence: "vanished" });
      expect(await drain(way)).toEqual([]);
    }
  });

  test("more link events than the kernel keeps become one call to look again", async () => {
    if (pairs === undefined) throw new Error("the tunnels could not be made");
    const { near, probe } = pairs;
    const flips = Array.from({ length: 400 }, () => "link set lo down\nlink set lo up\n").join("");
    const flipped = spawnSync("ip", ["-n", near, "-batch", "-"], { input: flips });
    expect(flipped.status).toBe(0);
    const events = (await probe.ask({ ask: "links", way: "netlink" })) as readonly LinkEvent[];
    expect(events.some((one) => one.kind === "Resync")).toBe(true);
    expect(await probe.ask({ ask: "links", way: "netlink" })).toEqual([]);
  });
});

describe.skipIf(skipped)("afterwards", () => {
  test("no namespace, socket or process of these tests is left behind", () => {
    const tag = process.pid.toString(36);
    const shown = spawnSync("ip", ["netns", "list"], { encoding: "utf8" }).stdout;
    expect(shown.split("\n").filter((line) => /^ct[nf]-/.test(line) && line.includes(tag))).toEqual(
      [],
    );
    const sockets = existsSync(uapiDirectory) ? readdirSync(uapiDirectory) : [];
    expect(sockets.filter((name) => /^c[nf]/.test(name) && name.includes(tag))).toEqual([]);
    const found = spawnSync("pgrep", ["-f", `^wireguard-go -f c[nf]${tag}`], { encoding: "utf8" });
    expect(found.stdout).toBe("");
  });
});

function texts(readings: readonly { readonly sent: bigint; readonly received: bigint }[]) {
  return readings.map(({ sent, received }) => `${sent} ${received}`);
}
