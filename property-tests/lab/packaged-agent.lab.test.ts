import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keysFromSeed } from "#adapters/keys/seeded-keys.ts";
import { askAgent, controlPath } from "#agent/agent/control-socket.ts";
import { daemonWords, routerEnvironment } from "#agent/packaging/launch.ts";
import { bundleRouter } from "#agent/packaging/router-bundle.ts";
import { sweepLabSockets } from "../tunnel/lab-sockets.ts";
import { skipsLab } from "./lab.ts";

const namespace = `pkl-${process.pid.toString(36).slice(-4)}`;
const prefix = `pk${process.pid.toString(36).slice(-3)}`;
const unit = new URL("../../router-agent/packaging/debian/meshtoll.service", import.meta.url);

/** What the unit leaves of root's powers, in the words of setpriv(1). */
function powers(): readonly string[] {
  const line = /^CapabilityBoundingSet=(.*)$/m.exec(readFileSync(unit, "utf8"));
  const names = (line?.[1] ?? "").split(" ").map((one) => one.replace("CAP_", "").toLowerCase());
  const set = ["-all", ...names.map((one) => `+${one}`)].join(",");
  return [`--bounding-set=${set}`, `--inh-caps=${set}`, "--no-new-privs"];
}

const inside = (...words: readonly string[]) =>
  spawnSync("ip", ["netns", "exec", namespace, ...words], { encoding: "utf8" });

describe.skipIf(skipsLab())("the packaged agent", () => {
  let home = "";
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), "meshtoll-packaged-"));
    await bundleRouter(join(home, "bundle"));
    spawnSync("ip", ["netns", "add", namespace]);
    inside("ip", "link", "set", "lo", "up");
  }, 120_000);
  afterAll(async () => {
    spawnSync("ip", ["netns", "delete", namespace]);
    await sweepLabSockets(prefix);
    rmSync(home, { recursive: true, force: true });
  });

  test("makes its tunnels, queues and rules with the powers of its unit, and removes them", async () => {
    const journal = join(home, "journal");
    const config = join(home, "config.json");
    const { nodeId, tunnelPublicKey } = keysFromSeed("packaged agent: anna");
    const neighbour = { name: "anna", id: nodeId, tunnel_key: tunnelPublicKey };
    const text = JSON.stringify({
      journal,
      keys: join(home, "keys"),
      history: "off",
      interface_prefix: prefix,
      neighbours: [{ ...neighbour, listen_port: "51820" }],
    });
    writeFileSync(config, text, { mode: 0o600 });
    const before = kernel();
    const { PATH = "" } = process.env;
    const words = ["netns", "exec", namespace, "setpriv", ...powers(), process.execPath];
    const child = spawn("ip", [...words, ...daemonWords(config, join(home, "bundle"))], {
      env: { PATH, ...routerEnvironment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (part: Buffer) => {
        said += part.toString("utf8");
      });
    }
    const exit = new Promise((resolve) => child.once("exit", resolve));
    while (!existsSync(controlPath(journal))) {
      if (child.exitCode !== null) throw new Error(said);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const status = await Effect.runPromise(askAgent(controlPath(journal), ["status"]));
    expect(status).toMatchObject({ neighbours: [{ id: nodeId, standing: "open" }] });
    const during = kernel();
    for (const made of [`${prefix}anna0`, `${prefix}anna1`, `meshtoll_${prefix}`, "qdisc htb"]) {
      expect(before).not.toContain(made);
      expect(during).toContain(made);
    }
    expect(inside("cat", `/proc/sys/net/ipv4/conf/${prefix}anna1/rp_filter`).stdout).toBe("0\n");
    child.kill("SIGTERM");
    expect(await exit).toBe(0);
    expect(said).not.toMatch(/ERROR|not permitted|denied/);
    expect(kernel()).toBe(before);
  });
});

function kernel(): string {
  return [
    inside("ip", "-o", "link", "show").stdout,
    inside("ip", "rule", "show").stdout,
    inside("nft", "list", "ruleset").stdout,
    inside("tc", "qdisc", "show").stdout,
  ].join("\n---\n");
}
