import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AgentPair, agentPair } from "./agent-pair.ts";
import { skipsLab } from "./lab.ts";

const skipped = skipsLab();

/** Waits until something holds; the runner's own time limit ends a wait in vain. */
async function eventually(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 100));
}

const ip = (...args: readonly string[]): string => execFileSync("ip", args, { encoding: "utf8" });

describe.skipIf(skipped)("whole agents on the real kernel", () => {
  let pair: AgentPair;
  const lan = `dflan-${process.pid.toString(36)}`;
  const inside = (namespace: string, ...command: readonly string[]) =>
    ip("netns", "exec", namespace, ...command);

  beforeAll(async () => {
    pair = await agentPair();
    // A computer on the LAN of a.
    ip("netns", "add", lan);
    const far = ["peer", "name", "eth0", "netns", lan];
    ip("link", "add", "lan0", "netns", pair.namespace("a"), "type", "veth", ...far);
    ip("-n", pair.namespace("a"), "address", "add", "10.77.0.1/24", "dev", "lan0");
    ip("-n", pair.namespace("a"), "link", "set", "lan0", "up");
    ip("-n", lan, "address", "add", "10.77.0.2/24", "dev", "eth0");
    ip("-n", lan, "link", "set", "eth0", "up");
    ip("-n", lan, "route", "add", "default", "via", "10.77.0.1");
    inside(pair.namespace("a"), "sysctl", "-qw", "net.ipv4.ip_forward=1");
    inside(pair.namespace("b"), "sysctl", "-qw", "net.ipv4.ip_forward=1");
  });
  afterAll(async () => {
    await pair?.close();
    ip("netns", "delete", lan);
  });

  const browse = () =>
    inside(
      lan,
      process.execPath,
      "-e",
      `const asked = require("node:http").get({ host: "10.99.7.2", timeout: 2000 }, (answer) => {
         let text = ""; answer.on("data", (part) => (text += part)).on("end", () => console.log(answer.statusCode, text));
       });
       asked.on("timeout", () => asked.destroy()); asked.on("error", () => console.log("nobody"));`,
    );
  const notice = { lan: "lan0 50Mbit", notice_listen: "10.77.0.1:8480" };

  test("own users see the notice while less than low_balance is left, and no longer once it is enough", async () => {
    await pair.start("b");
    await pair.start("a", { ...notice, low_balance: "2 USDC" }); // 1 USDC is deposited
    await eventually(async () => browse().includes("Slow until topped up"));
    expect(JSON.stringify(await pair.ask("a", "status"))).toContain('"standing":"throttled"');
    expect(inside(pair.namespace("a"), "nft", "list", "ruleset")).toContain("dnat ip to 10.77.0.1");
    expect(await pair.signal("a", "SIGTERM")).toBe(0);
    expect(browse()).toContain("nobody");
    expect(inside(pair.namespace("a"), "nft", "list", "ruleset")).not.toContain("dnat");

    await pair.start("a", { ...notice, low_balance: "0.1 USDC" });
    await eventually(async () => (await pair.status("a")).neighbours[0]?.heard === true);
    expect(browse()).toContain("nobody");
  });

  test("junk of a neighbour is counted, told as an incident, throttles it in the end, and is pardoned", async () => {
    expect(await pair.signal("b", "SIGTERM")).toBe(0);
    const limits = {
      junk_share: "1%",
      junk_bytes: "20kB",
      junk_free_bytes: "60kB",
      round_trip: "1MB",
    };
    await pair.start("b", limits);
    const standing = async () => {
      const { neighbours } = await pair.status("b");
      return [neighbours[0]?.junk.stage, neighbours[0]?.standing];
    };
    await eventually(async () => (await pair.status("b")).neighbours[0]?.heard === true);
    expect(await standing()).toEqual(["none", "open"]);

    // b has no way to 10.66.0.0/16, and a sends there by the free tunnel.
    const free = `${pair.prefix("a")}b0`;
    ip("-n", pair.namespace("a"), "route", "add", "10.66.0.0/16", "dev", free);
    const program = `const s = require("node:dgram").createSocket("udp4"); let n = 200;
      const next = () => n-- > 0 ? s.send(Buffer.alloc(1000), 9, "10.66.0.1", () => setTimeout(next, 1)) : s.close(); next();`;
    await eventually(async () => {
      inside(pair.namespace("a"), process.execPath, "-e", program);
      return (await standing())[0] === "free tier";
    });
    expect(await standing()).toEqual(["free tier", "throttled"]);
    await eventually(async () =>
      JSON.stringify(await pair.ask("b", "incidents")).includes("neighbour sends junk"),
    );

    ip("-n", pair.namespace("a"), "route", "delete", "10.66.0.0/16");
    expect(await pair.ask("b", "pardon", "a")).toBe("pardoned");
    await eventually(async () => (await standing())[1] === "open");
  });
});
